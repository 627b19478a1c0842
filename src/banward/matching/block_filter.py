"""A filter that takes whole blocks, where its regexes can be swept. Reads no file.

block ─▶ sweep ─▶ rows ─▶ lines of one date ─▶ noting ─▶ failures
└▶ odd ones: shown to ``process``
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING

from banward.matching.filter import Filter
from banward.matching.linetime import Oddity, OddityKind
from banward.matching.noting import Noting
from banward.matching.quickdate import head_of
from banward.matching.rows import ODD
from banward.matching.sessions import Origin
from banward.matching.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.matching.noting import Failures
    from banward.matching.rows import Row, Swept, Way
    from banward.settings import FilterSettings

__all__ = ["BlockFilter"]


class BlockFilter(Filter):
    """A filter as the daemon uses it; arguments and errors are those of ``Filter``."""

    def __init__(
        self, settings: FilterSettings, *, jail: str = "", findtime: float = 600.0
    ) -> None:
        super().__init__(settings, jail=jail, findtime=findtime)
        self._noting = Noting(jail, self._sessions, self.identify)
        self._confirmed = 0  # bits of the failregexes of which the sweep is known to be right

    @functools.cached_property
    def sweep(self) -> Sweep | None:
        """All regexes of this filter as one, over whole blocks; None where that can't be had."""
        head = head_of(self.settings.datepattern)
        if head is None or not self.is_plain:
            return None
        try:
            return Sweep(self.rules, head)
        except ValueError:
            return None

    def prepare(self) -> None:
        """Make now what is made at the first line or block else; for when there is time."""
        _ = self.sweep
        self.detector.prepare()

    def settle(self, swept: Swept, first: int, found: Failures) -> int:
        """Take lines of which the sweep told what they capture, and add the failures.

        Args:
            swept: the lines.
            first: which of them to begin with.
            found: gets failures, with the offsets of their lines.

        Returns:
            The first line of which ``process`` has to be asked; how many there are if none is left.
        """
        if self.sweep is None or self.rules.ignores:
            return self._settle_with_care(swept, first, found)
        rows, (now, in_operation, source), start = swept
        dates, times, noting = self._dates, self._times, self._noting
        block = Origin(source, start)
        while first < len(rows):
            noting.begin, line, way, caught = rows[first]
            quick = None if way.mask == ODD else dates.glance(line, now, source)
            if quick is None:
                return first
            at, cut, end = quick
            is_old = not in_operation and times.is_old(at, line, now)
            counts = None if is_old else times.time(at, line, now, in_operation=in_operation)
            behind = first + 1
            if counts is not None:
                known = way.mask & self._confirmed
                if not known and not self.agrees(line[:cut] + line[end:], way, caught):
                    return first
                behind = self._alike(rows, behind)
                if behind > first + 1:
                    dates.glance(rows[behind - 1][1], now, source)
                noting.take(rows[first:behind], counts, now, block, found)
            first = behind
        return first

    def _alike(self, rows: Sequence[Row], first: int) -> int:
        """The end of the lines from here on that have the same date as the line before."""
        head, is_inside = self._dates.head, self._dates.is_inside
        if not head:
            return first
        confirmed, at = self._confirmed, 0
        for index in range(first, len(rows)):
            _, line, way, _ = rows[index]
            if is_inside:
                at = line.find("[") + 1
            if not (way.mask & confirmed and line.startswith(head, at)):
                return index
        return len(rows)

    def _settle_with_care(self, swept: Swept, first: int, found: Failures) -> int:
        """The same where ``re`` has to look at each line, for it may be ignored."""
        rows, reading, start = swept
        for index in range(first, len(rows)):
            begin, line, way, _ = rows[index]
            self._noting.begin = begin
            known = way.mask != ODD and self.sweep is not None
            matches = self.glance(line, reading, start + begin, way.mask) if known else None
            if matches is None:
                return index
            found += [(start + begin, match) for match in matches]
        return len(rows)

    def at_fault(self, swept: Swept) -> int:
        """Which line ``settle`` was at when something went wrong."""
        return bisect_left(swept.rows, self._noting.begin, key=itemgetter(0))

    def agrees(self, text: str, way: Way, caught: str) -> bool:
        """Whether ``re`` finds the same as the sweep, which ends if not.

        It is asked once for each failregex.

        Args:
            text: the line without its date.
            way: the failregex that matches.
            caught: what it captures.
        """
        found = self.first(f"{text}\n") or {}
        self.doing = None
        data = way.data(caught)
        if {name: value for name, value in found.items() if value is not None} == data:
            self._confirmed |= way.mask
            return True
        self.sweep = None
        self.note(Oddity(OddityKind.DISAGREEMENT, 0, text))
        return False

    def quarantine(self, index: int, kind: str = "failregex") -> None:
        """As ``Filter.quarantine``; what is left is not swept."""
        super().quarantine(index, kind)
        self.sweep = None
