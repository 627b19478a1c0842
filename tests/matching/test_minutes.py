"""Times that are counted on within a minute."""

import pytest

from banward.matching.dates.detector import DateDetector
from banward.matching.linetime import LineDates
from banward.matching.minutes import Minutes
from banward.matching.quickdate import glance_of

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def learnt(line, key, now=NOW):
    minutes = Minutes()
    date = DateDetector("{^LN-BEG}", timezone="UTC").find(line)
    minutes.learn(key, date, now)
    return minutes


@pytest.mark.parametrize(
    ("line", "key", "asked", "time"),
    [
        ("Nov 14 22:12:07 srv x", ("Nov 14 22:12:07", None), ("Nov 14 22:12:59", None), NOW - 21),
        ("Nov 14 22:12:07 srv x", ("Nov 14 22:12:07", None), ("Nov 14 22:13:00", None), None),
        ("Nov 14 22:12:07 srv x", ("Nov 14 22:12:07", None), ("Nov 14 22:12:60", None), None),
        (
            "2023-11-14T22:12:07.5Z srv",
            (None, "2023-11-14T22:12:07", "Z"),
            (None, "2023-11-14T22:12:00", "Z"),
            NOW - 80,
        ),
    ],
)
def test_seconds_of_a_known_minute(line, key, asked, time):
    """A second of a minute that was read is told, one of another minute is not."""
    assert learnt(line, key).time(asked) == time


def test_a_minute_in_which_the_year_turns():
    """A minute whose first second is of this year and whose last is of the last one is not told."""
    at = NOW + 86400 + 10.0 - NOW % 60  # a day ahead lies within the minute
    line = "Nov 15 22:13:05 srv"
    minutes = learnt(line, ("Nov 15 22:13:05", None), at - 86400 - 10 + 30)
    assert minutes.time(("Nov 15 22:13:06", None)) is None


def test_forget():
    """Another present moment begins anew."""
    minutes = learnt("Nov 14 22:12:07 srv", ("Nov 14 22:12:07", None))
    minutes.forget()
    assert minutes.time(("Nov 14 22:12:08", None)) is None


def test_every_second_is_the_detectors():
    """Through hours around a change to summer time each line has the time that is read from it."""
    zone = {"datepattern": "{^LN-BEG}", "timezone": ""}
    quick = LineDates(DateDetector(**zone), glance_of("{^LN-BEG}"))
    slow = LineDates(DateDetector(**zone))
    for minute in range(0, 240, 7):
        for second in (3, 0, 59, 31, 60):
            line = f"Mar 26 {minute // 60:02}:{minute % 60:02}:{second:02} srv x"
            a, b = quick.date_quickly(line, NOW), slow.date(line, NOW)
            assert (line, a.at, a.text) == (line, b.at, b.text)
