"""The days and times of one zone: a fixed offset, or the system's with its rules of DST.

The system's zone is that of the process (``TZ``, ``/etc/localtime``), as ``time.localtime`` has it.
"""

from __future__ import annotations

import datetime
import functools
import time
from typing import NamedTuple

__all__ = ["Today", "Zone"]

_DAY = 86400
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_MOST_DAYS = 1000


class Today(NamedTuple):
    """A day of a zone.

    Args:
        ordinal: the day, as ``datetime.date.toordinal`` counts.
        year: the year that it is in.
        begin: its first moment, in seconds since the epoch.
        end: the first moment of the day after.
    """

    ordinal: int
    year: int
    begin: float
    end: float


class Zone:
    """A zone, with what was found out about its days.

    Args:
        offset: seconds east of UTC; None for the zone of the system.
    """

    def __init__(self, offset: int | None = None) -> None:
        self._offset = offset
        self._offsets: dict[int, int] = {}
        self._today = Today(0, 0, 0, 0)

    @staticmethod
    @functools.lru_cache(maxsize=256)
    def fixed(offset: int) -> Zone:
        """The zone that is always ``offset`` seconds east of UTC."""
        return Zone(offset)

    def instant(self, ordinal: int, second: int) -> float:
        """Seconds since the epoch of a local time, given as day and second of the day.

        A local time that occurs twice is the first of the two. One that is left out is read with
        the offset before the gap. (So does PEP 495 with ``fold=0``; ``mktime`` may do either.)

        Raises:
            ValueError, OverflowError: the system can't tell local times of that age.
        """
        naive = (ordinal - _EPOCH) * _DAY + second
        if self._offset is not None:
            return float(naive - self._offset)
        offset = self._offsets.get(ordinal)
        return float(naive - (self._system_offset(ordinal, naive) if offset is None else offset))

    def today(self, now: float) -> Today:
        """The day that a moment (seconds since the epoch) is in."""
        if not self._today.begin <= now < self._today.end:
            date = self._date(now)
            ordinal = date.toordinal()
            begin, end = self.instant(ordinal, 0), self.instant(ordinal + 1, 0)
            self._today = Today(ordinal, date.year, begin, end)
        return self._today

    def _date(self, now: float) -> datetime.date:
        local = time.localtime(now) if self._offset is None else time.gmtime(now + self._offset)
        return datetime.date(local.tm_year, local.tm_mon, local.tm_mday)

    def _system_offset(self, ordinal: int, naive: int) -> int:
        midnight = (ordinal - _EPOCH) * _DAY
        before = time.localtime(midnight - _DAY).tm_gmtoff
        after = time.localtime(midnight + 2 * _DAY).tm_gmtoff
        if before == after:  # no change in these three days, so the day has one offset
            if len(self._offsets) >= _MOST_DAYS:
                self._offsets.clear()
            self._offsets[ordinal] = before
            return before
        for offset in (before, after):
            if time.localtime(naive - offset).tm_gmtoff == offset:
                return offset
        return before
