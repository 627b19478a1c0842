"""When a line was written, and when it counts."""

import pytest

from banward.matching.dates.detector import DateDetector
from banward.matching.linetime import Dated, LineDates, OddityKind, TimeRule

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def dates(datepattern=""):
    return LineDates(DateDetector(datepattern, timezone="UTC"))


@pytest.mark.parametrize(
    ("before", "line", "at", "text", "stored"),
    [
        ("x", "2023-11-14 22:00:00 bad", NOW - 800, " bad\n", "2023-11-14 22:00:00 bad"),
        ("x", "bad", None, "bad\n", "bad"),
        ("2023-11-14 22:12:21 x", "bad", NOW - 59, "bad\n", "2023-11-14 22:12:21bad"),
        ("2023-11-14 22:12:20 x", "bad", None, "bad\n", "bad"),
        ("2023-11-14 23:12:20 x", "bad", NOW + 3540, "bad\n", "2023-11-14 23:12:20bad"),
        ("x", "2023-02-30 22:00:00 bad", None, " bad\n", "2023-02-30 22:00:00 bad"),
        (
            "2023-11-14 22:13:00 x",
            "2023-02-30 22:00:00 bad",
            NOW - 20,
            "2023-02-30 22:00:00 bad\n",
            "2023-11-14 22:13:002023-02-30 22:00:00 bad",
        ),
    ],
)
def test_date_of_a_line(before, line, at, text, stored):
    """A date is cut out; a line without one takes that of the line before if it is recent."""
    known = dates()
    known.date(before, NOW)
    dated = known.date(line, NOW)
    assert (dated.at, dated.text, dated.stored) == (at, text, stored)


def test_a_line_that_needs_no_date():
    """With the pattern for no date the line counts now, and stays whole."""
    dated = dates("{NONE}").date("2023-11-14 22:00:00 x", NOW)
    assert (dated.at, dated.text, dated.stored) == (
        NOW,
        "2023-11-14 22:00:00 x\n",
        "2023-11-14 22:00:00 x",
    )


def dated(at):
    return Dated(at, "x\n", "x")


@pytest.mark.parametrize(
    ("at", "old", "counts_old", "counts_new"),
    [
        (NOW, False, NOW, NOW),
        (NOW - 60.9, False, NOW - 60.9, NOW - 60.9),
        (NOW - 61, False, NOW - 61, NOW),
        (NOW - 600, False, NOW - 600, NOW),
        (NOW - 601, True, None, NOW),
        (NOW + 30, False, NOW, NOW),
        (NOW + 4000, False, NOW, NOW),
        (None, False, None, NOW),
    ],
)
def test_when_a_line_counts(at, old, counts_old, counts_new):
    """In the old part of a log times are kept up to findtime; new lines are held to be new."""
    rule = TimeRule(600)
    assert rule.is_old(at, "line", NOW) is old
    if not old:
        assert rule.time(at, "line", NOW, in_operation=False) == counts_old
    assert rule.time(at, "line", NOW, in_operation=True) == counts_new


def test_latency_and_zone_share_their_day():
    """One warning of a line that is not from now is enough for a day."""
    rule = TimeRule(600)
    for seconds in (3300, 3301):
        rule.time(NOW - seconds, "line", NOW, in_operation=True)
    assert [odd.kind for odd in rule.oddities] == [OddityKind.LATENCY]
    rule.time(NOW - 3301, "line", NOW + 86400, in_operation=True)
    assert rule.oddities[-1].kind is OddityKind.TIMEZONE
