from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from banward.detection.window import Limits, Window
from banward.records import Match
from banward.storage.queries import migrations
from banward.storage.sqlite import APPLICATION_ID, SqliteStore


@pytest.fixture
def path(tmp_path):
    """A database with a row for each counter, as the fourth migration left it."""
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        for _, text in migrations()[:4]:
            db.executescript(text)
        rows = [
            (jail, f"10.0.{n >> 8}.{n & 255}", 1.5, 2.5 + n, 2, 3, '{"user":"x","matches":["ä"]}')
            for jail in ("j", "k")
            for n in range(500)
        ]
        db.executemany("INSERT INTO failure VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("INSERT INTO failure VALUES ('l', 'ann', 1, 2, 1, 1, 'no JSON')")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 4")
        db.commit()
    return path


def loaded(store, jail):
    window = Window(read=lambda number: store.sheet(jail, number))
    window.load(store.sheets(jail))
    return window


def test_counters_of_one_row_each_become_sheets(path):
    """A server goes on with the counters of an earlier release: numbers, lines and captures."""
    with closing(SqliteStore(str(path))) as store:
        for jail in ("j", "k"):
            window = loaded(store, jail)
            assert len(window) == 500
            known = window.get("10.0.1.3")
            assert (known.first, known.last, known.count, known.failures) == (1.5, 261.5, 2, 3)
            assert (known.lines, known.fields) == (("ä",), {"user": "x"})
        assert loaded(store, "l").get("ann").failures == 1
        assert window.add(Match.of("k", "10.0.1.3", 262), Limits(maxretry=3)).lines == ("ä",)


def test_a_conversion_that_breaks_off_is_done_again(path, monkeypatch):
    """If the process ends in the midst of it, the database is as it was before."""
    for broken in (True, False):
        with monkeypatch.context() as patch:
            if broken:
                patch.setattr("banward.storage.convert.sealed", lambda _: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    SqliteStore(str(path))
                continue
            with closing(SqliteStore(str(path))) as store:
                assert len(loaded(store, "j")) == 500
