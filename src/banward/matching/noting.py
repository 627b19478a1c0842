"""Failures of lines of which a sweep told what they capture; knows no regex and no date.

What is done for each line is as little as can be: captures are kept as the text that the sweep
gave (``evidence.note``), and are read if somebody is banned. That goes for lines that name nobody
but by an address; all others are shown to ``Sessions.take``. The rules are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.evidence import note, pack_notes
from banward.matching.failure import to_match
from banward.matching.identity import of_address
from banward.matching.rows import END
from banward.matching.sessions import LIFETIME, Origin, Session
from banward.records import Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.evidence import Lines
    from banward.matching.captures import Data
    from banward.matching.identity import Identity
    from banward.matching.rows import Row
    from banward.matching.sessions import Sessions

__all__ = ["Failures", "Noting"]

Failures = list[tuple[float, Match]]
"""Failures with the offsets of their lines."""

_MOST_NOTES: Final = 16  # of a session


class Noting:
    """Takes the rows of one filter.

    Args:
        jail: name of the jail.
        sessions: its open sessions.
        identify: says of collected data who can be made responsible, if anybody.

    Attributes:
        begin: where the line that is worked on begins in its block.
    """

    def __init__(
        self, jail: str, sessions: Sessions, identify: Callable[[Data], Identity | None]
    ) -> None:
        self.begin = 0
        self._jail = jail
        self._sessions = sessions
        self._identify = identify

    def take(
        self, rows: Iterable[Row], at: float, now: float, block: Origin, found: Failures
    ) -> None:
        """Add the failures of some lines, all but odd ones.

        Args:
            rows: the lines.
            at: when they count, in seconds since the epoch.
            now: the present moment, in seconds since the epoch.
            block: where the block begins.
            found: gets the failures.
        """
        jail, start, opened = self._jail, block.offset, self._sessions.opened
        for row in rows:
            begin, line, way, caught = row
            self.begin = begin
            values = caught.split(END)
            if not way.is_plain or (way.filled and not all(map(values.__getitem__, way.filled))):
                self._show(row, at, now, block, found)
            elif way.mlfid:
                is_over = values[way.mlfforget] and (values[way.nofail] or values[way.mlfgained])
                if not is_over or values[way.mlfid] in opened:
                    self._join(row, values, at, now, block, found)
            elif address := values[way.ip4] or values[way.ip6]:
                evidence = pack_notes((note(way.label, caught, line),))
                match = Match(jail, of_address(address), at, evidence)
                found.append((start + begin, match))

    def _join(
        self, row: Row, values: list[str], at: float, now: float, block: Origin, found: Failures
    ) -> None:
        """The same for a message of a session."""
        begin, line, way, caught = row
        opened = self._sessions.opened
        key = values[way.mlfid]
        gained, forget = values[way.mlfgained], values[way.mlfforget]
        helps = gained or values[way.nofail]
        session = opened.get(key)
        if session is None or session.began <= now - LIFETIME:
            session = Session(now, block.source, block.offset + begin)
            if not forget:
                self._sessions.remember(key, session)
        elif 0 < len(session.notes) <= _MOST_NOTES:
            if forget:
                del opened[key]
                if helps and session.ends(values[way.user], gained):
                    return
            session.go_on(gained)
        else:
            self._show(row, at, now, block, found)
            return
        session.note(way, values, caught, line)
        if helps and session.may_help:
            session.helper = not forget
            return
        address = session.ip4 or session.ip6
        session.pending = not address
        if address:
            evidence = pack_notes(session.notes)
            match = Match(self._jail, of_address(address), at, evidence)
            found.append((block.offset + begin, match))

    def _show(self, row: Row, at: float, now: float, block: Origin, found: Failures) -> None:
        """The same for a line that can't be noted."""
        begin, line, way, caught = row
        data = way.data(caught)
        lines: Lines = (line,)
        offset = block.offset + begin
        if data.get("mlfid") is None:
            identity = self._identify(data)
        else:
            message = self._sessions.take(data, lines, now, Origin(block.source, offset))
            data, lines, identity = message.data, message.lines, message.identity
        match = identity and to_match(self._jail, at, data, lines, identity)
        if match:
            found.append((offset, match))
