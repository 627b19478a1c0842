from __future__ import annotations

import pytest

from banward.decisions.ledger import Ledger
from banward.records import Ban, Origin, Reason, Unban
from banward.warden import backlog
from banward.warden.backlog import Backlog


@pytest.fixture(autouse=True)
def _a_low_limit(monkeypatch):
    monkeypatch.setattr(backlog, "_MOST", 10_000)


def ban(n, *, origin=Origin.LOG, lines=()):
    return Ban("j", f"192.0.2.{n}", 0, 600, origin, lines=lines)


def backlog_of(*bans):
    """A backlog of a jail in which these hold."""
    ledger = Ledger()
    for each in bans:
        ledger.admit(each, 0)
    return Backlog("j", "mails", ledger)


def test_bans_of_logs_are_left_out_beyond_the_limit_and_those_of_operators_are_not():
    """Ten bans without lines fill ten thousand bytes."""
    waiting = backlog_of()
    assert len(waiting.admit([ban(n) for n in range(20)])) == 10
    assert len(waiting.admit([ban(n, origin=Origin.OPERATOR) for n in range(20, 40)])) == 20


def test_lines_and_captures_count():
    """A ban with long lines fills as much as many without."""
    waiting = backlog_of()
    assert len(waiting.admit([ban(n, lines=("x" * 1000,) * 4) for n in range(20)])) == 2


def test_an_unban_is_left_out_with_its_ban_and_only_once():
    """What never was has not to be lifted; the next ban of the same one is new."""
    bans = [ban(n) for n in range(11)]
    waiting = backlog_of(*bans)
    admitted = waiting.admit(bans)
    unbans = [Unban(each, Reason.EXPIRED) for each in bans]
    assert waiting.admit(unbans) == unbans[:10]

    assert waiting.done(admitted) == []
    assert waiting.admit(bans[10:]) == bans[10:]
    assert waiting.admit(unbans[10:]) == unbans[10:]


def test_what_was_left_out_comes_when_half_is_done_if_it_holds():
    """So the log has one line for an attack, and not one for each ban."""
    bans = [ban(n) for n in range(13)]
    waiting = backlog_of(*bans[:12])
    admitted = waiting.admit(bans)
    assert waiting.done(admitted[:5]) == []
    assert waiting.admit([ban(20)]) == []
    assert waiting.done(admitted[5:6]) == [bans[11], bans[10]]
    assert waiting.admit([ban(21)]) == [ban(21)]


def test_a_ban_is_settled_when_it_is_done():
    """Not while it is left out; of several bans of one subject the newest counts."""
    bans = [ban(n) for n in range(11)]
    waiting = backlog_of(*bans)
    admitted = waiting.admit(bans)
    assert waiting.settled(bans) == []
    waiting.admit([Unban(bans[0], Reason.EXPIRED)])
    waiting.admit([again := ban(0, origin=Origin.OPERATOR)])
    waiting.done(admitted[:5])
    assert waiting.settled(bans) == bans[1:5]
    waiting.done([again])
    assert waiting.settled(bans) == bans[:5]
