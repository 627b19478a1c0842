"""What each token accepts, and its name in reports."""

import re

import pytest

from banward.errors import PatternError
from banward.matching.dates.tokens import DAYS, MONTHS, expand, ignores_case, report_name


def texts(pattern):
    return re.compile(expand(pattern), re.IGNORECASE if ignores_case(pattern) else 0)


@pytest.mark.parametrize(
    ("token", "accepted", "refused"),
    [
        ("%Y", "0000 1999 2023 9999", "23 20233"),
        ("%ExY", "2000 2023 2029", "1999 1923 23 2099"),
        ("%y", "00 23 99", "1 2023"),
        ("%Exy", "00 23 99", "1 2023"),
        ("%m", "1 01 9 09 10 12", "0 00 13 001"),
        ("%Exm", "01 09 10 12", "1 00 13"),
        ("%d", "1 01 9 10 29 31", "0 00 32 001"),
        ("%Exd", "01 10 29 31", "1 00 32"),
        ("%H", "0 00 9 09 19 20 23", "24 000"),
        ("%ExH", "00 09 19 20 23", "0 24"),
        ("%k", "0 9 09 19 29", "30 000"),
        ("%Exk", "0 9 09 19 23", "24 30"),
        ("%I", "1 01 09 12", "0 00 13"),
        ("%l", "1 9 10 12 19", "09 20"),
        ("%Exl", "1 9 10 12", "09 13"),
        ("%p", "am pm AM Pm", "a xm"),
        ("%M", "0 00 9 59", "60 000"),
        ("%ExM", "00 09 59", "9 60"),
        ("%S", "0 00 9 59 60 61", "62 000"),
        ("%ExS", "00 09 59 61", "9 62"),
        ("%f", "0 123 123456", "1234567 x"),
        ("%b", "jan Feb MAR dec", "january x"),
        ("%B", "january May DECEMBER", "jan x"),
        ("%a", "mon Sun", "monday x"),
        ("%A", "monday SUNDAY", "mon x"),
        ("%j", "1 01 001 99 100 365 366", "0 000 367 0001"),
        ("%U", "0 00 9 53", "54 000"),
        ("%W", "0 00 9 53", "54 000"),
        ("%w", "0 6", "7 00"),
        ("%u", "1 7", "0 8"),
        ("%V", "1 01 53", "0 54"),
        ("%G", "2023", "23"),
        ("%z", "Z UTC GMT +01 -0130 +01:30 +1930", "z utc CET +1 +2000 0100 +01:3"),
        ("%Z", "Z CET AEST ANAST", "A ET utc CETDST"),
        ("%ExZ", "A Z CET AEST", "ET utc CETDST"),
        ("%Exz", "A CET +01 -01:30 CET+0100 Z-02", "ET utc CET+1"),
        ("%s", "1700000000 17000000000", "170000000 1700000000.5"),
        ("{EPOCH}", "1700000000 17000000000 1700000000.123 1700000000.123456", "1700000000.1"),
        ("{LEPOCH}", "1700000000 1700000000123 1700000000123456", "170000000012 1700000000.123"),
        ("{TAI64N}", "@400000005c8129e012345678", "@400000005C8129E012345678 @4000"),
    ],
)
def test_token(token, accepted, refused):
    """A token accepts the whole of these texts, and not these."""
    assert {text: bool(texts(token).fullmatch(text)) for text in accepted.split()} == dict.fromkeys(
        accepted.split(), True
    )
    assert {text: bool(texts(token).fullmatch(text)) for text in refused.split()} == dict.fromkeys(
        refused.split(), False
    )


@pytest.mark.parametrize(
    ("token", "text"), [("%d", " 7"), ("%k", " 9"), ("%Exk", " 23"), ("%l", " 9"), ("%Exl", " 12")]
)
def test_blank_before_a_number(token, text):
    """Some numbers may be filled up with a blank."""
    assert texts(token).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%c", "Tue Nov 14 22:13:20 2023"),
        ("%x %X", "11/14/23 22:13:20"),
        ("100%%: %Y", "100%: 2023"),
    ],
)
def test_composites_and_percent(pattern, text):
    """Composites are those of the C locale; a doubled percent sign stands for one."""
    assert texts(pattern).fullmatch(text)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("^%Y-%m-%d %H:%M:%S", "^Year-Month-Day 24hour:Minute:Second"),
        (
            "%ExY %Exy %Exm %Exd %ExH %ExM %ExS",
            "ExYear ExYear2 ExMonth ExDay Ex24hour ExMinute ExSecond",
        ),
        ("%b %B %a %A %p %I %f %j", "MON MONTH DAY DAYNAME AMPM 12hour Microseconds Yearday"),
        ("%U %W %w %y", "Yearweek Yearweek Weekday Year2"),
        (
            "%z %Z %ExZ %Exz",
            "Zone offset Zone name ExZone name ExZone offset",
        ),
        ("%k %Exk %l %Exl %G %V %u %c %x %X", "%k %Exk %l Ex%l %G %V %u %c %x %X"),
        ("%%%Y {EPOCH}", "%Year {EPOCH}"),
    ],
)
def test_report_name(pattern, name):
    """Reports show the pattern with the names of its tokens."""
    assert name == report_name(pattern)


@pytest.mark.parametrize("pattern", ["%Q", "%", "x%", "%E", "%Ex", "%ExQ", "%-Y", "%D", "% Y"])
def test_unknown_token(pattern):
    """Any other letter is an error, which shows the token."""
    with pytest.raises(PatternError, match="unknown token '%"):
        expand(pattern)


@pytest.mark.parametrize(
    ("pattern", "ignores"),
    [("%Y-%m", False), ("%%b", False), ("%d %b", True), ("%p", True), ("%c", True), ("%x", False)],
)
def test_ignores_case(pattern, ignores):
    """Tokens of letters make the whole pattern ignore case."""
    assert ignores is ignores_case(pattern)


def test_zone_names_are_capitals():
    """Zone names stay capitals in a pattern that ignores case, so that no word is taken for one."""
    zone = re.compile(expand("(?:%Z )?%a"), re.IGNORECASE)
    assert (zone.fullmatch("PDT tue")["Z"], zone.fullmatch("pdt tue")) == ("PDT", None)


def test_names_are_complete():
    """There are twelve months and seven days, which differ in their first three letters."""
    assert (len({name[:3] for name in MONTHS}), len({name[:3] for name in DAYS})) == (12, 7)
