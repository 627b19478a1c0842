from __future__ import annotations

import pytest

from banward.link import Notice, SourceEvent, SourceEventKind
from banward.matching.linetime import Oddity, OddityKind
from banward.watcher.notices import of_event, of_oddity
from watcher.rig import jail


@pytest.mark.parametrize("kind", SourceEventKind)
def test_every_event_has_words(kind):
    """The log has words for everything that can happen to a source, and they name it."""
    assert "/log" in of_event(SourceEvent(kind, "/log", detail="why")).message


@pytest.mark.parametrize("kind", OddityKind)
def test_every_oddity_has_words(kind):
    """The log has words for every odd line, and shows it."""
    notices = of_oddity(jail("j"), "/log", Oddity(kind, 5, "THE LINE"))
    assert "THE LINE" in notices[-1].message
    assert {notice.level for notice in notices} == {30}


def test_fail2bans_words():
    """Texts that programs look for are fail2ban's."""
    rotated = SourceEvent(SourceEventKind.ROTATED, "/log", detail="(0, 9, 1, 2, 'a', 'b')")
    assert of_event(rotated) == Notice(
        18, "filter", "Log rotation detected for /log, reason: (0, 9, 1, 2, 'a', 'b')"
    )
    old = of_oddity(jail("j"), "/log", Oddity(OddityKind.OLD, 5, "line"))
    assert old[0].message == (
        "[j] Ignoring all log entries older than 600s; these are probably messages generated "
        "while fail2ban was not running."
    )
    after = of_oddity(jail("j"), "/log", Oddity(OddityKind.TIMEZONE, -7200, "line"))
    assert after[0].message.startswith("[j] Detected a log entry 2h after the current time in ")
    undecodable = of_oddity(jail("j"), "/log", Oddity(OddityKind.UNDECODABLE, 0, r"b'\xff'"))
    assert undecodable[0].message.startswith("Error decoding line from '/log' with 'auto'.")
