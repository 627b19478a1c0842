"""Which pattern is used for a line, and how patterns move (config-and-filters.md 3.5).

The expected places are those that upstream 1.0.2 gave for the same lines.
"""

import pytest

from banward.matching.dates.localtime import Zone
from banward.matching.dates.order import Order
from banward.matching.dates.patterns import load


def order(*patterns):
    return Order(load("\n".join(patterns), Zone(0)))


def used(order, line):
    """The letter with which the used pattern begins, and where it was found."""
    found = order.find(line)
    return found and (found[1][0][0], found[1].start())


def letters(order):
    return "".join(template.pattern.lstrip("^")[0] for template in order.templates)


def fed(order, text):
    """Lines of a letter and the column that it stands in, and the letters in their order then."""
    for item in text.split():
        column = int(item[1:] or 0)
        order.find(" " * column + item[0] + "2023")
    return letters(order)


ABC = ("A%Y", "B%Y", "C%Y")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["B2023 A2023"], ("B", 0)),
        ([" B2023"], ("B", 1)),
        (["x A2023 B2023"], ("A", 2)),
        (["x B2023 A2023"], ("B", 2)),
        (["12345 A2023", "B2023 A2023"], ("A", 6)),  # at the same place
        (["1234567 A2023", "B2023 A2023"], ("B", 0)),  # not at the same place: the leftmost
        (["1234567 A2023", "12345678 B2023", "B2023 A2023"], ("A", 6)),  # not further right
        (["A2023", "x A2023 A2024"], ("A", 2)),
        (["xxx A2023", "A2023 x C2023"], ("A", 0)),
        (["A2023", "no date", "B2023"], ("B", 0)),
    ],
)
def test_choice(lines, expected):
    """A pattern is used at its old place, else where it stands no further right, else leftmost."""
    patterns = order(*ABC)
    for line in lines[:-1]:
        patterns.find(line)
    assert expected == used(patterns, lines[-1])


def test_anchored_patterns_stick():
    """The anchored pattern that hit last is used, whatever stands in front of it in the list."""
    patterns = order("^%d-%m %H", "^%m-%d %H")
    days = [
        patterns.find(line)[1].groupdict() for line in ("01-13 1", "01-02 1", "13-01 1", "01-02 1")
    ]
    assert [(day["m"], day["d"]) for day in days] == [
        ("01", "13"),
        ("01", "02"),
        ("01", "13"),
        ("02", "01"),
    ]


def test_an_anchored_pattern_ends_the_search():
    """An anchored pattern is used even if another stands further left."""
    assert used(order("A%Y", "B%Y.*$"), "xxx A2023 B2023") == ("B", 10)


def test_the_only_pattern_is_used_anywhere():
    """One pattern alone is used wherever it matches."""
    patterns = order("A%Y")
    assert [used(patterns, " " * column + "A2023") for column in (9, 0, 20)] == [
        ("A", 9),
        ("A", 0),
        ("A", 20),
    ]


def test_no_match():
    """Without a match nothing is used and nothing changes."""
    patterns = order(*ABC)
    assert patterns.find("x") is None
    assert [template.hits for template in patterns.templates] == [0, 0, 0]


@pytest.mark.parametrize(
    ("patterns", "lines", "expected"),
    [
        ("ABC", "A", "ABC"),
        ("ABC", "C", "CAB"),
        ("ABC", "C B", "CBA"),
        ("ABCD", "A D", "ADBC"),  # to the first place that was never used
        ("ABC", "C C C B", "CBA"),
        ("AB", "A A B B B", "AB"),  # a pattern that stays moves nothing
        ("AB", "A B B A B", "BA"),  # it moves when it is found anew, with more hits
        ("ABCD", "A B C D D A D A D", "DABC"),
        ("ABC", "C10", "CAB"),
        ("AB", "A2 A10 A5 A B5 B B B5 B", "AB"),
        ("ABCD", "A B10 D D B5 B", "ABDC"),
        ("ABCD", "C B A2 A A5", "CBAD"),
        ("ABCD", "C10 B2 B5 A C2 B10 B10 C B B C C10 C", "CBAD"),
    ],
)
def test_moves(patterns, lines, expected):
    """A pattern that is found anew moves forward if it weighs more than what is there."""
    assert expected == fed(order(*(f"{letter}%Y" for letter in patterns)), lines)


def test_hits():
    """Each line counts one hit for the pattern that is used."""
    patterns = order(*ABC)
    fed(patterns, "A B A A C")
    hits = {template.pattern[0]: template.hits for template in patterns.templates}
    assert hits == {"A": 3, "B": 1, "C": 1}


def test_lines_without_sign_are_left_out():
    """With default formats only, a line without time or digits is not searched at all."""
    patterns = Order(load("", Zone(0)))
    patterns.find("nothing in here that is a date")
    assert all(template.search == template._first_search for template in patterns.templates)
    assert Order(load("^x\n{DEFAULT}", Zone(0))).find("x") is not None
