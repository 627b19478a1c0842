"""Dates at a glance are the dates of the detector."""

import random

import pytest

from banward.matching.dates.detector import DateDetector
from banward.matching.linetime import LineDates
from banward.matching.quickdate import glance_of

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
LN_BEG = "{^LN-BEG}"
TAI64N = "{^LN-BEG}TAI64N\n{^LN-BEG}"
ACCESS = [
    r"^[^\[]*\[({DATE})",
    '^[^"{]*\\[(%d/%b/%Y:%H:%M:%S %z)\n{^LN-BEG}',
    '^[^"]*\\[({DATE})\n^[^"\\[]*nginx\\[\\d+\\]: ({DATE})\n{^LN-BEG}',
]
CLIENTS = ["h - - [", "h [", *["192.0.2.1 - - [", "192.0.2.1 - bob [", "2001:db8::1 - - ["] * 3]
DATES = [
    "Nov 14 22:12:{s}",
    "Nov  4 22:12:{s}",
    "Tue Nov 14 22:12:{s}",
    "Feb 30 22:12:{s}",
    "Tue Nov 14 22:12:{s} 2023",
    "Tue Nov 14 22:12:{s}.{f} 2023",
    "Nov 14 22:12:{s} 2023",
    "2023/11/14 22:12:{s}",
    "2023-11-14 22:12:{s},{f}",
    "2023-11-14 22:12:{s}",
    "2023-11-14T22:12:{s}.{f}+01:00",
    "2023-11-14 22:12:{s},{f}Z",
    "2023-11-14T22:12:{s}+01:00",
    "2023-11-14T22:12:{s}.{f}",
    "2039-11-14T22:12:{s}Z",
    "2023-11-31T22:12:{s}Z",
    "01-02-2023 22:12:{s}",
    "13-01-2023 22:12:{s}",
    "01-13-2023 22:12:{s}",
    "14/Nov/2023:22:12:{s} +0000",
    "31/Feb/2023:22:12:{s} +0000",
    "PDT Nov 14 22:12:{s}",
    "",
]
FRONTS = ["", "", "[", "[", "([", " ", "((("]
BACKS = [
    *(" srv x", " 2023 srv", "  srv", ".123 srv", " +0200 x", "] x", "", "x", " 2 x", " UTC x"),
    *(
        "] [error] x",
        "][x",
        " Z x",
        " INFO x",
        " gmt x",
        ' "x"',
        '] "GET / [14/Nov/2023:22:12:51 +0000]"',
    ),
]
WEB_DATES = [date for date in DATES if "/" in date]
WEB_BACKS = ['] "x', '] "x [14/Nov/2023:22:12:51 +0000]', *BACKS]


def line(chance, datepattern):
    dates = WEB_DATES if datepattern in ACCESS and chance.random() < 0.8 else DATES
    date = chance.choice(dates).format(s=chance.randrange(50, 54), f=chance.randrange(1000))
    if datepattern in ACCESS and chance.random() < 0.8:
        return f"{chance.choice(CLIENTS)}{date}{chance.choice(WEB_BACKS)}"
    return f"{chance.choice(FRONTS)}{date}{chance.choice(BACKS)}"


@pytest.mark.parametrize("datepattern", [LN_BEG, TAI64N, *ACCESS])
def test_the_same_dates(datepattern):
    """Lines dated at a glance have the date, text and stored line that the detector gives."""
    chance = random.Random(5)
    quick, slow = (
        LineDates(DateDetector(datepattern, timezone="UTC"), glance_of(datepattern))
        for _ in range(2)
    )
    seen = 0
    for index in range(6000):
        now = NOW + index // 1000
        text, source = line(chance, datepattern), chance.choice("ab")
        a, b = quick.date_quickly(text, now, source), slow.date(text, now, source)
        assert (text, a.at, a.text, a.stored, a.is_own) == (text, b.at, b.text, b.stored, b.is_own)
        seen += a.date is None and a.is_own
    assert seen > 150


def test_other_patterns_have_no_glance():
    """Of other patterns nothing is known at a glance."""
    assert glance_of("") is None
    assert glance_of("^%Y-%m-%d") is None
