from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from banward.records import Ban, Match, Position, Progress, Reason, Sheets
from banward.storage.base import Decision, Facts
from banward.storage.queries import migrations
from banward.storage.salvage import salvage
from banward.storage.sqlite import SqliteStore
from storage.reading import current

MANY = 1500
PAGE = 4096


@pytest.fixture
def damaged(tmp_path):
    """A database with something in every table, sound so far."""
    path = tmp_path / "damaged.sqlite3"
    store = SqliteStore(str(path))
    store.set_enabled("j", enabled=True)
    bans = [Ban("j", f"10.0.{n >> 8}.{n & 255}", 1000 + n, 600, failures=n) for n in range(MANY)]
    progress = Progress("/log", ("j",), Position(5))
    sheets = {"j": Sheets(tuple((n, b"%d" % n * 5000) for n in range(1, 40)), 1)}
    decision = Decision("j", "192.0.2.2", 1, Reason.PROTECTED)
    store.commit(Facts(progress, sheets, bans, [Match.of("j", "", 1)], decisions=[decision]))
    store.close()
    return path


def rescued(damaged):
    """A new store with what was salvaged, and the number that was told."""
    path = damaged.with_name("new.sqlite3")
    store = SqliteStore(str(path))
    return store, salvage(damaged, path)


def test_a_sound_database_is_copied_as_a_whole(damaged):
    """Where nothing is damaged, nothing is lost, and the file is not changed."""
    before = damaged.read_bytes()
    store, told = rescued(damaged)

    assert told == len(current(store, "j", 0)) == MANY
    assert len(store.history("10.0.0.5", "j", 9)) == 1
    assert store.positions() == {("j", "/log"): Position(5)}
    assert [number for number, _ in store.sheets("j")] == list(range(1, 40))
    assert len(store.pending()) == 1
    assert len(store.decisions("192.0.2.2", None)) == 1
    assert before == damaged.read_bytes()
    store.close()


def pages_of(path, table):
    """The numbers of the leaf pages of a table, if SQLite can tell, else none."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,)
        )
        return [number for (number,) in rows]


def spoil(path, number):
    """Overwrite one page."""
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(b"\xff" * PAGE)


def has_dbstat():
    """Whether this SQLite can say which page belongs to which table."""
    with closing(sqlite3.connect(":memory:")) as db:
        try:
            db.execute("SELECT * FROM dbstat").fetchall()
        except sqlite3.OperationalError:
            return False
        return True


needs_dbstat = pytest.mark.skipif(not has_dbstat(), reason="this SQLite has no table dbstat")


@needs_dbstat
@pytest.mark.parametrize("table", ["ban", "ban_subject"])
def test_damage_in_the_middle_costs_no_ban(damaged, table):
    """Who is on a lost page of the table is known from its index, and the other way round."""
    pages = pages_of(damaged, table)
    for number in (pages[2], pages[-3]):
        spoil(damaged, number)

    store, told = rescued(damaged)

    assert told == MANY
    assert {ban.subject for ban in current(store, "j", 0)} == {
        f"10.0.{n >> 8}.{n & 255}" for n in range(MANY)
    }
    store.close()


@needs_dbstat
def test_what_lies_between_two_damages_is_found(damaged):
    """Rows between two lost pages are asked for one by one, by the keys of the index."""
    pages = pages_of(damaged, "ban")
    for number in (pages[2], pages[-3]):
        spoil(damaged, number)

    store, _ = rescued(damaged)
    rows = [store.history(f"10.0.{n >> 8}.{n & 255}", "j", 9) for n in range(MANY)]
    known = sum(bool(row.failures) for (row,) in rows[1:])
    store.close()

    assert MANY * (1 - 3 / len(pages)) < known < MANY


@needs_dbstat
def test_a_lost_page_of_sheets_costs_few_of_them(damaged):
    """Sheets beside the lost pages are found, from both ends and by the index."""
    pages = pages_of(damaged, "sheet")
    for number in (pages[1], pages[-2]):
        spoil(damaged, number)

    store, _ = rescued(damaged)
    known = [number for number, _ in store.sheets("j")]
    store.close()

    assert 39 * (1 - 4 / len(pages)) < len(known) < 39
    assert sorted(set(known)) == known


def test_a_file_without_a_head_gives_nothing(damaged):
    """Where SQLite finds no database, there is nothing to copy, and no error."""
    spoil(damaged, 1)
    store, told = rescued(damaged)

    assert told == 0
    assert store.positions() == {}
    store.close()


def test_bans_of_an_earlier_form_are_found(tmp_path):
    """A damaged database from before bans stood once gives its two tables of bans as well."""
    path = tmp_path / "earlier.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        for _, text in migrations()[:3]:
            db.executescript(text)
        row = "VALUES ('j', ?, ?, 600, ?, '{}')"
        columns = "(jail, subject, at, bantime, bancount, data)"
        db.executemany(f"INSERT INTO history {columns} {row}", [("a", 1, 1), ("a", 2, 2)])
        db.executemany(f"INSERT INTO newest {columns} {row}", [("a", 2, 2), ("b", 3, 7)])
        db.commit()

    store, told = rescued(path)

    assert told == 2
    assert [(ban.subject, ban.at) for ban in current(store, "j", 0)] == [("a", 2), ("b", 3)]
    assert [ban.at for ban in store.history("a", "j", 9)] == [1, 2]
    assert store.offender("a", "j").bancount == 2
    store.close()
