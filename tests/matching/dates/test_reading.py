"""From fields to the time, and for how long a reading holds."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.matching.dates.localtime import Zone
from banward.matching.dates.reading import read

NOW = 1_700_000_000.0  # Tue 2023-11-14 22:13:20 UTC
TODAY = 1_699_920_000
DAY = 86400
FULL = {"Y": "2023", "m": "11", "d": "14"}
CLOCK = {"H": "22", "M": "13", "S": "20"}


def at(fields, *, now=NOW, zone=0):
    return read(fields, Zone(zone), now).time


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (FULL | CLOCK, NOW),
        (FULL, TODAY),
        ({"y": "23", "b": "Nov", "d": " 4"}, TODAY - 10 * DAY),
        ({"y": "99", "m": "1", "d": "2"}, 4070995200),
        ({"Y": "1999", "m": "1", "d": "2"}, 915235200),
        ({"Y": "2023", "B": "NOVEMBER", "d": "14"}, TODAY),
        (FULL | CLOCK | {"f": "999999"}, NOW),
        (FULL | {"I": "12", "p": "AM", "M": "05"}, TODAY + 300),
        (FULL | {"I": "12", "p": "PM", "M": "05"}, TODAY + 12 * 3600 + 300),
        (FULL | {"I": "1", "p": "pm"}, TODAY + 13 * 3600),
        (FULL | {"I": "12"}, TODAY),
        (FULL | {"H": "13", "p": "AM"}, TODAY + 13 * 3600),
        (FULL | CLOCK | {"z": "+0200"}, NOW - 7200),
        (FULL | CLOCK | {"Z": "CET"}, NOW - 3600),
        (FULL | CLOCK | {"z": "Z"}, NOW),
        ({"Y": "2023", "j": "318"}, TODAY),
        ({"Y": "2024", "j": "366"}, 1735603200),
        ({"Y": "2023", "W": "46", "w": "2"}, TODAY),
        ({"Y": "2023", "W": "46", "a": "Tue"}, TODAY),
        ({"Y": "2023", "W": "46", "A": "Sunday"}, TODAY + 5 * DAY),
        ({"Y": "2023", "W": "0", "a": "Mon"}, 1672012800),
        ({"Y": "2023", "U": "46", "w": "0"}, TODAY - 2 * DAY),
        ({"Y": "2023", "U": "46", "w": "6"}, TODAY + 4 * DAY),
        ({"Y": "2022"}, TODAY - 365 * DAY),
        ({"Y": "2023", "W": "46"}, TODAY),
        ({"epoch": "1551968736"}, 1551968736),
        ({"epoch": "1551968736.042"}, 1551968736.042),
        ({"lepoch": "1551968736"}, 1551968736),
        ({"lepoch": "1551968736042"}, 1551968736.042),
        ({"lepoch": "1551968736042.5"}, 1551968736.0425),
        ({"lepoch": "1551968736042123"}, 1551968736.042123),
        ({"tai": "@400000005c8129e012345678"}, 1551968736),
        ({"tai": "@400000005c8129e0ffffffff"}, 1551968736),
        ({"tai": "@0000000000000000ffffffff"}, 0),
    ],
)
def test_time(fields, expected):
    """Each way to name a moment gives its time."""
    assert expected == at(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"Y": "2023", "m": "2", "d": "30"},
        {"Y": "2023", "m": "2", "d": "29"},
        {"m": "2", "d": "29"},
        {"Y": "2023", "m": "4", "d": "31"},
        FULL | {"S": "60"},
        FULL | {"S": "61"},
        FULL | {"H": "29"},
        FULL | {"I": "19", "p": "AM"},
        FULL | {"z": "XYZ"},
        FULL | {"Z": "pdt"},
        FULL | {"Y": "0"},
        FULL | {"Y": "99999999"},
        FULL | {"Y": "nine"},
        {"Y": "2023", "m": "11"},
        {"Y": "2023", "d": "14"},
        {"d": "14"},
        {"Y": "2023", "j": "366"},
        {"Y": "2023", "b": "x", "d": "1"},
        {"tai": "@4xyz"},
        {"epoch": "x"},
    ],
)
def test_unusable(fields):
    """What names no moment has no time."""
    assert at(fields) is None


@pytest.mark.parametrize(
    ("month", "day", "hour", "expected"),
    [
        ("3", "7", "14", 1678197600),
        ("11", "14", "23", TODAY + 23 * 3600),
        ("11", "15", "22", TODAY + DAY + 22 * 3600),  # less than 24 hours ahead: this year
        ("11", "15", "23", TODAY + DAY + 23 * 3600 - 365 * DAY),  # more: last year
        ("12", "31", "0", 1672444800),
    ],
)
def test_nearest_year(month, day, hour, expected):
    """Without year it is this year, or last year if that is over 24 hours ahead."""
    assert expected == at({"m": month, "d": day, "H": hour})


def test_leap_day_without_year():
    """29 February is usable only while the assumed year is a leap year."""
    leap_day = {"m": "2", "d": "29"}
    assert at(leap_day, now=1709300000) == 1709164800  # in March 2024
    assert at(leap_day, now=1735689000) == 1709164800  # 2024-12-31
    assert at(leap_day, now=1735700000) is None  # 2025-01-01
    assert at(leap_day, now=1704100000) is None  # 2024-01-01: last year had none


@pytest.mark.parametrize(("hour", "days"), [("22", 0), ("23", -1)])
def test_latest_day(hour, days):
    """Without day it is today, or yesterday if that is ahead."""
    assert TODAY + int(hour) * 3600 + days * DAY == at({"H": hour})


def test_day_and_year_are_those_of_the_zone():
    """Near midnight the day, near New Year the year, is that of the zone of the date."""
    new_year = 1_704_067_200.0  # 2024-01-01 00:00 UTC
    assert at({"H": "23"}, now=new_year - 600, zone=7200) == new_year - 3 * 3600
    assert at({"m": "1", "d": "1"}, now=new_year - 600, zone=7200) == new_year - 7200
    assert at({"m": "12", "d": "31", "z": "-02"}, now=new_year + 600) == new_year - 22 * 3600


FIELDS = st.one_of(
    st.fixed_dictionaries(
        {"m": st.integers(1, 12).map(str), "d": st.integers(1, 28).map(str)}
        | {"H": st.integers(0, 23).map(str)}
    ),
    st.fixed_dictionaries({"H": st.integers(0, 23).map(str), "M": st.integers(0, 59).map(str)}),
    st.fixed_dictionaries({"j": st.integers(1, 365).map(str)}),
)
MOMENTS = st.integers(1_672_500_000, 1_735_700_000)


@given(
    fields=FIELDS,
    now=MOMENTS,
    other=st.integers(-2 * DAY, 2 * DAY),
    zone=st.sampled_from([0, -25200, 7200]),
)
def test_a_reading_holds_as_it_says(fields, now, other, zone):
    """A kept reading gives, at any moment that it claims to hold for, what a new one would."""
    reading = read(fields, Zone(zone), now)
    assert reading.since <= now < reading.until
    moment = now + other
    if reading.since <= moment < reading.until:
        assert reading.time == read(fields, Zone(zone), moment).time
    for edge in (reading.since, reading.until - 1):
        assert reading.time == read(fields, Zone(zone), edge).time


def test_a_complete_date_holds_for_ever():
    """A date with year does not depend on the present moment."""
    assert (NOW, -math.inf, math.inf) == read(FULL | CLOCK, Zone(0), 0.0)


@given(moment=st.integers(946_684_800, 4_102_444_800))
def test_system_zone(moment):
    """A local time of the system is read back to its moment."""
    local = time.localtime(moment)
    names = {"Y": "%Y", "m": "%m", "d": "%d", "H": "%H", "M": "%M", "S": "%S"}
    fields = {group: time.strftime(token, local) for group, token in names.items()}
    result = read(fields, Zone(), NOW).time
    assert result is not None
    assert time.localtime(result)[:6] == local[:6]
