"""From the captured fields of a date to seconds since the epoch. Knows no patterns and no lines.

The rules are those of config-and-filters.md 3.6. What a date leaves out comes from the present
moment, which is passed in; a reading says for which moments it holds, so that it can be kept.
"""

from __future__ import annotations

import datetime
import math
import time
from typing import TYPE_CHECKING, NamedTuple

from banward.matching.dates.tokens import DAYS, MONTHS
from banward.matching.dates.zones import offset_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Fields", "Reading", "read"]

Fields = dict[str, str | None]
"""The captured texts by the group names of ``tokens.py``; None for a group that took no part."""

_DAY = 86400
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, 1)}
_MONTH_NUMBERS |= {name[:3]: number for name, number in _MONTH_NUMBERS.items()}
_DAY_NUMBERS = {name: number for number, name in enumerate(DAYS)}
_DAY_NUMBERS |= {name[:3]: number for name, number in _DAY_NUMBERS.items()}


class Reading(NamedTuple):
    """A time, and the present moments for which it is right.

    Args:
        time: seconds since the epoch; None if the date can't be used.
        since: first moment for which this holds, in seconds since the epoch.
        until: first moment for which it no more holds.
    """

    time: float | None
    since: float = -math.inf
    until: float = math.inf


_UNUSABLE = Reading(None)


def read(fields: Fields, zone: int | None, now: float) -> Reading:
    """Read a date.

    Args:
        fields: what the pattern captured.
        zone: seconds east of UTC for a date without zone; None for the zone of the system.
        now: the present moment in seconds since the epoch.
    """
    try:
        return _number(fields) or _calendar(fields, zone, now)
    except (ValueError, OverflowError):
        # The fields name no moment: an impossible day, second 60, an unknown zone (3.6, 7 no. 23).
        return _UNUSABLE


def _number(fields: Fields) -> Reading | None:
    if text := fields.get("epoch"):
        return Reading(float(text))
    if text := fields.get("lepoch"):
        digits = len(text.partition(".")[0])
        return Reading(float(text) / _UNITS.get(digits, 1))
    if text := fields.get("tai"):
        return Reading(float(int(text[2:17], 16)))
    return None


_UNITS = {13: 1_000, 16: 1_000_000}


def _calendar(fields: Fields, zone: int | None, now: float) -> Reading:
    text = fields.get("z") or fields.get("Z")
    calendar = _Calendar(offset_of(text) if text else zone, now, _second_of_day(fields))
    year = _year(fields)
    day = _day_of(fields)
    if day is None:
        return calendar.latest(year)
    if year is None:
        return calendar.nearest(day)
    return Reading(calendar.instant(day(year)))


def _second_of_day(fields: Fields) -> int:
    hour = int(fields.get("H") or 0)
    if (text := fields.get("I")) and not fields.get("H"):
        hour = int(text)
        _check(hour <= 12)  # noqa: PLR2004
        hour = hour % 12 + (12 if (fields.get("p") or "").lower() == "pm" else 0)
    minute = int(fields.get("M") or 0)
    second = int(fields.get("S") or 0)
    _check(hour < 24 and minute < 60 and second < 60)  # noqa: PLR2004
    return hour * 3600 + minute * 60 + second


def _year(fields: Fields) -> int | None:
    if text := fields.get("Y"):
        return int(text)
    return 2000 + int(text) if (text := fields.get("y")) else None


def _day_of(fields: Fields) -> Callable[[int], int] | None:
    """How to find the day (its ordinal) in a year; None if the date names no day at all."""
    month = _month(fields)
    day = int(fields.get("d") or 0)
    if month and day:
        return lambda year: datetime.date(year, month, day).toordinal()
    if text := fields.get("j"):
        number = int(text)
        return lambda year: _day_of_year(year, number)
    weekday = _weekday(fields)
    if weekday is not None and (text := fields.get("W")):
        week = int(text)
        return lambda year: _day_of_week(year, week, weekday)
    if weekday is not None and (text := fields.get("U")):
        week = int(text)
        return lambda year: _day_of_week(year, week, (weekday + 1) % 7, first=6)
    _check(not month and not day)
    return None


def _month(fields: Fields) -> int:
    if text := fields.get("m"):
        return int(text)
    name = fields.get("b") or fields.get("B")
    return _named(_MONTH_NUMBERS, name) if name else 0


def _weekday(fields: Fields) -> int | None:
    """The day of the week, 0 for Monday."""
    if text := fields.get("w"):
        return (int(text) - 1) % 7
    name = fields.get("a") or fields.get("A")
    return _named(_DAY_NUMBERS, name) if name else None


def _named(numbers: dict[str, int], name: str) -> int:
    number = numbers.get(name.casefold())
    if number is None:
        raise ValueError(name)
    return number


def _day_of_year(year: int, number: int) -> int:
    ordinal = datetime.date(year, 1, 1).toordinal() + number - 1
    _check(datetime.date.fromordinal(ordinal).year == year)
    return ordinal


def _day_of_week(year: int, week: int, days: int, *, first: int = 0) -> int:
    """The day ``days`` after the begin of a week; weeks begin with the weekday ``first``."""
    start = datetime.date(year, 1, 1)
    return start.toordinal() + (first - start.weekday()) % 7 + (week - 1) * 7 + days


def _check(holds: bool) -> None:  # noqa: FBT001
    if not holds:
        raise ValueError


class _Calendar:
    """Days of one zone seen from one moment.

    Args:
        zone: seconds east of UTC; None for the zone of the system, with its rules of DST.
        now: the present moment in seconds since the epoch.
        second: second of the day that is looked for.
    """

    def __init__(self, zone: int | None, now: float, second: int) -> None:
        self.zone = zone
        self.now = now
        self.second = second

    def instant(self, ordinal: int) -> float:
        """Seconds since the epoch of a day, named by its ordinal."""
        return self._at(ordinal, self.second)

    def nearest(self, day: Callable[[int], int]) -> Reading:
        """A day without year: this year's, or last year's if that is over 24 hours ahead."""
        year = datetime.date.fromordinal(self._today()).year
        this = self.instant(day(year))
        if this > self.now + _DAY:
            return self._within(self.instant(day(year - 1)), until=this - _DAY)
        return self._within(this, since=this - _DAY)

    def latest(self, year: int | None) -> Reading:
        """A time without day: today's (in ``year`` if given), or yesterday's if that is ahead."""
        today = self._today()
        if year is not None:
            today = datetime.date.fromordinal(today).replace(year=year).toordinal()
        this = self.instant(today)
        if this > self.now:
            return self._within(self.instant(today - 1), until=this)
        return self._within(this, since=this)

    def _within(
        self, result: float, *, since: float = -math.inf, until: float = math.inf
    ) -> Reading:
        """A reading that holds within today, and within the given bounds."""
        today = self._today()
        return Reading(result, max(since, self._at(today, 0)), min(until, self._at(today + 1, 0)))

    def _today(self) -> int:
        if self.zone is None:
            local = time.localtime(self.now)
            return datetime.date(local.tm_year, local.tm_mon, local.tm_mday).toordinal()
        return _EPOCH + int((self.now + self.zone) // _DAY)

    def _at(self, ordinal: int, second: int) -> float:
        naive = (ordinal - _EPOCH) * _DAY + second
        return float(naive - (_system_offset(naive) if self.zone is None else self.zone))


def _system_offset(naive: int) -> int:
    """Offset of the system zone at a local time, given as if it were UTC.

    A local time that occurs twice is the first of the two; one that is left out is read with the
    offset before the gap (as PEP 495 does for ``fold=0``, and unlike ``mktime``, always).
    """
    before = time.localtime(naive - _DAY).tm_gmtoff
    after = time.localtime(naive + _DAY).tm_gmtoff
    for offset in (before, after):
        if time.localtime(naive - offset).tm_gmtoff == offset:
            return offset
    return before
