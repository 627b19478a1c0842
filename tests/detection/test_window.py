from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        breach = window.add(Match.of("j", WHO, step["t"]), limits)

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
        window.add(Match.of("j", WHO, number, (f"line {number}",)), limits)

    breach = window.add(Match.of("j", WHO, 3, ("line 3",)), limits)

    assert breach.lines == ("line 2", "line 3")


def test_no_lines_are_kept_where_none_are_wanted():
    """``maxmatches = 0`` keeps nothing."""
    window = Window()

    breach = window.add(Match.of("j", WHO, 1, ("line",)), Limits(maxretry=1, maxmatches=0))

    assert breach.lines == ()


def test_a_lean_breach_has_figures_only():
    """Of somebody who is banned already nobody asks for the lines."""
    window, limits = Window(), Limits(maxretry=2)
    window.add(Match.of("j", WHO, 0, ("one",), {"user": "a"}), limits, lean=True)

    breach = window.add(Match.of("j", WHO, 1, ("two",), {"user": "b"}), limits, lean=True)

    assert breach is not None
    assert (breach.at, breach.failures, breach.lines, breach.fields) == (1, 2, (), {})
    assert window.get(WHO) is None


def test_users_of_all_failures_are_joined():
    """The captures of a breach are the newest ones, with the users of all."""
    window, limits = Window(), Limits(maxretry=2)
    window.add(Match.of("j", WHO, 1, fields={"user": "ann", "users": ["ann"]}), limits)

    breach = window.add(Match.of("j", WHO, 2, fields={"user": "bob", "users": ["bob"]}), limits)

    assert breach.fields == {"user": "bob", "users": ["ann", "bob"]}


def test_weight_counts_further_failures():
    """A failure of a known offender counts more, and once more in the total."""
    window = Window()
    window.add(Match.of("j", WHO, 1), Limits(maxretry=9), extra=2)

    assert window.get(WHO).count == 3
    assert window.total == 2


def test_cleanup_forgets_who_left_the_window():
    """Who failed last at the edge of the window or before is forgotten."""
    window = Window()
    window.add(Match.of("j", "192.0.2.1", 100), Limits(maxretry=9))
    window.add(Match.of("j", "192.0.2.2", 101), Limits(maxretry=9))

    window.cleanup(700, 600, force=True)

    assert window.get("192.0.2.1") is None
    assert window.get("192.0.2.2") is not None


def test_cleanup_pauses():
    """Two cleanups within five seconds are one, unless it is forced."""
    window = Window()
    window.cleanup(1000, 10)
    window.add(Match.of("j", WHO, 900), Limits(maxretry=9))

    window.cleanup(1004, 10)
    assert len(window) == 1

    window.cleanup(1005, 10)
    assert len(window) == 0


def test_state_is_bounded_and_heavy_hitters_stay():
    """When one more comes than fit, somebody with few failures goes."""
    window, limits = Window(capacity=3), Limits(maxretry=99)
    for number in range(5):
        window.add(Match.of("j", "192.0.2.1", number), limits)
    for number in range(10):
        window.add(Match.of("j", f"198.51.100.{number}", 10 + number), limits)

    assert len(window) == 3
    assert window.get("192.0.2.1").count == 5


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), max_size=80), st.integers(2, 12))
def test_the_window_stays_within_its_capacity(events, capacity):
    """Whoever comes, no more than the capacity is tracked, and the newest one is."""
    window = Window(capacity)
    for at, (number, step) in enumerate(events):
        subject = f"192.0.2.{number}"
        window.add(Match.of("j", subject, at * step), Limits(maxretry=99))

        assert len(window) <= capacity
        assert window.get(subject) is not None


def test_lines_are_bounded_as_a_whole():
    """Once the memory for lines is used up, only those of a failure that leads to a ban count."""
    window, limits = Window(evidence=1), Limits(maxretry=2)
    window.add(Match.of("j", "192.0.2.1", 1, ("first",)), limits)
    window.changed()
    window.add(Match.of("j", "192.0.2.2", 1, ("first",)), limits)

    assert window.get("192.0.2.1").lines == ("first",)
    assert window.get("192.0.2.2").lines == ()
    assert window.add(Match.of("j", "192.0.2.2", 2, ("second",)), limits).lines == ("second",)

    window.add(Match.of("j", "192.0.2.1", 2, ("second",)), limits)
    window.add(Match.of("j", "192.0.2.3", 3, ("third",)), limits)
    assert window.get("192.0.2.3").lines == ("third",)


def test_a_subject_costs_few_bytes():
    """A subject with a line and two captures takes less than 450 bytes."""
    window, many = Window(), 20_000
    tracemalloc.start()
    for number in range(many):
        subject = f"10.1.{number >> 8}.{number & 255}"
        line = (
            f"Nov 26 12:00:00 host sshd[{number}]: Failed password for root from {subject} port 9"
        )
        fields = {"ip4": subject, "user": "root"}
        window.add(Match.of("j", subject, 1000 + number / 1000, (line,), fields), Limits())
    window.changed()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert used / many < 450


class Plain:
    """Counts as the specification says, with no thought of cost."""

    def __init__(self):
        self.entries = {}

    def add(self, subject, at, limits):
        """Count, and give what leads to a ban as (time, failures)."""
        entry = self.entries.setdefault(subject, {"first": at, "last": at, "n": 0, "all": 0})
        if at > entry["last"]:
            if entry["first"] < at - limits.findtime:
                rate = entry["n"] / (at - entry["first"])
                entry.update(n=round(rate * limits.findtime), first=at - limits.findtime)
            entry["last"] = at
        entry["n"] += 1
        entry["all"] += 1
        if entry["n"] < limits.maxretry:
            return None
        del self.entries[subject]
        return entry["last"], entry["all"]

    def cleanup(self, limit):
        """Look at every entry."""
        self.entries = {name: e for name, e in self.entries.items() if e["last"] > limit}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(-5, 5), st.booleans()),
        max_size=60,
    ),
    st.integers(1, 4),
)
def test_counting_is_that_of_a_plain_model(events, maxretry):
    """With cleanups between and times out of order, counts and bans are those of the rule."""
    window, plain, limits = Window(), Plain(), Limits(maxretry, 10)
    now = 1000
    for subject, step, shift, clean in events:
        now += step
        if clean:
            window.cleanup(now, 10, force=True)
            plain.cleanup(now - 10)
        expected = plain.add(subject, now + shift, limits)
        breach = window.add(Match.of("j", subject, now + shift), limits)

        assert expected == (breach and (breach.at, breach.failures))
        assert set(plain.entries) == {name for name in "abc" if window.get(name)}
        for name, entry in plain.entries.items():
            known = window.get(name)
            assert (entry["first"], entry["last"]) == (known.first, known.last)
            assert (entry["n"], entry["all"]) == (known.count, known.failures)


def test_who_comes_and_goes_leaves_nothing():
    """Subjects that are banned again and again do not fill the memory of the cleanup."""
    window, limits = Window(), Limits(maxretry=2, findtime=10_000)
    for at in range(6000):
        window.add(Match.of("j", WHO, at), limits)

    window.cleanup(6000, 10_000, force=True)

    assert len(window) == 0
    assert len(window._ages) == 0


def test_what_could_not_be_stored_is_told_again():
    """After a failure of the database the same changes are told once more."""
    window = Window()
    window.add(Match.of("j", "192.0.2.1", 1), Limits(maxretry=2))
    kept, gone = window.changed()

    window.not_stored([*(count.subject for count in kept), *gone])

    assert window.changed() == (kept, gone)


def test_all_is_forgotten_but_the_total():
    """``clear`` leaves no counter, and says which ones are gone."""
    window = Window()
    window.add(Match.of("j", WHO, 1, ("line",)), Limits())

    window.clear()

    assert (len(window), window.total) == (0, 1)
    assert window.changed() == ([], [WHO])


def test_changes_are_told_once():
    """What has to be stored is told once: counters that differ, and those that are gone."""
    window = Window()
    window.add(Match.of("j", "192.0.2.1", 1), Limits(maxretry=2))
    window.add(Match.of("j", "192.0.2.2", 1), Limits(maxretry=1))

    kept, gone = window.changed()
    assert [entry.subject for entry in kept] == ["192.0.2.1"]
    assert gone == ["192.0.2.2"]
    assert window.changed() == ([], [])


def test_stored_counters_go_on():
    """A window that is loaded counts on where the stored one was."""
    before, limits = Window(), Limits(maxretry=2)
    before.add(Match.of("j", WHO, 1), limits)
    after = Window()
    after.load(before.changed()[0])

    assert after.add(Match.of("j", WHO, 2), limits) is not None
