from __future__ import annotations

import pytest

from banward.link import Configure, Notice, Quarantine
from banward.records import Position
from banward.watcher.blame import Blame
from banward.watcher.page import Doing
from watcher.rig import jail

ORDER = Configure((jail("sshd", "/log", regex=("one <HOST>", "two <HOST>")),))


def doing(jail="sshd", kind="failregex", number=1):
    return Doing("/log", 100, 200, jail, kind, number, "the line")


@pytest.fixture
def blame():
    return Blame()


def test_a_regex_that_is_known_is_put_in_quarantine(blame):
    """The page names the regex: it is left out, and the warden told."""
    told = blame.judge(doing(), ORDER, {}, hung=True)
    assert told == [Quarantine("sshd", 1, "two <HOST>", "/log", "the line")]
    assert blame.quarantined == {("sshd", "two <HOST>")}


def test_a_jail_is_watched_carefully_first(blame):
    """Where the page names the jail alone, the regex is found the next time."""
    assert blame.judge(doing(kind=""), ORDER, {}, hung=True) == []
    assert blame.careful == {"sshd"}
    assert blame.judge(doing(), ORDER, {}, hung=True) != []


def test_a_block_that_stops_the_third_watcher_is_skipped(blame):
    """If nothing else is known the block is skipped, for all its jails, and this is told."""
    positions = {
        ("sshd", "/log"): Position(100, 50, "mark", 7),
        ("other", "/log"): Position(100, 100, "mark", 7),
        ("sshd", "/elsewhere"): Position(10),
    }
    for _ in range(2):
        assert blame.judge(doing(jail="", kind=""), ORDER, positions, hung=True) == []
    (told,) = blame.judge(doing(jail="", kind=""), ORDER, positions, hung=True)
    assert isinstance(told, Notice)
    assert positions == {
        ("sshd", "/log"): Position(200, 200, "mark", 7),
        ("other", "/log"): Position(200, 200, "mark", 7),
        ("sshd", "/elsewhere"): Position(10),
    }


def test_who_is_killed_once_did_no_wrong(blame):
    """A watcher that somebody killed in the middle of a block costs nobody anything."""
    assert blame.judge(doing(), ORDER, {}, hung=False) == []
    assert (blame.quarantined, blame.careful) == (set(), set())
    assert blame.judge(doing(), ORDER, {}, hung=False) != []


def test_rules_of_failjson_follow_the_regexes(blame):
    """A rule on named values has the number behind those of the failregexes."""
    order = Configure((jail("sshd", "/log", regex=("one <HOST>",), failjson=('{"a": "<HOST>"}',)),))
    (told,) = blame.judge(doing(number=1), order, {}, hung=True)
    assert told.pattern == '{"a": "<HOST>"}'


def test_numbers_that_make_no_sense(blame):
    """A page of nonsense puts nothing in quarantine."""
    assert blame.judge(doing(number=99), ORDER, {}, hung=True) == []
    assert blame.judge(doing(jail="none"), ORDER, {}, hung=True) == []
    assert blame.quarantined == set()


def test_quarantine_ends_with_the_regex(blame):
    """A jail that is changed or gone is given another chance."""
    blame.judge(doing(), ORDER, {}, hung=True)
    blame.prune(ORDER.jails)
    assert blame.quarantined
    blame.prune([jail("sshd", "/log", regex="better <HOST>")])
    assert blame.quarantined == set()
