from __future__ import annotations

import pytest

from banward.detection.window import Limits, Window
from banward.records import Match
from cases import bantime_cases

WHO = "192.0.2.1"


def name_of(case):
    """The times of a case as its name."""
    marks = "c" if case["cleanup_before_each"] else ""
    return f"{case['maxretry']}in{case['findtime']}{marks}-{'_'.join(map(str, case['times']))}"[:60]


@pytest.mark.parametrize("case", bantime_cases("sliding_window"), ids=name_of)
def test_failures_are_counted_as_in_the_reference(case):
    """The estimate, the moment of the ban and its figures are those of the reference."""
    window, limits = Window(), Limits(case["maxretry"], case["findtime"], 5)
    for step in case["steps"]:
        if case["cleanup_before_each"]:
            window.cleanup(step["t"], case["findtime"], force=True)
        breach = window.add(Match("j", WHO, step["t"]), limits)

        if step["ban"] is None:
            assert breach is None
            assert step["count"] == window.get(WHO).count
        else:
            assert step["ban"] == {"time": breach.at, "failures": breach.failures}
            assert window.get(WHO) is None


def test_only_the_newest_lines_are_kept():
    """A breach carries the last ``maxmatches`` lines, oldest first."""
    window, limits = Window(), Limits(maxretry=4, maxmatches=2)
    for number in range(3):
        window.add(Match("j", WHO, number, (f"line {number}",)), limits)

    breach = window.add(Match("j", WHO, 3, ("line 3",)), limits)

    assert breach.lines == ("line 2", "line 3")


def test_no_lines_are_kept_where_none_are_wanted():
    """``maxmatches = 0`` keeps nothing."""
    window = Window()

    breach = window.add(Match("j", WHO, 1, ("line",)), Limits(maxretry=1, maxmatches=0))

    assert breach.lines == ()


def test_users_of_all_failures_are_joined():
    """The captures of a breach are the newest ones, with the users of all."""
    window, limits = Window(), Limits(maxretry=2)
    window.add(Match("j", WHO, 1, fields={"user": "ann", "users": ["ann"]}), limits)

    breach = window.add(Match("j", WHO, 2, fields={"user": "bob", "users": ["bob"]}), limits)

    assert breach.fields == {"user": "bob", "users": ["ann", "bob"]}


def test_weight_counts_further_failures():
    """A failure of a known offender counts more, and once more in the total."""
    window = Window()
    window.add(Match("j", WHO, 1), Limits(maxretry=9), extra=2)

    assert window.get(WHO).count == 3
    assert window.total == 2


def test_cleanup_forgets_who_left_the_window():
    """Who failed last at the edge of the window or before is forgotten."""
    window = Window()
    window.add(Match("j", "192.0.2.1", 100), Limits(maxretry=9))
    window.add(Match("j", "192.0.2.2", 101), Limits(maxretry=9))

    window.cleanup(700, 600, force=True)

    assert window.get("192.0.2.1") is None
    assert window.get("192.0.2.2") is not None


def test_cleanup_pauses():
    """Two cleanups within five seconds are one, unless it is forced."""
    window = Window()
    window.cleanup(1000, 10)
    window.add(Match("j", WHO, 900), Limits(maxretry=9))

    window.cleanup(1004, 10)
    assert len(window) == 1

    window.cleanup(1005, 10)
    assert len(window) == 0


def test_state_is_bounded_and_heavy_hitters_stay():
    """When one more comes than fit, somebody with few failures goes."""
    window, limits = Window(capacity=3), Limits(maxretry=99)
    for number in range(5):
        window.add(Match("j", "192.0.2.1", number), limits)
    for number in range(10):
        window.add(Match("j", f"198.51.100.{number}", 10 + number), limits)

    assert len(window) == 3
    assert window.get("192.0.2.1").count == 5


def test_changes_are_told_once():
    """What has to be stored is told once: counters that differ, and those that are gone."""
    window = Window()
    window.add(Match("j", "192.0.2.1", 1), Limits(maxretry=2))
    window.add(Match("j", "192.0.2.2", 1), Limits(maxretry=1))

    kept, gone = window.changed()
    assert [entry.subject for entry in kept] == ["192.0.2.1"]
    assert gone == ["192.0.2.2"]
    assert window.changed() == ([], [])


def test_stored_counters_go_on():
    """A window that is loaded counts on where the stored one was."""
    before, limits = Window(), Limits(maxretry=2)
    before.add(Match("j", WHO, 1), limits)
    after = Window()
    after.load(before.changed()[0])

    assert after.add(Match("j", WHO, 2), limits) is not None
