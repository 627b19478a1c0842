"""Days and times of zones; the system's with its rules of DST."""

import datetime
import time
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.matching.dates.localtime import Zone

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]


def instant(zone, year, month, day, hour, minute=0, second=0):
    ordinal = datetime.date(year, month, day).toordinal()
    return zone.instant(ordinal, hour * 3600 + minute * 60 + second)


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ((2023, 3, 26, 1, 59, 59), 1679792399),  # CET, the last second before the gap
        ((2023, 3, 26, 2, 30, 0), 1679794200),  # in the gap: read as CET, shown as 3:30 CEST
        ((2023, 3, 26, 3, 0, 0), 1679792400),  # CEST, the first second after it
        ((2023, 10, 29, 1, 59, 59), 1698537599),
        ((2023, 10, 29, 2, 30, 0), 1698539400),  # occurs twice: the first, in CEST
        ((2023, 10, 29, 3, 0, 0), 1698544800),
        ((2023, 7, 1, 12, 0, 0), 1688205600),
        ((2024, 2, 29, 12, 0, 0), 1709204400),
    ],
)
def test_changes_in_berlin(system_zone, local, expected):
    """A time that occurs twice is the first one; one that is left out is read as before the gap."""
    system_zone("Europe/Berlin")
    assert expected == instant(Zone(), *local)


@pytest.mark.parametrize("name", ZONES)
def test_as_zoneinfo(system_zone, name):
    """Each quarter of an hour around all changes of five years is what ``zoneinfo`` says."""
    system_zone(name)
    info = zoneinfo.ZoneInfo(name)
    zone = Zone()
    day = datetime.datetime(2020, 1, 1)  # noqa: DTZ001  # local times are the matter here
    while day.year < 2025:
        changes = (
            time.localtime(day.timestamp()).tm_gmtoff
            != time.localtime(day.timestamp() + 2 * 86400).tm_gmtoff
        )
        for quarter in range(96 if changes else 1):
            local = day + datetime.timedelta(minutes=15 * quarter)
            expected = local.replace(tzinfo=info).timestamp()
            assert expected == instant(zone, *local.timetuple()[:6]), local
        day += datetime.timedelta(days=1)


@settings(max_examples=60)
@given(moment=st.integers(0, 2**32), offset=st.integers(-12 * 3600, 14 * 3600))
def test_today_of_an_offset(moment, offset):
    """A moment lies in its day, which has 24 hours."""
    today = Zone(offset).today(moment)
    assert today.begin <= moment < today.end
    assert today.end - today.begin == 86400
    assert today.year == datetime.date.fromordinal(today.ordinal).year


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 26, 23), (10, 29, 25), (7, 1, 24)])
def test_length_of_days(system_zone, month, day, hours):
    """Days on which clocks change are shorter or longer."""
    system_zone("Europe/Berlin")
    zone = Zone()
    noon = instant(zone, 2023, month, day, 12)
    today = zone.today(noon)
    assert (today.end - today.begin, today.year) == (hours * 3600, 2023)
    assert zone.today(today.begin) == zone.today(today.end - 1) == today
    assert today.ordinal + 1 == zone.today(today.end).ordinal


def test_fixed_zones_are_shared():
    """The same offset is the same zone."""
    assert Zone.fixed(3600) is Zone.fixed(3600)
    assert Zone.fixed(3600) is not Zone.fixed(0)
