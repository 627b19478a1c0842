from __future__ import annotations

import pytest

from banward.records import Ban, Origin, Reason, Unban
from banward.warden import backlog
from banward.warden.backlog import Backlog


@pytest.fixture(autouse=True)
def _a_low_limit(monkeypatch):
    monkeypatch.setattr(backlog, "_MOST", 10_000)


def ban(n, *, origin=Origin.LOG, lines=()):
    return Ban("j", f"192.0.2.{n}", 0, 600, origin, lines=lines)


def test_bans_of_logs_are_left_out_beyond_the_limit_and_those_of_operators_are_not():
    """Ten bans without lines fill ten thousand bytes."""
    waiting = Backlog("j")
    assert len(waiting.admit([ban(n) for n in range(20)])) == 10
    assert len(waiting.admit([ban(n, origin=Origin.OPERATOR) for n in range(20, 40)])) == 20


def test_lines_and_captures_count():
    """A ban with long lines fills as much as many without."""
    waiting = Backlog("j")
    assert len(waiting.admit([ban(n, lines=("x" * 1000,) * 4) for n in range(20)])) == 2


def test_an_unban_is_left_out_with_its_ban_and_only_once():
    """Who was not told of a ban is not told of its end; the next ban of the same one is new."""
    waiting = Backlog("j")
    bans = [ban(n) for n in range(11)]
    told = waiting.admit(bans)
    unbans = [Unban(each, Reason.EXPIRED) for each in bans]
    assert waiting.admit(unbans) == unbans[:10]

    waiting.told(told)
    assert waiting.admit(bans[10:]) == bans[10:]
    assert waiting.admit(unbans[10:]) == unbans[10:]


def test_half_has_to_be_told_before_bans_are_told_again():
    """So the log has two lines for an attack, and not two for each ban."""
    waiting = Backlog("j")
    told = waiting.admit([ban(n) for n in range(11)])
    waiting.told(told[:5])
    assert waiting.admit([ban(20)]) == []
    waiting.told(told[5:6])
    assert waiting.admit([ban(21)]) == [ban(21)]
