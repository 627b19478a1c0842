"""The whole way from a line to its date: the captured cases, and what holds for any line."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from banward.errors import PatternError
from banward.matching.dates.detector import DateDetector

NOW = 1_700_000_000.0
CASES = json.loads(
    (Path(__file__).parents[2] / "data" / "date-cases.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "case", [case for case in CASES if "error" not in case], ids=lambda case: case["name"]
)
def test_case(case, system_zone):
    """What is left of a line without its date, and the time of that, are as captured."""
    system_zone(case["tz"])
    detector = DateDetector(case["datepattern"], timezone=case["timezone"])
    for item in case["lines"]:
        line = item["line"]
        date = detector.find(line)
        left = line if date is None else line[: date.start] + line[date.end :]
        assert item.get("left", left) == left
        if "time" in item:
            assert date is not None
            assert item["time"] == date.time(case["now"])
            assert date.text == line[date.start : date.end]


@pytest.mark.parametrize(
    "case", [case for case in CASES if "error" in case], ids=lambda case: case["name"]
)
def test_error_case(case):
    """What can't be used is told as captured."""
    with pytest.raises(PatternError, match=case["error"]):
        DateDetector(case["datepattern"], timezone=case["timezone"])


def test_iso8601():
    """ISO8601 is a name of the first default format, as the manual page has it."""
    date = DateDetector("ISO8601", timezone="UTC").find("at 2023-11-14T22:13:20Z x")
    assert date is not None
    assert (date.text, date.time(0)) == ("2023-11-14T22:13:20Z", NOW)


@pytest.mark.parametrize("line", ["XYZ Nov 14 22:13:20", "[IST Nov 14 22:13:20]"])
def test_unknown_zone(line):
    """An unknown abbreviation makes a date that is cut but has no time."""
    date = DateDetector(timezone="UTC").find(line)
    assert date is not None
    assert date.text == line.strip("[]")
    assert date.time(NOW) is None


@pytest.mark.parametrize(
    "line", ["host Nov 14 22:13:20 x", "Tue Nov 14 22:13:20 x", "pdt Nov 14 22:13:20"]
)
def test_words_are_no_zones(line):
    """A word in front of a date is no zone, even after a line whose date had one."""
    detector = DateDetector(timezone="UTC")
    for each in ("PDT Nov 14 22:13:20", line):
        date = detector.find(each)
        assert date is not None
    assert date.time(NOW) == NOW


@pytest.mark.parametrize(
    ("datepattern", "line"),
    [("{NONE}", "2023-11-14 x"), ("^WARN()**", "WARN x"), ("^(%Y)?x", "x"), ("^(?=x)", "x")],
)
def test_none(datepattern, line):
    """A line that needs no date loses nothing and has no time of its own."""
    date = DateDetector(datepattern).find(line)
    assert date is not None
    assert (date.is_none, date.text, date.start, date.time(NOW)) == (True, "", date.end, None)


@pytest.mark.parametrize(
    ("datepattern", "expected"),
    [
        ("", (None, "Default Detectors")),
        ("{^LN-BEG}", ("{^LN-BEG}", "Default Detectors")),
        ("^%Y-%m", ("^%Y-%m", "^Year-Month")),
        ("^A%Y\n^B%Y", ("^A%Y\n^B%Y", "^AYear")),
        ("^A%Y\n^B%Y\n^C%Y", ("^A%Y\n^B%Y\n^C%Y", "Default Detectors")),
        ("{NONE}", ("{NONE}", "^")),
        ("EPOCH", ("EPOCH", "Epoch")),
    ],
)
def test_description(datepattern, expected):
    """The pattern and its name are told as the client prints them."""
    assert expected == DateDetector(datepattern).description


def test_templates():
    """The templates show their order, hits, weight and regex."""
    detector = DateDetector("A%Y\nB%Y", timezone="UTC")
    detector.find("xxB2023 B2023")
    first, second = detector.templates()
    assert (first.name, first.hits, first.weight) == ("BYear", 1, 1 / 8)
    assert (second.name, second.hits, second.weight) == ("AYear", 0, 0)
    assert "(?P<Y>" in first.regex


def test_number_formats(utc):
    """Numbers know no zone, neither the option's nor the system's."""
    for datepattern, line in (("EPOCH", "1700000000"), ("TAI64N", "@400000006553f100ffffffff")):
        date = DateDetector(datepattern, timezone="UTC+0500").find(line)
        assert date is not None
        assert date.time(0) == NOW


PIECES = (
    *("2023-11-14", "22:13:20", "Nov", "14", "2023", "Tue", "+0100", "99", "60", "XYZ", "audit("),
    *(
        "1700000000",
        ".042",
        "@400000006553f100",
        " ",
        "T",
        "Z",
        "[",
        "/",
        ":",
        "\u017fep",
        "\u0663",
    ),
)
LINES = st.one_of(
    st.text(max_size=60),
    st.text("0123456789:-/.,@ []()TZUCMarTue+", max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)
DATEPATTERNS = [
    "",
    "{^LN-BEG}",
    "^[^\\[]*\\[({DATE})",
    "%Y %j %b\n%H:%M:%S %p\n%Exz %U %w",
    "{LEPOCH}",
]


@given(datepattern=st.sampled_from(DATEPATTERNS), lines=st.lists(LINES, max_size=5))
@example("", ["\ud800", "9999-99-99 99:99:99", "2029-12-31 23:59:59-1999", "@4" + "f" * 23])
def test_no_line_raises(datepattern, lines):
    """Any lines give dates within them, or none; the time is a number or None."""
    detector = DateDetector(datepattern)
    for line in lines:
        date = detector.find(line)
        if date is not None:
            assert 0 <= date.start <= date.end <= len(line)
            assert date.text == line[date.start : date.end]
            assert isinstance(date.time(NOW), float | None)


PARTS = (
    *(
        "%Y",
        "%m",
        "%d",
        "%H",
        "%Exz",
        "%b",
        "%",
        "%Q",
        "{DATE}",
        "{^LN-BEG}",
        "{DEFAULT}",
        "{NONE}",
    ),
    *("EPOCH", "{EPOCH}", "{UNB}", "**", "^", "$", "(", ")", "[", "]", "|", "?", "+", "{3}", "x"),
    *("(?i)", "(?x)", "(?L)", "(?P<x>", "(?P=x)", "(?#", "\\1", "\\", "#", " ", "\n"),
)


def detector_or_error(datepattern):
    """A detector, or the text of the error."""
    try:
        return DateDetector(datepattern), ""
    except PatternError as error:
        return None, str(error)


@given(
    datepattern=st.one_of(
        st.lists(st.sampled_from(PARTS), max_size=8).map("".join), st.text(max_size=12)
    ),
    line=LINES,
)
def test_no_pattern_raises_anything_else(datepattern, line):
    """A pattern either works on any line, or is refused with a ``PatternError``."""
    detector, error = detector_or_error(datepattern)
    if detector is None:
        assert error.startswith(("Failed to set datepattern", "There is already a template"))
        return
    date = detector.find(line)
    assert date is None or isinstance(date.time(NOW), float | None)
    assert all(template.regex and template.name is not None for template in detector.templates())
