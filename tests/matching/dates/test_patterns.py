"""How the option ``datepattern`` becomes templates."""

import pytest

from banward.errors import PatternError
from banward.matching.dates.localtime import Zone
from banward.matching.dates.patterns import load


def loaded(datepattern):
    return load(datepattern, Zone(0))


def names(datepattern):
    return [template.name for template in loaded(datepattern)]


def test_default_list():
    """The default list is that of no pattern: line-start variants first, 31 in all."""
    assert names("") == names("{DEFAULT}") == names("{default}")
    assert len(names("")) == 31
    assert [name.startswith("{^LN-BEG}") for name in names("")[:14]] == [True] * 14
    assert names("")[7] == "{^LN-BEG}Epoch"
    assert names("")[13] == "{^LN-BEG}TAI64N"
    assert names("")[21:24] == [
        "Epoch",
        "{^LN-BEG}24hour:Minute:Second",
        "^<Month/Day/ExYear2@24hour:Minute:Second>",
    ]


def test_line_start_only():
    """The mark alone stands for the formats at the line start."""
    assert names("{^LN-BEG}") == names("")[:14] + [names("")[index] for index in (22, 23, 26)]


def test_default_list_beside_others():
    """{DEFAULT} in one of several lines adds the default list, as documented."""
    assert names("^A%Y\n{DEFAULT}") == ["^AYear", *names("")]
    assert names("{DEFAULT}\n^A%Y") == [*names(""), "^AYear"]


@pytest.mark.parametrize(
    ("datepattern", "expected"),
    [
        ("  ^A%Y  \n\n  ^B%Y\n", ["^AYear", "^BYear"]),
        ("EPOCH", ["Epoch"]),
        ("epoch", ["Epoch"]),
        ("^Epoch", ["{^LN-BEG}Epoch"]),
        ("{^LN-BEG}EPOCH", ["{^LN-BEG}Epoch"]),
        ("{^ln-beg}lepoch", ["{^LN-BEG}LongEpoch"]),
        ("LEPOCH\nTAI64N\n^TAI64N", ["LongEpoch", "TAI64N", "{^LN-BEG}TAI64N"]),
        ("^t={EPOCH}", ["^t={EPOCH}"]),
        ("^t={lepoch}", ["^t={LEPOCH}"]),
        ("{NONE}", ["^"]),
        ("{none}", ["^"]),
        ("{UNB}%Y", ["Year"]),
    ],
)
def test_names(datepattern, expected):
    """Special words have names of their own; without a token their case does not matter."""
    assert expected == names(datepattern)


def test_iso8601():
    """ISO8601 is the first of the default formats."""
    assert names("ISO8601") == [names("")[14]]
    assert names("{^LN-BEG}iso8601") == [names("")[0]]


def test_each_date():
    """{DATE} stands for each default format in turn, in the place where it is."""
    each = names("^[^\\[]*\\[({DATE})")
    assert len(each) == 17
    assert each[5] == "^[^\\[]*\\[(Month/Day/ExYear:24hour:Minute:Second)"
    assert each[7] == "^[^\\[]*\\[(Epoch)"
    assert each[8] == "^[^\\[]*\\[(24hour:Minute:Second)"
    assert each[16] == "^[^\\[]*\\[(TAI64N)"


def test_date_at_the_line_start():
    """Where {DATE} alone follows the anchor, the numbers are those of the line start."""
    assert names("^{DATE}")[7] == "{^LN-BEG}Epoch"
    assert names("^{DATE}")[16] == "{^LN-BEG}TAI64N"


@pytest.mark.parametrize(
    "datepattern",
    ["^%Y\n^%Y", "EPOCH\nepoch", "^EPOCH\n{^LN-BEG}EPOCH", "{DEFAULT}\nEPOCH", "{NONE}\n{NONE}"],
)
def test_twice(datepattern):
    """The same pattern twice is an error."""
    with pytest.raises(PatternError, match=r"^There is already a template with name "):
        loaded(datepattern)


def test_lists_may_overlap():
    """A list leaves out what is there already."""
    assert names("{^LN-BEG}\n{^LN-BEG}") == names("{^LN-BEG}")
    assert names("EPOCH\n{DEFAULT}") == ["Epoch", *(name for name in names("") if name != "Epoch")]


@pytest.mark.parametrize(
    "datepattern", ["%Q", "^%Y\n%Y (", "%Q {DATE}", "%{DATE}", "%Y {DATE}", "( {DATE}"]
)
def test_wrong(datepattern):
    """What the user wrote is checked when it is loaded."""
    with pytest.raises(PatternError, match=r"^Failed to set datepattern "):
        loaded(datepattern)


def test_a_format_that_does_not_fit():
    """A default format that can't stand in a pattern with {DATE} is left out."""
    fits = [template.search("CET Nov 14 22:13:20 2023") for template in loaded("%Z {DATE}")]
    assert [match is not None for match in fits[:2]] == [False, True]
    assert fits[14] is None


def test_defaults_are_made_late():
    """A default pattern costs nothing before it is used."""
    assert all(template.search == template._first_search for template in loaded(""))


def test_claims():
    """Only the line-start variants of the default list count more."""
    claims = [template._claim for template in loaded("")]
    assert claims == [100] * 14 + [1] * 17
    assert [template._claim for template in loaded("{^LN-BEG}%Y")] == [1]
