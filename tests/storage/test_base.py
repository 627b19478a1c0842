"""The contract of a store, shown on every one that there is."""

from __future__ import annotations

import pytest

from banward.records import (
    ENDLESS,
    Ban,
    Match,
    Origin,
    Position,
    Progress,
    Quarantined,
    Reason,
    Sheets,
    StoredBan,
)
from banward.storage.base import Decision, Facts, Offender
from banward.storage.memory import MemoryStore
from banward.storage.sqlite import SqliteStore
from storage.reading import current

WHO = "192.0.2.1"

STORES = {
    "memory": lambda _: MemoryStore(),
    "sqlite in memory": lambda _: SqliteStore(":memory:"),
    "sqlite in a file": lambda folder: SqliteStore(str(folder / "banward.sqlite3")),
}


@pytest.fixture(params=STORES)
def store(request, tmp_path):
    """An empty store of each kind."""
    store = STORES[request.param](tmp_path)
    yield store
    store.close()


def ban(subject=WHO, jail="j", at=100.0, **more):
    """A ban of ten minutes."""
    return Ban(jail, subject, at, 600, **more)


def test_an_empty_store_knows_nothing(store):
    """Nothing was read, nobody failed, nobody was banned."""
    assert store.positions() == {}
    assert list(store.sheets("j")) == []
    assert store.sheet("j", 1) == b""
    assert list(store.pending()) == []
    assert current(store, "j", 0) == []
    assert store.offender(WHO, None) == Offender(0, 0)
    assert list(store.history(WHO, None, 5)) == []
    assert list(store.decisions(WHO, None)) == []
    assert list(store.quarantined()) == []


def test_a_block_is_stored_as_a_whole(store):
    """Position, sheets of counters, bans and pending matches of a block are there together."""
    progress = Progress("/log", ("j", "k"), Position(10, 5, "ab", 7))
    sheets = Sheets(((1, b"one"), (2, b"two")), 1)
    match = Match.of("j", "", 9, ("line",), {"user": "x"}, name="host.example")
    numbers = store.commit(Facts(progress, {"j": sheets}, [ban()], [match]))

    assert store.positions() == {
        ("j", "/log"): Position(10, 5, "ab", 7),
        ("k", "/log"): Position(10, 5, "ab", 7),
    }
    assert list(store.sheets("j")) == [(1, b"one"), (2, b"two")]
    assert store.sheet("j", 2) == b"two"
    assert [b.subject for b in current(store, "j", 200)] == [WHO]
    assert list(store.pending()) == [(numbers[0], match)]


def test_a_position_moves_on(store):
    """The newest position of a source holds, for the jails that it was told for."""
    store.commit(Facts(Progress("/log", ("j", "k"), Position(10))))
    store.commit(Facts(Progress("/log", ("j",), Position(20, inode=2**64 - 1))))

    assert store.positions() == {
        ("j", "/log"): Position(20, inode=2**64 - 1),
        ("k", "/log"): Position(10),
    }

    store.forget_position("j", "/log")
    assert store.positions() == {("k", "/log"): Position(10)}


def test_sheets_come_and_go(store):
    """A sheet that is told again replaces the one before; those below the oldest are gone."""
    store.commit(Facts(sheets={"j": Sheets(((1, b"a"), (2, b"b"), (3, b"c")), 1)}))
    store.commit(Facts(sheets={"k": Sheets(((1, b"k"),), 1), "j": Sheets(((3, b"cc"),), 2)}))

    assert list(store.sheets("j")) == [(2, b"b"), (3, b"cc")]
    assert list(store.sheets("k")) == [(1, b"k")]
    assert store.sheet("j", 1) == b""

    store.commit(Facts(sheets={"j": Sheets(((1, b"new"),), 1, anew=True)}))
    assert list(store.sheets("j")) == [(1, b"new")]

    store.forget_counts("j")
    assert list(store.sheets("j")) == []
    assert list(store.sheets("k")) == [(1, b"k")]


def test_pending_matches_are_settled(store):
    """A match that was counted is not counted again, and its number is used once."""
    first = store.commit(Facts(pending=[Match.of("j", "", n, name=str(n)) for n in (1, 2)]))
    second = store.commit(Facts(settled=first[:1], pending=[Match.of("j", "", 3, name="3")]))

    assert [match.name for _, match in store.pending()] == ["2", "3"]
    assert len({*first, *second}) == 3


def test_bans_that_are_over_are_not_current(store):
    """Only bans that may hold still are restored; endless ones always."""
    bans = [ban("a", at=101), Ban("j", "b", 100, ENDLESS), ban("c", jail="other")]
    store.commit(Facts(bans=bans))

    assert [b.subject for b in current(store, "j", 701)] == ["b"]
    assert [b.subject for b in current(store, "j", 699)] == ["a", "b"]


def test_a_stored_ban_has_all_that_led_to_it(store):
    """Time (in whole seconds), ban time, number, failures, lines and captures come back."""
    more = {"failures": 5, "lines": ("ä", "b"), "fields": {"user": "x"}, "bancount": 2}
    store.commit(Facts(bans=[Ban("j", WHO, 100.6, 1200.5, **more)]))

    assert current(store, "j", 0) == [StoredBan(WHO, 101, 1200.5, jail="j", **more)]


def test_offenders_are_known_in_one_jail_or_in_all(store):
    """The number of earlier bans is that of the newest row, or the sum over all jails."""
    store.commit(Facts(bans=[ban(bancount=1), ban(bancount=2), ban(jail="k", at=300, bancount=3)]))

    assert store.offender(WHO, "j") == Offender(2, 100)
    assert store.offender(WHO, None) == Offender(5, 300)
    assert store.offender("192.0.2.2", None) == Offender(0, 0)


def test_many_are_looked_up_at_once(store):
    """The answer is that of single questions, without those who were never banned."""
    bans = [ban(bancount=1), ban(bancount=2), ban(jail="k", at=300, bancount=3)]
    store.commit(Facts(bans=bans))

    for jail in ("j", "k", None):
        found = store.offenders([WHO, "192.0.2.2", "ä'"], jail)
        assert found == {WHO: store.offender(WHO, jail)}
    assert store.offenders([], None) == {}


def test_history_is_told_oldest_first(store):
    """The newest bans of a subject come with their lines, at most as many as asked for."""
    store.commit(Facts(bans=[ban(at=n, lines=(f"line {n}",), failures=n) for n in (1, 2, 3)]))
    store.commit(Facts(bans=[ban(at=9, jail="k")]))

    history = store.history(WHO, "j", 2)

    assert [(row.lines, row.failures) for row in history] == [(("line 2",), 2), (("line 3",), 3)]
    assert [row.at for row in store.history(WHO, None, 9)] == [1, 2, 3, 9]
    assert list(store.history(WHO, None, 0)) == []


def test_only_the_newest_lines_are_stored(store):
    """``dbmaxmatches`` bounds the lines of a ban; 0 stores none."""
    for most, expected in ((2, ("2", "3")), (0, ())):
        store.most_lines = most
        store.commit(Facts(bans=[ban(lines=("1", "2", "3"))]))

        assert store.history(WHO, None, 1)[0].lines == expected


def test_decisions_are_kept_with_their_reasons(store):
    """What was decided is told oldest first; the same again is counted, not repeated."""
    gateway = Decision("j", WHO, 10, Reason.PROTECTED, "the default gateway")
    unban = Decision("k", WHO, 5, Reason.ORDERED, origin=Origin.OPERATOR)
    store.commit(Facts(decisions=[gateway, unban]))
    store.commit(Facts(decisions=[Decision("j", WHO, 20, Reason.PROTECTED, "a proxy", times=2)]))

    proxy = Decision("j", WHO, 20, Reason.PROTECTED, "a proxy", times=3)
    assert list(store.decisions(WHO, None)) == [unban, proxy]
    assert list(store.decisions(WHO, "k")) == [unban]
    assert list(store.decisions("192.0.2.2", None)) == []


def test_decisions_are_bounded(store, monkeypatch):
    """A purge leaves the newest decisions, and none that is too old."""
    monkeypatch.setattr(f"{type(store).__module__}.MOST_DECISIONS", 2)
    many = [Decision("j", str(n), 100 + n, Reason.TOO_MANY) for n in range(4)]
    store.commit(Facts(decisions=[*many, Decision("j", "old", 1, Reason.TOO_MANY)]))

    store.purge(now=150, age=100)

    left = [name for name in ("old", *"0123") if store.decisions(name, None)]
    assert left == ["2", "3"]

    store.purge(now=202.5, age=100)
    assert not store.decisions("2", None)


def test_forgetting(store):
    """What is unbanned by order is forgotten: one subject, one jail, or everything."""
    store.commit(Facts(bans=[ban("a"), ban("b"), ban("a", jail="k"), ban("b", jail="k")]))

    store.forget(["a"], "j")
    assert store.offender("a", "j").bancount == 0
    assert list(store.history("a", "j", 5)) == []
    assert store.offender("a", "k").bancount == 1

    store.forget([], "k")
    assert store.offender("a", "k").bancount == 1

    store.forget(["b"], None)
    assert store.offender("b", None).bancount == 0
    assert store.offender("a", "k").bancount == 1

    store.commit(Facts(bans=[ban("c")]))
    store.forget(None, "j")
    assert store.offender("c", "j").bancount == 0
    assert store.offender("a", "k").bancount == 1

    store.forget(None, None)
    assert store.offender("a", "k").bancount == 0


def test_the_purge_of_bans(store):
    """Old history goes; a long ban is remembered three times its length (7.4)."""
    bans = [ban("short"), Ban("j", "long", 100, 10_000), Ban("j", "ever", 100, ENDLESS)]
    store.commit(Facts(bans=[*bans, ban("edge", at=19_000)]))

    store.purge(now=20_000, age=1_000)

    assert list(store.history("ever", None, 5)) == []
    assert len(store.history("edge", None, 5)) == 1
    known = [name for name in ("short", "long", "ever", "edge") if store.offender(name, None).last]
    assert known == ["long", "ever", "edge"]

    store.purge(now=31_101, age=1_000)
    assert store.offender("long", None).bancount == 0


def test_the_purge_of_jails(store):
    """A jail that neither runs nor has bans goes, with its positions and counters."""
    for jail in ("runs", "stopped", "banned"):
        store.set_enabled(jail, enabled=True)
        sheets = {jail: Sheets(((1, b"x"),), 1)}
        store.commit(Facts(Progress("/log", (jail,), Position(1)), sheets))
    store.commit(Facts(bans=[ban(jail="banned")]))
    store.set_enabled(None, enabled=False)
    store.set_enabled("runs", enabled=True)

    store.purge(now=100, age=1_000)

    assert set(store.positions()) == {("runs", "/log"), ("banned", "/log")}
    assert [len(list(store.sheets(jail))) for jail in ("runs", "stopped", "banned")] == [1, 0, 1]


def test_bans_of_another_database_are_taken_over(store):
    """Imported bans are current, known, and in the history."""
    row = StoredBan(WHO, 100, 600, 4, 7, ("line",), {"user": "x"}, "j")

    store.import_bans([row], [row])

    assert current(store, "j", 200) == [row]
    assert store.offender(WHO, "j") == Offender(4, 100)
    assert list(store.history(WHO, None, 9)) == [row]


def test_a_quarantine_is_stored_as_a_whole(store):
    """What is not named any more is gone; a line may hold half a character."""
    one = Quarantined("j", "(a+)+ <HOST>", "/log", "aaa\udcff", 100.0)
    two = Quarantined("k", "(b+)+ <HOST>", "/log", "bbb", 50.0)
    store.set_quarantined([one, two])
    assert [(each.jail, each.pattern) for each in store.quarantined()] == [
        ("k", two.pattern),
        ("j", one.pattern),
    ]
    store.set_quarantined([two])
    assert list(store.quarantined()) == [two]


def test_a_subject_that_is_banned_twice_at_once_counts_by_its_last_ban(store):
    """Bans that waited and are stored together may be of one subject: the last is the newest."""
    store.commit(Facts(bans=[Ban("j", WHO, 1, 600, bancount=1), Ban("j", WHO, 2, 600, bancount=2)]))

    assert store.offender(WHO, "j") == Offender(2, 2)
    assert [row.at for row in current(store, "j", 0)] == [2]
    assert [row.at for row in store.history(WHO, "j", 9)] == [1, 2]


def test_a_newest_ban_that_is_taken_over_replaces_the_one_before(store):
    """The history stays as it is; nothing is left of what was the newest and no history."""
    store.commit(Facts(bans=[Ban("j", WHO, 1, 600)]))
    for at in (5, 9):
        store.import_bans([StoredBan(WHO, at, 700, jail="j")], ())

    assert [(row.at, row.bantime) for row in current(store, "j", 0)] == [(9, 700)]
    assert [row.at for row in store.history(WHO, "j", 9)] == [1]
    store.import_bans([StoredBan(WHO, 1, 800, 3, jail="j")], ())
    assert store.offender(WHO, "j") == Offender(3, 1)
    assert len(store.history(WHO, "j", 9)) == 1


def test_a_subject_with_a_zero_byte_is_nobody_else(store):
    """What a client put a zero byte behind does not become the subject before it."""
    longer = f"{WHO}\0x"
    store.commit(Facts(bans=[ban(), ban(longer, bancount=3)]))

    assert {b.subject for b in current(store, "j", 0)} == {WHO, longer}
    found = store.offenders([WHO, longer], "j")
    assert {subject: each.bancount for subject, each in found.items()} == {WHO: 1, longer: 3}
