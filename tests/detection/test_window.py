from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.detection.window import Limits, Window
from banward.records import Match
from banward.sheets import heads, opened
from cases import bantime_cases

WHO = "192.0.2.1"


class Disk:
    """What a database keeps of the counters of one jail."""

    def __init__(self):
        self.sheets = {}

    def read(self, number):
        """One sheet."""
        return self.sheets.get(number, b"")

    def store(self, window):
        """Store what a window has to say."""
        window.write()
        if told := window.unsaved():
            kept = {} if told.anew else self.sheets
            self.sheets = {n: data for n, data in kept.items() if n >= told.oldest}
            self.sheets |= dict(told.written)
            window.stored()


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
    window.add(Match.of("j", WHO, 0, ("one",), {"user": "a"}), limits, lean=[WHO])

    breach = window.add(Match.of("j", WHO, 1, ("two",), {"user": "b"}), limits, lean=[WHO])

    assert breach is not None
    assert (breach.at, breach.failures, breach.lines, breach.fields) == (1, 2, (), {})
    assert window.get(WHO) is None


def test_who_is_banned_leaves_no_lines():
    """Failures during a ban count for the next one, which shows those after it alone."""
    window, limits = Window(), Limits(maxretry=2)
    window.add(Match.of("j", WHO, 0, ("during",), {"user": "a"}), limits, lean=[WHO])
    window.write()

    breach = window.add(Match.of("j", WHO, 1, ("after",), {"user": "b"}), limits)

    assert breach is not None
    assert (breach.failures, breach.lines, breach.fields) == (2, ("after",), {"user": "b"})


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
    window.write()
    window.add(Match.of("j", "192.0.2.2", 1, ("first",)), limits)

    assert window.get("192.0.2.1").lines == ("first",)
    assert window.get("192.0.2.2").lines == ()
    assert window.add(Match.of("j", "192.0.2.2", 2, ("second",)), limits).lines == ("second",)

    window.add(Match.of("j", "192.0.2.1", 2, ("second",)), limits)
    window.write()
    window.add(Match.of("j", "192.0.2.3", 3, ("third",)), limits)
    assert window.get("192.0.2.3").lines == ("third",)


def test_a_subject_costs_few_bytes(monkeypatch):
    """A subject takes less than 130 bytes, however long its lines are that the database has."""
    monkeypatch.setattr("banward.detection.table._BUCKETS", 1024)  # as full as with a million
    disk, many = Disk(), 20_000
    window = Window(read=disk.read)
    tracemalloc.start()
    for number in range(many):
        match = Match.of(
            "j", f"10.0.{number >> 8}.{number & 255}", 1000 + number / 1000, ("x" * 99,)
        )
        window.add(match, Limits())
        if number % 1000 == 0:
            disk.store(window)
    disk.store(window)
    window._at_hand.clear()
    disk.sheets.clear()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert used / many < 130


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


def test_changes_are_told_once():
    """What is stored once is not told again; what was not stored is."""
    window = Window()
    window.add(Match.of("j", WHO, 1), Limits(maxretry=2))
    window.write()

    assert window.unsaved() == window.unsaved()
    assert len(window.unsaved().written) == 1
    window.stored()
    window.write()
    assert window.unsaved() is None


def test_who_came_and_went_within_a_block_is_not_told():
    """Of somebody who reached the limit at once nothing has to be stored."""
    window, limits = Window(), Limits(maxretry=2)
    window.write()
    window.stored()
    for at in range(4):
        window.add(Match.of("j", WHO, at), limits)
    window.write()

    assert window.unsaved() is None
    assert (len(window), window.total) == (0, 4)


def test_evidence_is_read_back_from_the_database():
    """Lines of earlier blocks, which are not kept in memory, are in the breach."""
    disk, limits = Disk(), Limits(maxretry=4)
    window = Window(read=disk.read)
    for number in range(3):
        window.add(Match.of("j", WHO, number, (f"line {number}",), {"user": str(number)}), limits)
        disk.store(window)
        for other in range(200):  # so much that nothing of it is at hand any more
            window.add(Match.of("j", f"10.0.{number}.{other}", 1, ("x" * 1000,) * 9), limits)
            disk.store(window)

    breach = window.add(Match.of("j", WHO, 3, ("line 3",)), limits)
    assert breach.lines == ("line 0", "line 1", "line 2", "line 3")
    assert breach.fields == {"user": "2"}


def test_evidence_that_is_lost_costs_no_ban():
    """If the database lost a sheet, the ban comes nevertheless, with the lines that are left."""
    disk, limits = Disk(), Limits(maxretry=3)
    window = loaded(disk)
    window.add(Match.of("j", WHO, 1, ("one",)), limits)
    disk.store(window)
    after = loaded(disk)
    disk.sheets.clear()
    after.add(Match.of("j", WHO, 2, ("two",)), limits)
    disk.store(after)

    breach = after.add(Match.of("j", WHO, 3, ("three",)), limits)
    assert (breach.failures, breach.lines) == (3, ("two", "three"))


def test_all_is_told_to_a_new_database():
    """A database that was rebuilt gets every counter once more, with the evidence that is left."""
    disk, limits = Disk(), Limits(maxretry=3)
    window = Window(read=disk.read)
    for number in range(300):
        window.add(Match.of("j", f"10.0.0.{number}", 1, ("line",)), limits)
    disk.store(window)
    disk.sheets = {99: b"of another server"}
    window.tell_all()
    disk.store(window)

    after = loaded(disk)
    assert len(after) == 300
    assert after.get("10.0.0.7") == window.get("10.0.0.7")
    assert 99 not in disk.sheets


def test_a_clock_that_was_set_moves_what_is_stored():
    """After a jump of the clock memory and database hold the same, moved times."""
    disk, limits = Disk(), Limits(maxretry=9)
    window = Window(read=disk.read)
    window.add(Match.of("j", WHO, 1000, ("line",)), limits)
    disk.store(window)
    window.shift(-100)
    disk.store(window)

    assert loaded(disk).get(WHO) == window.get(WHO)
    assert (window.get(WHO).last, window.get(WHO).lines) == (900, ("line",))


WHOS = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::/32", "ann"]

STEPS = st.one_of(
    st.tuples(st.just("fail"), st.sampled_from(WHOS), st.integers(-3, 9)),
    st.tuples(st.just("store")),
    st.tuples(st.just("not stored")),
    st.tuples(st.just("clean")),
    st.tuples(st.just("shift"), st.integers(-50, 50)),
    st.tuples(st.just("tell all")),
    st.tuples(st.just("restart")),
)


@settings(deadline=None)
@given(st.lists(STEPS, max_size=60), st.integers(1, 4), st.integers(2, 5))
def test_what_is_loaded_is_what_was_in_memory(steps, maxretry, capacity):
    """Whatever happens, a server that is killed goes on with the counters of its last commit.

    Only who left the window may come back, with his true times: no sheet tells of such an end.
    """
    disk, limits = Disk(), Limits(maxretry, 20, 3)
    window, now = loaded(disk, capacity), 1000
    stored, left = {}, set()
    for number, (what, *how) in enumerate(steps):
        match what:
            case "fail":
                who, step = how
                now += max(0, step)
                window.add(Match.of("j", who, now + min(0, step), (f"line {number}",)), limits)
            case "store":
                disk.store(window)
                stored = views(window)
            case "not stored":
                window.write()
                window.unsaved()
            case "clean":
                before = views(window)
                window.cleanup(now, 20, force=True)
                left |= before.keys() - views(window).keys()
            case "shift":
                now += how[0]
                window.shift(how[0])
            case "tell all":
                window.tell_all()
            case "restart":
                window = loaded(disk, capacity)
                found = views(window)
                assert {who: found.get(who) for who in stored} == stored
                assert found.keys() - stored.keys() <= left
        assert len(window) <= capacity


def test_who_reached_the_limit_does_not_come_back():
    """A counter that led to a ban is gone after a crash, though an older sheet tells of it still."""
    disk, limits = Disk(), Limits(maxretry=2)
    window = loaded(disk)
    for number in range(300):  # more than one sheet
        window.add(Match.of("j", f"10.0.{number}.1", 1, ("x" * 99,)), limits)
    disk.store(window)
    window.add(Match.of("j", "10.0.5.1", 2), limits)
    disk.store(window)

    after = loaded(disk)
    assert after.get("10.0.5.1") is None
    assert len(after) == 299


def test_who_begins_anew_has_no_old_lines():
    """Lines that led to a ban do not lead to the next one, with a commit between or without."""
    disk, limits = Disk(), Limits(maxretry=2)
    window = loaded(disk)
    window.add(Match.of("j", WHO, 1, ("one",)), limits)
    disk.store(window)
    assert window.add(Match.of("j", WHO, 2, ("two",)), limits).lines == ("one", "two")
    window.add(Match.of("j", WHO, 3, ("three",)), limits)
    disk.store(window)

    assert window.get(WHO).lines == loaded(disk).get(WHO).lines == ("three",)
    assert window.add(Match.of("j", WHO, 4, ("four",)), limits).lines == ("three", "four")


def test_sheets_of_an_earlier_server_are_taken_off():
    """Once all have failed again, the sheets from before the start are deleted."""
    disk, limits = Disk(), Limits(maxretry=9)
    for start in range(3):
        before, window = set(disk.sheets), loaded(disk)
        for first in (0, 1):  # the first one fails once: sheets that hold little else stay for him
            for number in range(first, 300):
                match = Match.of("j", f"10.0.{number}.1", start, ("x" * 99,))
                window.add(match, limits)
            disk.store(window)
            assert not before & set(disk.sheets)


def test_the_database_holds_little_that_is_of_no_use():
    """However long it goes on, the sheets hold a small multiple of what is counted."""
    disk, limits = Disk(), Limits(maxretry=1000)
    window = Window(read=disk.read)
    for block in range(300):
        for number in range(100):
            old = number < 3 and block == number  # fails once, long ago, and stays
            who = f"192.0.2.{number}" if old else f"10.{number % 50}.{block % 7}.1"
            window.add(Match.of("j", who, block, ("x" * 50,)), limits)
        disk.store(window)

    heads_stored = sum(len(list(heads(opened(data)))) for data in disk.sheets.values())
    assert heads_stored < 2 * len(window) + 4096 + 2 * 100
    assert views(loaded(disk)) == views(window)


def views(window):
    """What a window knows of everybody."""
    names = {*WHOS, *(f"192.0.2.{n}" for n in range(3)), *(f"10.{n}.3.1" for n in range(9))}
    return {name: count for name in sorted(names) if (count := window.get(name))}


def loaded(disk, capacity=1000):
    """The window of a server that begins."""
    window = Window(capacity, read=disk.read)
    window.load(sorted(disk.sheets.items()))
    return window
