"""Breaks off a regex that runs away on a line, and tries it no more. Knows no source.

Python's ``re`` looks for signals while it searches, so a timer of CPU time can break it off: the
line is left, the regex is put in quarantine, and the filter goes on with the next line. Time that
the process did not get is not held against a regex. What does not listen to signals is killed by
the warden (``page.py``).
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from banward.matching.block_filter import BlockFilter
from banward.watcher.page import JAIL, KIND, KINDS, NUMBER, TURN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from banward.matching.rows import Reading, Swept, Way
    from banward.records import Match
    from banward.settings import WatchSettings
    from banward.watcher.page import Page

__all__ = ["CarefulFilter", "Guard", "GuardedFilter", "Overrun"]

_TICK: Final = 0.25  # seconds of CPU time
_SHOWN: Final = 500  # characters of a line
_SLOW_DATES: Final = 3  # lines whose date took too long before a filter is given up
_QUIET: Final = 60.0  # seconds between two reports of lines that failed


class _TooLongError(Exception):
    """One line took too long; raised in the middle of a search."""


class Overrun(NamedTuple):
    """A regex that ran too long.

    Args:
        jail: whose regex it is.
        kind: ``failregex``, ``ignoreregex``, ``prefregex`` or ``datepattern``.
        number: which of its kind, from 0.
        pattern: the regex as configured.
        source: where the line stands.
        line: the line, shortened.
    """

    jail: str
    kind: str
    number: int
    pattern: str
    source: str
    line: str


class Guard:
    """The timer, and what it watches over.

    Args:
        page: where the warden can see what is done.
        limit: seconds of CPU time that a line may take in one filter.

    Attributes:
        overruns: regexes that were broken off, until somebody takes them.
        failures: what to log of lines that could not be processed, until somebody takes it.
    """

    def __init__(self, page: Page, limit: float = 1.0) -> None:
        self.page = page
        self.words = page.words
        self.turn = 0
        self.busy = False
        self.overruns: list[Overrun] = []
        self.failures: list[str] = []
        self._allowed = max(1, round(limit / _TICK))
        self._seen = -1
        self._ticks = 0

    def arm(self) -> None:
        """Begin to count; only in the main thread. The timer stands while the process waits."""
        signal.signal(signal.SIGVTALRM, self._tick)
        signal.setitimer(signal.ITIMER_VIRTUAL, _TICK, _TICK)

    def disarm(self) -> None:
        """Count no more."""
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        if self.turn != self._seen:
            self._seen, self._ticks = self.turn, 0
            return
        self._ticks += 1
        if self.busy and self._ticks >= self._allowed:
            self._ticks = 0
            raise _TooLongError


class GuardedFilter(BlockFilter):
    """A filter whose regexes may not run away.

    Args:
        settings: the jail.
        guard: breaks off what takes too long.
        number: the number of the jail on the guard's page.

    Attributes:
        watched: the settings of the jail.

    Raises:
        PatternError: a regex or date pattern of the filter can't be used.
    """

    def __init__(self, settings: WatchSettings, guard: Guard, number: int) -> None:
        super().__init__(settings.filter, jail=settings.jail, findtime=settings.findtime)
        self.watched = settings
        self.number = number
        self._guard = guard
        self._slow_dates = 0  # lines whose date took too long
        self._told = -_QUIET

    def process(self, line: str, now: float, **options: Any) -> list[Match]:
        """As ``Filter.process``; a line on which a regex runs away or which fails gives nothing."""
        guard = self._guard
        if self._slow_dates >= _SLOW_DATES:
            return []
        try:
            self._begin()
            found = super().process(line, now, **options)
            guard.busy = False
        except Exception as error:  # noqa: BLE001  (border: one line must not stop a jail)
            self._fail(line, error, now, str(options.get("source", "")))
            return []
        return found

    def glance(
        self, line: str, reading: Reading, offset: float, only: int
    ) -> Sequence[Match] | None:
        """As ``Filter.glance``; a line on which a regex runs away or which fails gives nothing."""
        guard = self._guard
        if self._slow_dates >= _SLOW_DATES:
            return ()
        try:
            self._begin()
            found = super().glance(line, reading, offset, only)
            guard.busy = False
        except Exception as error:  # noqa: BLE001  (border: one line must not stop a jail)
            self._fail(line, error, reading.now, reading.source)
            return ()
        return found

    def settle(self, swept: Swept, first: int, found: list[tuple[float, Match]]) -> int:
        """As ``BlockFilter.settle``; a line which fails gives nothing."""
        while first < len(swept.rows):
            try:
                return super().settle(swept, first, found)
            except Exception as error:  # noqa: BLE001  (border: one line must not stop a jail)
                first = self.at_fault(swept)
                reading = swept.reading
                self._fail(swept.rows[first][1], error, reading.now, reading.source)
                first += 1
        return first

    def agrees(self, text: str, way: Way, caught: str) -> bool:
        """As ``BlockFilter.agrees``; a regex that runs away is broken off."""
        self._begin()
        agrees = super().agrees(text, way, caught)
        self._guard.busy = False
        return agrees

    def _begin(self) -> None:
        """Let the guard count the time from here."""
        guard = self._guard
        guard.turn = guard.words[TURN] = guard.turn + 1
        guard.words[JAIL] = self.number
        guard.busy = True

    def quarantine_pattern(self, pattern: str) -> None:
        """Search a regex no longer.

        Args:
            pattern: the regex as configured.
        """
        if pattern in self.settings.regexes["datepattern"]:
            self._slow_dates = _SLOW_DATES
        for kind in KINDS[1:]:
            for index, written in enumerate(self.settings.regexes[kind]):
                if written == pattern:
                    self.quarantine(index, kind)

    def _break_off(self, line: str, source: str) -> None:
        if self.doing is None:
            self._slow_dates += 1
            if self._slow_dates < _SLOW_DATES:
                return
            kind, number, pattern = "datepattern", 0, self.settings.datepattern
        else:
            kind, number = self.doing
            self.doing = None
            self.quarantine(number, kind)
            pattern = self.settings.regexes[kind][number]
        overrun = Overrun(self.jail, kind, number, pattern, source, line[:_SHOWN])
        self._guard.overruns.append(overrun)

    def _fail(self, line: str, error: Exception, now: float, source: str) -> None:
        self._guard.busy = False
        if isinstance(error, _TooLongError):
            self._break_off(line, source)
        elif now - self._told >= _QUIET:
            self._told = now
            text = f"[{self.jail}] Failed to process line: {line[:_SHOWN]!r}, {error!r}"
            self._guard.failures.append(text)


class CarefulFilter(GuardedFilter):
    """Notes on the page which regex is at work on which line; slower, for who hung a watcher."""

    def process(self, line: str, now: float, **options: Any) -> list[Match]:
        """As ``GuardedFilter.process``."""
        self._guard.page.note_line(line)
        return super().process(line, now, **options)

    _doing: tuple[str, int] | None = None

    @property
    def doing(self) -> tuple[str, int] | None:
        """The regex that is searched at this moment."""
        return self._doing

    @doing.setter
    def doing(self, value: tuple[str, int] | None) -> None:
        self._doing = value
        guard: Guard | None = getattr(self, "_guard", None)
        if guard:
            guard.words[KIND] = KINDS.index(value[0]) if value else 0
            guard.words[NUMBER] = value[1] if value else 0
