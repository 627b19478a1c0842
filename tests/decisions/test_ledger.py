from __future__ import annotations

import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.decisions.ledger import Keep, Ledger
from banward.records import ENDLESS, Ban, Origin, Reason, StoredBan
from cases import bantime_cases

WHO = "192.0.2.1"


def told(verdict):
    """The reason of a verdict in the words of the cases."""
    if isinstance(verdict, Ban):
        return []
    if verdict.reason is Reason.ALREADY_OVER:
        return ["expired"]
    return ["prolong"] if verdict.prolonged else []


def end_of(ledger):
    """The end of the ban in the words of the cases."""
    ban = ledger.get(WHO)
    if ban is None:
        return None
    return "never" if ban.bantime == ENDLESS else ban.until


@pytest.mark.parametrize("case", bantime_cases("ban_list"), ids=str)
def test_bans_begin_and_end_as_in_the_reference(case):
    """What is entered, prolonged and expired, and when, is the same."""
    ledger = Ledger()
    for event in case["events"]:
        if event["op"] == "ban":
            bantime = event.get("bantime", case["bantime"])
            verdict = ledger.admit(Ban("j", WHO, event["time"], bantime), event["now"])
            assert event["added"] is isinstance(verdict, Ban)
            assert event["reason"] == told(verdict)
        else:
            unbans = ledger.expire(event["now"])
            assert event["unbanned"] == [unban.ban.subject for unban in unbans]

        assert event["banned"] == [ban.subject for ban in ledger]
        assert event["end_of_ban"] == end_of(ledger)


@pytest.mark.parametrize("case", bantime_cases("restore"), ids=lambda case: str(case["maxtime"]))
def test_stored_bans_hold_on_as_in_the_reference(case):
    """Which stored bans still hold, and how long, is the same."""
    rows = [
        StoredBan(row["ip"], row["timeofban"], row["bantime"], row["bancount"])
        for row in case["rows"]
    ]
    longest = (case["maxtime"] or float("inf")) if case["increment"] else None

    held = Ledger().restore(rows, 0, case["jail_bantime"], longest)

    assert case["restored"] == [
        {"ip": row.subject, "time": row.at, "bantime": bantime, "bancount": row.bancount}
        for row, bantime in held
    ]


def test_the_order_of_banning_and_the_next_end():
    """Bans are listed in the order of banning; the next end is known."""
    ledger = Ledger()
    for subject, bantime in (("a", 30), ("b", ENDLESS), ("c", 10)):
        ledger.admit(Ban("j", subject, 0, bantime), 0)

    assert [ban.subject for ban in ledger] == ["a", "b", "c"]
    assert ledger.next_end() == 10


def test_lines_are_not_kept():
    """The ledger holds no matched lines; the ban that is put in force has them."""
    ledger = Ledger()
    ban = ledger.admit(Ban("j", WHO, 0, 10, lines=("line",), fields={"user": "x"}), 0)

    assert ban.lines == ("line",)
    assert ledger.get(WHO).lines == ()


def test_a_network_is_not_its_addresses():
    """Removing an address leaves the network that holds it, and the other way round."""
    ledger = Ledger()
    for subject in ("198.51.100.0/24", "198.51.100.7", "203.0.113.1"):
        ledger.admit(Ban("j", subject, 0, 10), 0)

    assert ledger.within("198.51.100.0/24") == ["198.51.100.0/24", "198.51.100.7"]
    ledger.remove(["198.51.100.7"], Reason.ORDERED, Origin.OPERATOR)
    assert "198.51.100.0/24" in ledger


def test_a_new_ban_time_holds_for_bans_without_their_own():
    """A jail's new ban time moves the ends of bans that have none of their own."""
    ledger = Ledger()
    ledger.admit(Ban("j", "a", 0, 10), 0)
    ledger.admit(Ban("j", "b", 0, 10), 0, own=True)

    assert ledger.to_retime(100) == ["a"]
    assert [ban.subject for ban in ledger.retime_all(["a", "b", "c"], 100)] == ["a"]
    assert ledger.to_retime(100) == []
    assert ledger.get("a").until == 100
    assert ledger.get("b").until == 10


@pytest.mark.parametrize(("age", "check"), [(2, False), (4, True)])
def test_a_late_repetition_asks_for_a_check(age, check):
    """Failures long after the ban raise doubt whether it is in force (2.6)."""
    ledger = Ledger()
    ledger.admit(Ban("j", WHO, 0, 100), 0)

    kept = ledger.admit(Ban("j", WHO, age, 100), age)

    assert isinstance(kept, Keep)
    assert check is kept.check
    assert age == kept.age


def test_a_prolonged_ban_keeps_its_time():
    """A ban that was prolonged has a time of its own, which the jail's new one does not change."""
    ledger = Ledger()
    ledger.admit(Ban("j", "a", 0, 10), 0)
    ledger.admit(Ban("j", "a", 8, 10), 8)

    assert ledger.to_retime(5) == []
    assert ledger.get("a").until == 18


def test_outdated_ends_are_passed_over_in_parts():
    """After a new ban time all are outdated: no look goes through all of them, and none is lost."""
    ledger, many = Ledger(), 5000
    for number in range(many):
        ledger.admit(Ban("j", str(number), 0, 10), 0)
    ledger.retime_all(ledger.to_retime(100), 100)

    looks = [ledger.next_end()]
    while looks[-1] != 100:
        looks.append(ledger.next_end())
    assert looks == [10] * (many // 1000 - 1) + [100]

    ledger.retime_all(ledger.to_retime(200), 200)
    assert ledger.expire(101, most=many // 2) == []
    assert len(ledger.expire(201, most=2 * many)) == many


def test_all_bans_are_taken_out_at_once():
    """In their order; nothing is left of them, and no end is due."""
    ledger = Ledger()
    for subject in ("b", "a"):
        ledger.admit(Ban("j", subject, 0, 10), 0)

    unbans = ledger.clear(Reason.ORDERED, Origin.OPERATOR)

    assert [(each.ban.subject, each.reason) for each in unbans] == [
        ("b", Reason.ORDERED),
        ("a", Reason.ORDERED),
    ]
    assert (len(ledger), ledger.next_end(), ledger.expire(99)) == (0, None, [])


def test_outdated_ends_do_not_pile_up():
    """Somebody whose ban is prolonged or lifted a thousand times costs no more than once."""
    ledger = Ledger()
    for at in range(5000):
        ledger.admit(Ban("j", "a", at, 1_000_000), at)
        ledger.admit(Ban("j", "b", at, 1_000_000), at)
        ledger.remove(["b"], Reason.ORDERED, Origin.OPERATOR)

    assert len(ledger._ends) < 2000
    assert ledger.next_end() == 1_004_999


def test_a_ban_costs_few_bytes():
    """A hundred thousand bans take tens of megabytes, whatever their lines were."""
    ledger, many = Ledger(), 20_000
    tracemalloc.start()
    for number in range(many):
        subject = f"10.1.{number >> 8}.{number & 255}"
        ledger.admit(Ban("j", subject, 1000.0 + number, 600, lines=("x" * 500,) * 5), 0)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert used / many < 600


times = st.sampled_from([ENDLESS, 0, 1, 5, 20])
events = st.one_of(
    st.tuples(st.just("ban"), st.sampled_from("abcd"), st.integers(-5, 0), times),
    st.tuples(st.just("pass"), st.integers(0, 30)),
    st.tuples(st.just("lift"), st.sampled_from("abcd")),
    st.tuples(st.just("retime"), times),
)


@given(st.lists(events, max_size=60))
def test_the_ledger_is_that_of_a_plain_model(history):
    """Whatever happens, those are banned whose end is not over, until just that end."""
    ledger, ends, own, now = Ledger(), {}, set(), 100
    begun = {}
    for what, *values in history:
        if what == "pass":
            now += values[0]
            over = {unban.ban.subject for unban in ledger.expire(now)}
            assert over == {name for name, end in ends.items() if end < now}
            ends = {name: end for name, end in ends.items() if end >= now}
        elif what == "lift":
            lifted = ledger.remove(values, Reason.ORDERED, Origin.OPERATOR)
            assert len(lifted) == len([ends.pop(values[0])] if values[0] in ends else [])
        elif what == "retime":
            ledger.retime_all(ledger.to_retime(values[0]), values[0])
            for name in ends.keys() - own:
                ends[name] = math.inf if values[0] == ENDLESS else begun[name] + values[0]
        else:
            name, shift, bantime = values
            ban = Ban("j", name, now + shift, bantime)
            verdict = ledger.admit(ban, now)
            assert isinstance(verdict, Ban) is (ban.until >= now and name not in ends)
            if isinstance(verdict, Ban):
                begun[name] = ban.at
                ends[name] = ban.until
                own.discard(name)
            elif name in ends and ban.until >= now and ban.until > ends[name]:
                ends[name] = ban.until + max(0, begun[name] - ban.at)
                own.add(name)

        assert {ban.subject: ban.until for ban in ledger} == ends
        finite = [end for end in ends.values() if end < math.inf]
        assert ledger.next_end() == min(finite, default=None)


def test_ends_of_lifted_bans_are_not_kept():
    """The next end is found at once after many bans were lifted: what is left of them is bounded."""
    ledger = Ledger()
    many = [f"198.18.{n >> 8}.{n & 255}" for n in range(10_000)]
    for subject in (*many, WHO):
        ledger.admit(Ban("j", subject, 0, 10 if subject != WHO else 20), 0)
    ledger.remove(many, Reason.ORDERED, Origin.OPERATOR)

    assert len(ledger._ends) <= 1_002
    assert ledger.next_end() == 20
