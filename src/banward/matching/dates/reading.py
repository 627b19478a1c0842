"""From the captured fields of a date to seconds since the epoch. Knows no patterns and no lines.

The rules are those of config-and-filters.md 3.6. What a date leaves out comes from the present
moment, which is passed in; a reading says for which moments it holds, so that it can be kept.
"""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, NamedTuple

from banward.matching.dates.localtime import Zone
from banward.matching.dates.tokens import DAYS, MONTHS
from banward.matching.dates.zones import offset_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Fields", "Reading", "read"]

Fields = dict[str, str | None]
"""The captured texts by the group names of ``tokens.py``; None for a group that took no part."""

_DAY = 86400
_LEPOCH_UNITS = {13: 1_000, 16: 1_000_000}
_MONTH_NUMBERS = {name: number for number, name in enumerate(MONTHS, 1)}
_MONTH_NUMBERS |= {name[:3]: number for name, number in _MONTH_NUMBERS.items()}
_DAY_NUMBERS = {name: number for number, name in enumerate(DAYS)}
_DAY_NUMBERS |= {name[:3]: number for name, number in _DAY_NUMBERS.items()}


class Reading(NamedTuple):
    """A time, and the present moments for which it is right.

    Args:
        time: seconds since the epoch; None if the date can't be used.
        since: first moment for which this holds, in seconds since the epoch.
        until: first moment after those for which it holds.
    """

    time: float | None
    since: float = -math.inf
    until: float = math.inf


def read(fields: Fields, zone: Zone, now: float) -> Reading:
    """Read a date.

    Args:
        fields: what the pattern captured.
        zone: where dates without zone are from.
        now: the present moment in seconds since the epoch.
    """
    try:
        return _number(fields) or _calendar(fields, zone, now)
    except (ValueError, OverflowError):
        # The fields name no moment: an impossible day, second 60, an unknown zone (3.6). Another
        # moment may see that differently, as 29 February depends on the year that is guessed.
        return Reading(None, now, now)


def _number(fields: Fields) -> Reading | None:
    if text := fields.get("epoch"):
        return Reading(float(text))
    if text := fields.get("lepoch"):
        digits = len(text.partition(".")[0])
        return Reading(float(text) / _LEPOCH_UNITS.get(digits, 1))
    if text := fields.get("tai"):
        return Reading(float(int(text[2:17], 16)))
    return None


def _calendar(fields: Fields, zone: Zone, now: float) -> Reading:
    if text := fields.get("z") or fields.get("Z"):
        zone = Zone.fixed(offset_of(text))
    second = _second_of_day(fields)
    year = _year(fields)
    day = _day_of(fields)
    if day is None:
        return _latest(zone, year, second, now)
    if year is None:
        return _nearest(zone, day, second, now)
    return Reading(zone.instant(day(year), second))


def _nearest(zone: Zone, day: Callable[[int], int], second: int, now: float) -> Reading:
    """A day without year: this year's, or last year's if that is over 24 hours ahead."""
    today = zone.today(now)
    this = zone.instant(day(today.year), second)
    turn = this - _DAY
    if now < turn:
        last = zone.instant(day(today.year - 1), second)
        return Reading(last, today.begin, min(turn, today.end))
    return Reading(this, max(turn, today.begin), today.end)


def _latest(zone: Zone, year: int | None, second: int, now: float) -> Reading:
    """A time without day: today's (in ``year`` if given), or yesterday's if that is ahead."""
    today = zone.today(now)
    ordinal = today.ordinal
    if year is not None:
        ordinal = datetime.date.fromordinal(ordinal).replace(year=year).toordinal()
    this = zone.instant(ordinal, second)
    if now < this:
        return Reading(zone.instant(ordinal - 1, second), today.begin, min(this, today.end))
    return Reading(this, max(this, today.begin), today.end)


def _second_of_day(fields: Fields) -> int:
    hour = int(fields.get("H") or 0)
    if (text := fields.get("I")) and not fields.get("H"):
        hour = int(text)
        _check(hour <= 12)  # noqa: PLR2004
        hour = hour % 12 + (12 if (fields.get("p") or "").lower() == "pm" else 0)
    minute = int(fields.get("M") or 0)
    second = int(fields.get("S") or 0)
    _check(0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60)  # noqa: PLR2004
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
