"""Dates that hang on the lines before, and what a date tears."""

import random

import pytest

from banward.matching.dates.detector import DateDetector
from banward.matching.datestate import DateState

NOW = 1_700_000_000.0
LN_BEG = "{^LN-BEG}"
ACCESS = r"^[^\[]*\[({DATE})"
HEADS = [
    "Nov 14 22:00:00 srv",
    "Nov  4 22:00:00.123 2023 srv",
    "NOV 14 22:00:00 srv",
    "Thu Nov 14 22:00:00 2023 srv",
    "THU Nov 14 22:00:00 srv",
    "PDT Nov 14 22:00:00 srv",
    "+0100 Nov 14 22:00:00 srv",
    "2023-11-14 22:00:00,123 +0200 srv",
    "2023/11/14T22:00:00Z srv",
    "20231114 22:00:00 srv",
    "01-02-2023 22:00:00 srv",
    "13-01-2023 22:00:00 srv",
    "01-13-2023 22:00:00 srv",
    "01/02/2023:22:00:00 srv",
    "14/Nov/2023:22:00:00 +0000] srv",
    "22:00:00 srv",
    "1699999200 srv",
    "231114 22:00:00 srv",
    "Nov 14, 2023 10:00:00 PM srv",
    "Nov-14-23 22:00:00 srv",
    "@400000005c8129e012345678 srv",
    "2023-02-30 22:00:00 srv",
    "2035-02-20 22:00:00 srv",
    "no date",
]
FRONTS = ["", "[", " ", "([", "x [", "1.2.3.4 - - [", "a [b] ["]


def seen(detector, line):
    """What is cut out of a line, and the time it stands for."""
    date = detector.find(line)
    return None if date is None else (date.start, date.end, date.time(NOW))


@pytest.mark.parametrize("datepattern", [LN_BEG, ACCESS, "", "EPOCH", "^%Y-%m-%d"])
def test_clear_lines_are_read_alike_whatever_came_before(datepattern):
    """The date of a clear line is the same after any other lines."""
    chance = random.Random(3)
    lines = [front + head for front in FRONTS for head in HEADS]
    state = DateState(DateDetector(datepattern, timezone="UTC"), datepattern)
    fresh = {}
    for line in lines:
        fresh[line] = seen(DateDetector(datepattern, timezone="UTC"), line)
    for _ in range(60):
        detector = DateDetector(datepattern, timezone="UTC")
        for line in chance.choices(lines, k=40):
            found = seen(detector, line)
            if state.is_clear(line):
                assert (line, found) == (line, fresh[line])


@pytest.mark.parametrize(
    ("datepattern", "sticky"),
    [(LN_BEG, False), (ACCESS, False), ("", True), ("EPOCH", False), ("^%Y\n^%m", True)],
)
def test_which_patterns_need_every_line(datepattern, sticky):
    """With one pattern, or where clear lines are known, lines need not be dated one by one."""
    assert DateState(DateDetector(datepattern), datepattern).is_sticky is sticky


@pytest.mark.parametrize("datepattern", [LN_BEG, ACCESS, "", "%Y-%m-%d %H:%M:%S", "**%H:%M:%S**"])
def test_a_torn_literal_leaves_a_piece(datepattern):
    """Whatever literal is in the text of a line, one of its pieces is in the raw line."""
    chance = random.Random(4)
    detector = DateDetector(datepattern, timezone="UTC")
    state = DateState(detector, datepattern)
    texts = ["", " x: login failed", '] "GET /a b"', ": [x] user", "ab", " [1.2.3.4] -- no"]
    torn = 0
    for _ in range(3000):
        line = chance.choice(FRONTS + texts) + chance.choice(HEADS) + chance.choice(texts)
        date = detector.find(line)
        if date is None:
            continue
        text = line[: date.start] + line[date.end :]
        begin = chance.randrange(len(text) + 1)
        literal = text[begin : chance.randrange(begin, len(text) + 1)]
        torn += literal not in line
        assert any(piece in line for piece in state.pieces(literal))
    assert torn > 10


@pytest.mark.parametrize(
    ("datepattern", "gap"),
    [
        (LN_BEG, ""),
        (ACCESS, "["),
        (f"{ACCESS}\n{LN_BEG}", "["),
        ("", None),
        ("^%Y-%m-%d", ""),
        ("%Y-%m-%d", None),
        (r"^[^\[]*\[({DATE})" + "\n" + r"^[^\(]*\(({DATE})", None),
    ],
)
def test_where_a_date_is_cut_out(datepattern, gap):
    """Dates are at the begin, behind one character, or anywhere."""
    assert DateState(DateDetector(datepattern), datepattern).gap == gap
