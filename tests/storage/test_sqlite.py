from __future__ import annotations

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from banward.errors import StorageError
from banward.records import Ban, Count, Match, Position, Progress, StoredBan
from banward.storage.base import Facts, Offender
from banward.storage.sqlite import SqliteStore

WHO = "192.0.2.1"


@pytest.fixture
def path(tmp_path):
    """Where the database is."""
    return str(tmp_path / "banward.sqlite3")


@pytest.fixture
def store(path):
    """An empty store."""
    store = SqliteStore(path)
    yield store
    store.close()


def ban(subject=WHO, jail="j", at=100.0, **more):
    """A ban of ten minutes."""
    return Ban(jail, subject, at, 600, **more)


def test_what_belongs_together_is_stored_together(store, path):
    """Position, counters, bans and pending matches of a block survive the process."""
    progress = Progress("/log", ("j", "k"), Position(10, 5, "ab", 7))
    count = Count(WHO, 1, 2, 3, 4, ("line",), {"user": "x"})
    numbers = store.commit(
        Facts(progress, {"j": [count]}, {}, [ban()], [Match("j", "", 9, name="host.example")])
    )
    store.close()
    again = SqliteStore(path)

    assert again.positions() == {
        ("j", "/log"): Position(10, 5, "ab", 7),
        ("k", "/log"): Position(10, 5, "ab", 7),
    }
    assert again.counts("j") == [count]
    assert [b.subject for b in again.current("j", 200)] == [WHO]
    assert again.pending() == [(numbers[0], Match("j", "", 9, name="host.example"))]


def test_a_transaction_holds_all_or_nothing(store):
    """If one row can't be stored, none of the others is."""
    facts = Facts(Progress("/log", ("j",), Position(10)), {"j": [Count(WHO, None, 1)]})

    with pytest.raises(StorageError):
        store.commit(facts)

    assert store.positions() == {}


def test_counters_that_are_gone_are_deleted(store):
    """A counter that led to a ban, or left the window, is not restored."""
    store.commit(Facts(counts={"j": [Count(WHO, 1, 1, 1, 1)]}))
    store.commit(Facts(gone={"j": [WHO]}))

    assert store.counts("j") == []


def test_pending_matches_are_settled(store):
    """A match that was counted is not counted again."""
    numbers = store.commit(
        Facts(pending=[Match("j", "", 1, name="a"), Match("j", "", 2, name="b")])
    )
    store.commit(Facts(settled=numbers[:1]))

    assert [match.name for _, match in store.pending()] == ["b"]


def test_bans_that_are_over_are_not_current(store):
    """Only bans that may hold still are restored; endless ones always."""
    store.commit(Facts(bans=[ban("a"), Ban("j", "b", 100, -1), ban("c", jail="other")]))

    assert [b.subject for b in store.current("j", 701)] == ["b"]
    assert [b.subject for b in store.current("j", 699)] == ["a", "b"]


def test_offenders_are_known_in_one_jail_or_in_all(store):
    """The number of earlier bans is that of the newest row, or the sum over all jails."""
    store.commit(Facts(bans=[ban(bancount=2), ban(jail="k", at=300, bancount=3)]))

    assert store.offender(WHO, "j") == Offender(2, 100)
    assert store.offender(WHO, None) == Offender(5, 300)
    assert store.offender("192.0.2.2", None) == Offender(0, 0)


def test_history_is_told_oldest_first(store):
    """The newest bans of a subject come with their lines, at most as many as asked for."""
    store.commit(Facts(bans=[ban(at=n, lines=(f"line {n}",), failures=n) for n in (1, 2, 3)]))

    history = store.history(WHO, "j", 2)

    assert [(row.lines, row.failures) for row in history] == [(("line 2",), 2), (("line 3",), 3)]


def test_only_the_last_lines_are_stored(path):
    """``dbmaxmatches`` bounds the lines of a ban; 0 stores none."""
    store = SqliteStore(path, most_lines=2)
    store.commit(Facts(bans=[ban(lines=("1", "2", "3"))]))
    assert store.history(WHO, None, 1)[0].lines == ("2", "3")

    store.most_lines = 0
    store.commit(Facts(bans=[ban(lines=("1", "2", "3"))]))
    assert store.history(WHO, None, 1)[0].lines == ()


def test_forgetting(store):
    """What is unbanned by order is forgotten: one subject, one jail, or everything."""
    bans = [ban("a"), ban("b"), ban("a", jail="k")]
    store.commit(Facts(bans=bans))

    store.forget(["a"], "j")
    assert store.offender("a", "j").bancount == 0
    assert store.offender("a", "k").bancount == 1

    store.forget([], "k")
    assert store.offender("a", "k").bancount == 1

    store.forget(None, "j")
    assert store.offender("b", "j").bancount == 0

    store.forget(None, None)
    assert store.offender("a", "k").bancount == 0


def test_the_purge(store):
    """Old history goes; a long ban is remembered three times its length (7.4)."""
    store.commit(
        Facts(bans=[ban("short"), Ban("j", "long", 100, 10_000), Ban("j", "ever", 100, -1)])
    )

    store.purge(now=20_000, age=1_000)

    assert store.history("ever", None, 5) == []
    assert store.offender("short", None).bancount == 0
    assert store.offender("long", None).bancount == 1
    assert store.offender("ever", None).bancount == 1


def test_other_programs_read_what_they_know(store, path):
    """The views have fail2ban's names, columns and data (7.1)."""
    store.set_enabled("j", enabled=True)
    store.commit(
        Facts(
            Progress("/log", ("j",), Position(10, 5, "ab", 7)),
            bans=[ban(lines=("line",), failures=3, fields={"user": "x"})],
        )
    )
    db = sqlite3.connect(path)

    assert db.execute("SELECT version FROM fail2banDb").fetchall() == [(4,)]
    assert db.execute("SELECT name, enabled FROM jails").fetchall() == [("j", 1)]
    assert db.execute("SELECT jail, path, firstlinemd5, lastfilepos FROM logs").fetchall() == [
        ("j", "/log", "ab", 10)
    ]
    for table in ("bans", "bips"):
        rows = db.execute(f"SELECT jail, ip, timeofban, bantime, bancount, data FROM {table}")
        ((*columns, data),) = rows.fetchall()
        assert columns == ["j", WHO, 100, 600, 1]
        assert json.loads(data) == {"matches": ["line"], "failures": 3, "user": "x"}
    db.close()


def test_a_view_can_not_be_written(store, path):
    """What other programs read, they can't change."""
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.OperationalError, match="view"):
        db.execute("DELETE FROM bans")
    db.close()


def test_the_file_is_the_owners(store, path):
    """Nobody but the owner may read the database."""
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_a_foreign_file_is_refused(path):
    """A database of another program is not touched."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE x (y)")
    db.commit()
    db.close()

    with pytest.raises(StorageError, match="no database of Banward"):
        SqliteStore(path)


def test_a_later_release_is_refused(store, path):
    """A database with steps that are not known is not touched."""
    store.close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()

    with pytest.raises(StorageError, match="later release"):
        SqliteStore(path)


def test_bans_of_another_database_are_taken_over(store):
    """Imported bans are current, known, and in the history."""
    row = StoredBan(WHO, 100, 600, 4, 7, ("line",), {"user": "x"}, "j")

    store.import_bans([row], [row])

    assert store.current("j", 200) == [row]
    assert store.offender(WHO, "j") == Offender(4, 100)
    assert store.history(WHO, None, 9) == [row]
