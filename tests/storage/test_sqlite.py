from __future__ import annotations

import json
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from banward.errors import StorageError
from banward.records import Ban, Match, Position, Progress, Reason, Sheets
from banward.storage.base import Decision, Facts
from banward.storage.queries import migrations, query
from banward.storage.sqlite import APPLICATION_ID, SqliteStore
from storage.reading import current

WHO = "192.0.2.1"
ONE_TABLE = 4
"""The step from which on a ban stands once."""


@pytest.fixture
def path(tmp_path):
    """Where the database is."""
    return str(tmp_path / "banward.sqlite3")


@pytest.fixture
def store(path):
    """An empty store."""
    store = SqliteStore(path, patience=0)
    yield store
    store.close()


def ban(subject=WHO, jail="j", at=100.0, **more):
    """A ban of ten minutes."""
    return Ban(jail, subject, at, 600, **more)


def test_facts_outlive_the_process(store, path):
    """What was committed is there when the file is opened again."""
    progress = Progress("/log", ("j",), Position(10, 5, "ab", 7))
    sheets = {"j": Sheets(((1, b"one"),), 1)}
    match = Match.of("j", "", 9, name="host.example")
    decision = Decision("j", WHO, 1.5, Reason.PROTECTED, "the default gateway")
    facts = Facts(progress, sheets, [ban()], [match], decisions=[decision])
    (number,) = store.commit(facts)
    store.close()
    again = SqliteStore(path)

    assert again.positions() == {("j", "/log"): Position(10, 5, "ab", 7)}
    assert list(again.sheets("j")) == [(1, b"one")]
    assert [b.subject for b in current(again, "j", 200)] == [WHO]
    assert again.pending() == [(number, match)]
    assert again.decisions(WHO, None) == [decision]
    again.close()


def test_a_transaction_holds_all_or_nothing(store):
    """If one row can't be stored, none of the others is, and the next one can be."""
    broken = Facts(Progress("/log", ("j",), Position(10)), {"j": Sheets(((1, None),), 1)})

    with pytest.raises(StorageError):
        store.commit(broken)

    assert store.positions() == {}
    store.commit(Facts(broken.progress))
    assert store.positions() == {("j", "/log"): Position(10)}


WRITER = """
import sys
from banward.records import Position, Progress, Sheets
from banward.storage.base import Facts
from banward.storage.sqlite import SqliteStore

store = SqliteStore(sys.argv[1])
for number in range(1, 1_000_000):
    sheets = Sheets(((1, b"%d" % number),), 1)
    store.commit(Facts(Progress("/log", ("j",), Position(number)), {"j": sheets}))
    print(number, flush=True)
"""


def test_a_killed_process_leaves_position_and_counter_in_step(path):
    """After ``kill -9`` at any moment the counter is that of the position, and nothing is lost."""
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
        for _ in range(50):
            told = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
    store = SqliteStore(path)

    (position,) = store.positions().values()
    ((_, count),) = store.sheets("j")
    store.close()

    assert position.offset == int(count) >= told


def test_a_full_disk_is_told_and_survived(store):
    """When there is no room, the commit fails as a whole; when there is again, it goes on."""
    db = store._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    many = Facts(
        Progress("/log", ("j",), Position(10)),
        bans=[ban(f"10.0.{n >> 8}.{n & 255}") for n in range(2000)],
    )

    with pytest.raises(StorageError, match="full"):
        store.commit(many)

    assert store.positions() == {}
    db.execute("PRAGMA max_page_count = 1000000")
    store.commit(many)
    assert len(current(store, "j", 0)) == 2000


def test_a_locked_database_is_told_and_survived(store, path):
    """While another program holds the lock, a commit fails; reading goes on."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StorageError, match="locked"):
        store.commit(Facts(bans=[ban()]))
    assert current(store, "j", 0) == []

    other.execute("ROLLBACK")
    other.close()
    store.commit(Facts(bans=[ban()]))
    assert len(current(store, "j", 0)) == 1


def test_text_that_is_no_text_is_told(store):
    """A client can send half a character; it is an error of the store, and nothing else."""
    with pytest.raises(StorageError):
        store.commit(Facts(bans=[ban("\udcff")]))

    assert store.positions() == {}


def test_a_closed_store_says_so(store):
    """Whoever asks a store that was closed gets the error of stores."""
    store.close()

    with pytest.raises(StorageError, match="closed"):
        store.positions()


def test_many_bans_at_once(store):
    """Thousands of bans are one transaction, and come back in their order."""
    bans = [ban(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", at=n) for n in range(12_000)]

    store.commit(Facts(bans=bans))

    assert [b.subject for b in current(store, "j", 0)] == [b.subject for b in bans]


def test_other_programs_read_what_they_know(store, path):
    """The views have fail2ban's names, columns and data (7.1)."""
    store.set_enabled("j", enabled=True)
    store.commit(
        Facts(
            Progress("/log", ("j",), Position(10, 5, "ab", 7)),
            bans=[ban(lines=("line ä",), failures=3, fields={"user": "x"})],
        )
    )
    store.commit(Facts(Progress("systemd-journal", ("j",), Position(1.5))))
    db = sqlite3.connect(path)

    assert db.execute("SELECT version FROM fail2banDb").fetchall() == [(4,)]
    assert db.execute("SELECT name, enabled FROM jails").fetchall() == [("j", 1)]
    logs = db.execute("SELECT jail, path, firstlinemd5, lastfilepos FROM logs ORDER BY path")
    assert [*map(str, logs)] == [
        "('j', '/log', 'ab', 10)",
        "('j', 'systemd-journal', '', 1.5)",
    ]
    for table in ("bans", "bips"):
        rows = db.execute(f"SELECT jail, ip, timeofban, bantime, bancount, data FROM {table}")
        ((*columns, data),) = rows.fetchall()
        assert columns == ["j", WHO, 100, 600, 1]
        assert json.loads(data) == {"matches": ["line ä"], "failures": 3, "user": "x"}
        assert "ä".encode() in data
    db.close()


@pytest.mark.parametrize("view", ["bans", "bips", "jails", "logs", "fail2banDb"])
def test_a_view_can_not_be_written(store, path, view):
    """What other programs read, they can't change."""
    db = sqlite3.connect(path)
    with pytest.raises(sqlite3.OperationalError, match="view"):
        db.execute(f"DELETE FROM {view}")
    db.close()


def test_the_files_are_the_owners(store, path):
    """Nobody but the owner may read the database or what SQLite puts beside it."""
    store.commit(Facts(bans=[ban()]))

    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in Path(path).parent.iterdir()}

    assert set(modes.values()) == {0o600}
    assert "banward.sqlite3-wal" in modes


def test_a_foreign_file_is_refused_and_not_touched(path):
    """A database of another program stays as it is, byte by byte."""
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE x (y)")
    db.commit()
    db.close()
    before = Path(path).read_bytes()

    with pytest.raises(StorageError, match="no database of Banward"):
        SqliteStore(path)

    assert before == Path(path).read_bytes()


def test_a_later_release_is_refused(store, path):
    """A database with steps that are not known is not touched."""
    store.close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()

    with pytest.raises(StorageError, match="later release"):
        SqliteStore(path)


@pytest.mark.parametrize("version", [number for number, _ in migrations()])
def test_every_earlier_form_is_brought_up_to_date(path, version):
    """A database of any earlier step keeps its bans, and can do all that a new one can."""
    db = sqlite3.connect(path)
    for number, text in migrations():
        if number <= version:
            db.executescript(text)
    db.executescript(f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={version};")
    table = "newest" if version < ONE_TABLE else "ban"
    columns = "jail, subject, at, bantime, bancount, data"
    db.execute(f"INSERT INTO {table} ({columns}) VALUES ('j', ?, 100, 600, 2, '{{}}')", (WHO,))
    db.commit()
    db.close()

    store = SqliteStore(path)

    assert store.offender(WHO, "j").bancount == 2
    store.commit(Facts(decisions=[Decision("j", WHO, 1, Reason.ORDERED)]))
    store.close()


@pytest.mark.parametrize(
    "name",
    [
        "current",
        "decisions",
        "drop_sheets",
        "forget_subject",
        "forget_subject_in_jail",
        "history",
        "make_newest",
        "offender",
        "purge_bans",
        "purge_decisions",
        "purge_history",
        "settle_pending",
        "sheet",
        "sheets",
    ],
)
def test_no_question_looks_at_every_row(store, name):
    """What is asked often costs the same however many bans are stored: an index is used."""
    text = query(name)
    values = (1,) * (1 if "?1" in text else text.count("?"))

    plan = [row[-1] for row in store._db.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert [step for step in plan if step.startswith("SCAN")] == []
    assert [step for step in plan if step.startswith("SEARCH")]


@pytest.mark.parametrize("name", ["offenders", "outdate", "forget_outdated"])
def test_many_subjects_are_found_by_an_index(store, name):
    """Only the list that is asked for is gone through."""
    text = query(name)
    values = ("x",) * text.count("?")

    plan = [row[-1] for row in store._db.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert [step for step in plan if step.startswith("SEARCH ban")]
    assert [step for step in plan if step.startswith("SCAN")] == []


def test_half_a_character_is_no_subject_to_look_up(store):
    """It is told as a failure of the store."""
    with pytest.raises(StorageError):
        store.offenders(["\ud800"], None)


def test_bans_of_two_tables_become_one(path):
    """What was the newest ban and the last of the history is one row, and nothing gets lost."""
    db = sqlite3.connect(path)
    for _, text in migrations()[: ONE_TABLE - 1]:
        db.executescript(text)
    mark = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={ONE_TABLE - 1};"
    db.executescript(mark)
    row = "(jail, subject, at, bantime, bancount, data) VALUES ('j', ?, ?, 600, ?, '{}')"
    db.executemany(f"INSERT INTO history {row}", [(WHO, 1, 1), (WHO, 2, 2), (WHO, 2, 2)])
    db.executemany(f"INSERT INTO newest {row}", [(WHO, 2, 2), ("alone", 3, 7)])
    db.commit()
    db.close()

    store = SqliteStore(path)

    assert [(ban.subject, ban.at) for ban in current(store, "j", 0)] == [(WHO, 2), ("alone", 3)]
    assert [ban.at for ban in store.history(WHO, "j", 9)] == [1, 2, 2]
    assert list(store.history("alone", "j", 9)) == []
    assert store.offender(WHO, "j").bancount == 2
    store.close()
