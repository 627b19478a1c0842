"""One pattern: its regex, its marks, what it cuts and which times it keeps."""

import re

import pytest

from banward.errors import PatternError
from banward.matching.dates.localtime import Zone
from banward.matching.dates.templates import Template

UTC = Zone(0)
NOW = 1_700_000_000.0


def cut(pattern, line):
    """What is left and right of the date, or None."""
    match = Template(pattern, zone=UTC).search(line)
    return match and (line[: match.start(1)], line[match.end(1) :])


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ("%Y-%m-%d", "x 2023-11-14 y", ("x ", " y")),
        ("%Y-%m-%d", "x2023-11-14", None),
        ("%Y-%m-%d", "2023-11-14y", None),
        ("%Y-%m-%d", "[2023-11-14]", ("[", "]")),
        ("=%Y", "x=2023", ("x", "")),
        ("{UNB}%Y-%m-%d", "x2023-11-14y", ("x", "y")),
        ("**%Y", "x2023", ("x", "")),
        ("**%Y", "x2023y", None),
        ("%Y**", "2023y", ("", "y")),
        ("%Y**", "x2023", None),
        ("%Y$", "2022 2023", ("2022 ", "")),
        (r"%Y\s", "2023 x", ("", "x")),
        (r"%Y\$", "2023$ x", ("", " x")),
        (r"%Y\**", "2023x", None),
        (r"%Y\**", "2023** x", ("", " x")),
        (r"%Y\***", "2023*x", ("", "x")),
        ("^%Y-%f?x", "2023-x", ("", "")),
        ("^%Y", "2023", ("", "")),
        ("^%Y", " 2023", None),
        ("(?:^|x)%Y", "x2023", ("", "")),
        ("{^LN-BEG}%Y", "[2023]", ("[", "]")),
        ("{^LN-BEG}%Y", " [2023]", (" [", "]")),
        ("{^LN-BEG}%Y", "  [2023]", None),
        ("{^LN-BEG}%Y", "x 2023", None),
        ("{UNB}{^LN-BEG}%Y", "[2023x", ("[", "x")),
        (r"^T\[%Y\]", "T[2023] x", ("", " x")),
        (r"^T\[(%Y)\]", "T[2023] x", ("T[", "] x")),
        (r"^T\(%Y\)", "T(2023) x", ("", " x")),
        ("^T[(]%Y[)]", "T(2023) x", ("", " x")),
        (r"^T\\(%Y)", "T\\2023 x", ("T\\", " x")),
        ("^T(?:%Y)", "T2023 x", ("", " x")),
        ("^T(?P<own>%Y)", "T2023 x", ("", " x")),
        ("^%Y (%m)", "2023 11 x", ("", " 11 x")),  # the first group of the regex, as upstream
        ("(?i)^t%Y", "T2023", ("", "")),
        ("^t%Y", "T2023", None),
        ("^t%d %b", "T14 NOV", ("", "")),
        ("(?x)^T %Y  # a note\n", "T2023", ("", "")),
        ("^A|B%Y", "xB2023", None),
    ],
)
def test_what_is_cut(pattern, line, expected):
    """Marks, word boundaries and brackets decide where a date may stand and what is cut."""
    assert expected == cut(pattern, line)


@pytest.mark.parametrize(
    ("pattern", "anchored"),
    [
        ("^%Y", True),
        ("{^LN-BEG}%Y", True),
        ("%Y$", True),
        (r"%Y\$", False),
        ("%Y", False),
        ("(?:^|x)%Y", False),
    ],
)
def test_anchored(pattern, anchored):
    """A pattern is anchored if it begins or ends with the line."""
    assert anchored is Template(pattern, zone=UTC).anchored


@pytest.mark.parametrize(
    "pattern",
    [
        *("%Q", "%", "%Y(", "%Y)", "[%Y", "%Y %ExY", "%Y{99999999999}", "(?P<Y>x)%Y", "x(?i)%Y"),
        *("(?L)%Y", "(" * 5000, "(?P=none)", "(?<=%Y+)x", "?#", "(?#(x)"),
    ],
)
def test_wrong_patterns(pattern):
    """A pattern that can't be used is refused with its text."""
    with pytest.raises(PatternError) as error:
        Template(pattern, zone=UTC).compile()
    assert str(error.value).startswith(f"Failed to set datepattern {pattern!r}: ")


def test_a_wrong_pattern_that_nobody_checked_matches_nothing():
    """No line makes a template raise."""
    template = Template("%Y %Y", zone=UTC)
    assert template.search("2023 2023") is None
    assert template.search("2023 2023") is None


def test_regex_is_text():
    """The shown regex is the one that is used."""
    template = Template("(?x)^%d[ ]%b", zone=UTC)
    assert re.compile(template.regex).match("14 NOV")
    assert template.regex.startswith("(?xi)^(")


@pytest.mark.parametrize(
    ("arguments", "shown", "name"),
    [
        ({"pattern": "^%Y"}, "^%Y", "^Year"),
        ({"pattern": "{^LN-BEG}%Y"}, "{^LN-BEG}%Y", "{^LN-BEG}Year"),
        ({"pattern": "{UNB}%Y"}, "{UNB}%Y", "Year"),
        ({"pattern": "**%Y**"}, "**%Y**", "**Year**"),
        ({"pattern": "{UNB}^", "shown": "{NONE}"}, "{NONE}", "^"),
        ({"pattern": "{EPOCH}", "shown": "EPOCH", "name": "Epoch"}, "EPOCH", "Epoch"),
    ],
)
def test_names(arguments, shown, name):
    """A template has a pattern and a name for users."""
    template = Template(**arguments, zone=UTC)
    assert (shown, name) == (template.pattern, template.name)


def test_weight():
    """Hits count more for line-start variants, and less the further right the date stood."""
    template = Template("%Y", zone=UTC, claim=100)
    template.hits, template.start = 6, 0
    assert template.weight == 600
    template.start = 3
    assert template.weight == 200


def test_same_place():
    """A pattern is looked for where it was before, whatever else is in the line."""
    template = Template("A%Y", zone=UTC)
    template.search("x")
    template.start, template.end = 6, 11
    match = template.search_same_place("A2022 A2023")
    assert match is not None
    assert match["Y"] == "2023"
    assert template.search_same_place("A2022  A2023") is None
    assert template.search_same_place("A2022 A20231") is None


def time_of(template, line, now=NOW):
    return template.time(template.search(line), now)


def test_kept_times_are_those_of_the_moment():
    """A time that depends on the present moment is read anew when that has moved on."""
    template = Template("%H:%M", zone=UTC)
    before, after = time_of(template, "22:30"), time_of(template, "22:30", NOW + 1000)
    assert after - before == 86400


def test_kept_times_differ_by_all_fields():
    """Fields outside of the group that is cut count too."""
    template = Template("^%Y-%m-%d (x)?%H", zone=UTC)
    assert time_of(template, "2023-11-14 x1") + 3600 == time_of(template, "2023-11-14 x2")


def test_many_times():
    """Only so many times are kept, and all are right."""
    template = Template("%S seconds %f", zone=UTC)
    begin = time_of(template, "0 seconds 1")
    for second in list(range(60)) * 3:
        assert begin + second == time_of(template, f"{second} seconds {second}")
    template = Template("{EPOCH}", zone=UTC)
    for second in range(1000):
        assert time_of(template, f"{1_700_000_000 + second}") == 1_700_000_000 + second


def test_no_kept_reading_of_an_unusable_date():
    """29 February without year becomes usable in a leap year."""
    template = Template("%b %d", zone=UTC)
    assert time_of(template, "Feb 29") is None
    assert time_of(template, "Feb 29", 1709300000.0) == 1709164800
