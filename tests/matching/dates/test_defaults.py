"""The default formats: what is printed in them is read back."""

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.matching.dates.defaults import DEFAULTS
from banward.matching.dates.detector import DateDetector
from banward.matching.dates.tokens import DAYS, MONTHS

# How to write each default format, by its number in config-and-filters.md 3.4. Names in braces are
# fields of a moment, see ``written``; [a|b] is a choice.
FORMATS = {
    1: "{Y}[-|/|.]{m}\\1{d}[T| |  ]{H}:{M}:{S}[|.{f}|,{f}][|{z}| {z}|Z| UTC]",
    2: "[|{a} ]{b} {d} {H}:{M}:{S}[|.{f}] {Y}",
    3: "[|{a} ]{b} {d} {Y} {H}:{M}:{S}[|.{f}]",
    4: "{d}[-|/]{m}\\1[{Y}|{y}] {H}:{M}:{S}",
    5: "{d}[-|/]{b}\\1{Y}[| |:]{H}:{M}:{S}[|.{f}][| {z}]",
    6: "{m}/{d}/{Y}:{H}:{M}:{S}",
    8: "{s}[|.{f3}]",
    10: "<{m}/{d}/{y}@{H}:{M}:{S}>",
    11: "{y}{m}{d}[ |  ]{H}:{M}:{S}",
    12: "{b} {d}, {Y} {I}:{M}:{S} {p}",
    13: "{b}-{d}-{y} {H}:{M}:{S}",
    14: "{Y}{m}{d}[-|T| |  ]{H}[|:]{M}\\2{S}[|.{f}|,{f}][|{z}| {z}]",
    15: "[PDT |CET ][|{a} ]{b} {d} {H}:{M}:{S}[|.{f}] {Y}",
    16: "{z} [|{a} ]{b} {d} {H}:{M}:{S}[|.{f}] {Y}",
    17: "@4{x}00000000",
}
SPAN = tuple(datetime.datetime.fromisoformat(day) for day in ("2001-09-10", "2026-12-31"))
NAMED = {"PDT": -7 * 3600, "CET": 3600}


@st.composite
def dates(draw, numbers=tuple(FORMATS)):
    """A date in a default format: its number, its text and its time."""
    number = draw(st.sampled_from(numbers))
    offset = draw(st.sampled_from([0, 3600, -12600, 50400]))
    moment = draw(st.datetimes(*SPAN))
    text, zone = written(FORMATS[number], moment, offset, lambda some: draw(st.sampled_from(some)))
    second = calendar.timegm(moment.timetuple()) - zone
    fraction = 0.042 if number == 8 and "." in text else 0
    return number, text, second + fraction


def written(form, moment, offset, choose):
    """The text of a moment in a format, and the offset that it states."""
    text = ""
    chosen = []
    for part in form.replace("]", "[").split("["):
        if "|" in part:
            chosen.append(choose(part.split("|")))
        text += chosen[-1] if "|" in part else part
    for number, choice in enumerate(chosen, 1):
        text = text.replace(f"\\{number}", choice)
    zone = next((NAMED[name] for name in NAMED if text.startswith(name)), 0)
    zone = offset if "{z}" in text else zone
    sign = "+" if offset >= 0 else "-"
    names = {
        "a": DAYS[moment.weekday()][:3].title(),
        "b": MONTHS[moment.month - 1][:3].title(),
        "z": f"{sign}{abs(offset) // 3600:02}{abs(offset) % 3600 // 60:02}",
        "f": f"{moment.microsecond:06}",
        "f3": "042",
        "s": f"{calendar.timegm(moment.timetuple())}",
        "x": f"{calendar.timegm(moment.timetuple()):015x}",
        "p": "PM" if moment.hour >= 12 else "AM",
        "I": f"{(moment.hour - 1) % 12 + 1}",
    }
    return text.format(**{token: moment.strftime(f"%{token}") for token in "YymdHMS"} | names), zone


@given(date=dates())
def test_what_is_written_is_read(date):
    """A line that begins with a date has the time of that date, and loses its text only."""
    _, text, expected = date
    match = DateDetector(timezone="UTC").find(f"{text} x")
    assert match is not None
    assert (text, expected) == (match.text, match.time(1_800_000_000.0))


@given(date=dates(tuple(set(FORMATS) - {8, 10, 13})))
def test_what_is_written_is_found_inside(date):
    """Formats that are not bound to the line start are found behind it."""
    _, text, expected = date
    match = DateDetector(timezone="UTC").find(f"some words; {text} x")
    assert match is not None
    assert expected == match.time(1_800_000_000.0)


@given(date=dates())
def test_each_format_reads_its_own(date):
    """The format of a number accepts what is written in it."""
    number, text, _ = date
    assert len(FORMATS) == len(DEFAULTS) - 2  # months first (7) and times alone (9) are below
    source = DEFAULTS[number - 1]
    match = DateDetector(source, timezone="UTC").find(text)
    assert match is not None
    assert text == match.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11-14-2023 22:13:20", 1_700_000_000),
        ("11-14-2023  2:13:20.5", 1_699_928_000),
        ("22:13:20", 1_700_000_000),
        ("22:13:21", 1_699_913_601),
        ("Nov 14 22:13:20", 1_700_000_000),
        ("nov  4  2:13:20.123", 1_699_064_000),
        ("PDT Nov 14 14:13:20", 1_699_996_400),
    ],
)
def test_short_formats(text, expected):
    """Formats without year or day are completed from the present moment."""
    match = DateDetector(timezone="UTC").find(f"{text} x")
    assert match is not None
    assert (text, expected) == (match.text, match.time(1_700_000_000.0))


SHORT = ("11-14-2023 22:13:20", "11-14-2023  2:3:2.5", "22:13:20", "2:3:2", "nov  4  2:13:20")


@given(
    st.one_of(
        dates().map(lambda date: date[1]),
        st.tuples(st.text(" [<(0a", max_size=2), st.sampled_from(SHORT)).map("".join),
        st.text("0123456789:-/.@aTZ [](", max_size=40),
    )
)
def test_sign(line):
    """A line without its sign has no date in a default format."""
    for template in DateDetector(timezone="UTC").templates():
        assert template.sign.regex.search(line) or not template.search(line)


def test_all_are_made():
    """Each default pattern is a good one, alone and as a part of another."""
    for datepattern, number in (("", 31), ("{^LN-BEG}", 17), ("^x ({DATE})", 17), ("^{DATE}", 17)):
        templates = DateDetector(datepattern).templates()
        assert number == len(templates)
        for template in templates:
            template.compile()
