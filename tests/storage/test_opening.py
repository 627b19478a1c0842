from __future__ import annotations

import hashlib
import json
import sqlite3

import pytest

from banward.errors import StorageError
from banward.records import Ban, Position
from banward.storage.base import Facts
from banward.storage.opening import open_store
from banward.storage.upstream import read_upstream

# The tables of a fail2ban database (server-and-client.md 7.1), by version.
TABLES = {
    1: """CREATE TABLE fail2banDb (version INTEGER);
        CREATE TABLE jails (name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
        CREATE TABLE logs (jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT,
                           lastfilepos INTEGER DEFAULT 0);""",
    2: "CREATE TABLE bans (jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON);",
    3: """CREATE TABLE bans (jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL,
                           bantime INTEGER NOT NULL, bancount INTEGER NOT NULL DEFAULT 1,
                           data JSON);""",
    4: """CREATE TABLE bips (ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL,
                           bantime INTEGER NOT NULL, bancount INTEGER NOT NULL DEFAULT 1,
                           data JSON,
                           PRIMARY KEY (ip, jail));""",
}
DATA = json.dumps({"matches": ["one", ["a ", "date", " b"]], "failures": 5, "user": "x"})


def make_upstream(path, version):
    """A database of fail2ban of this version with one ban."""
    db = sqlite3.connect(path)
    db.executescript(TABLES[1] + TABLES[2 if version <= 2 else 3])
    db.execute("INSERT INTO fail2banDb VALUES (?)", (version,))
    db.execute("INSERT INTO logs VALUES ('sshd', '/var/log/auth.log', 'ab12', 77)")
    if version <= 2:
        db.execute("INSERT INTO bans VALUES ('sshd', '192.0.2.1', 1000, ?)", (DATA,))
    else:
        db.execute("INSERT INTO bans VALUES ('sshd', '192.0.2.1', 1000, 600, 2, ?)", (DATA,))
    if version >= 4:
        db.executescript(TABLES[4])
        db.execute("INSERT INTO bips VALUES ('192.0.2.1', 'sshd', 1000, 600, 2, ?)", (DATA,))
    db.commit()
    db.close()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_every_version_is_read(tmp_path, version):
    """Bans, history and positions come from every form that fail2ban's database ever had."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, version)

    found = read_upstream(path)

    (ban,) = found.newest
    assert (ban.jail, ban.subject, ban.at) == ("sshd", "192.0.2.1", 1000)
    assert (ban.bantime, ban.bancount) == ((600, 2) if version >= 3 else (-2, 1))
    assert (ban.lines, ban.failures, ban.fields) == (("one", "a date b"), 5, {"user": "x"})
    assert found.history[0].subject == "192.0.2.1"
    assert found.positions[0].position == Position(77, 77, "ab12")


def test_fail2bans_database_is_taken_over_and_left_alone(tmp_path):
    """Ours lies beside it, holds its bans, and its file does not change by a byte."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    opened = open_store(str(path), most_lines=10)

    assert opened.path == str(tmp_path / "banward.sqlite3")
    assert (opened.is_new, opened.imported) == (True, 1)
    assert [ban.subject for ban in opened.store.current("sshd", 1100)] == ["192.0.2.1"]
    assert opened.store.positions()["sshd", "/var/log/auth.log"].offset == 77
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_it_is_taken_over_once(tmp_path):
    """The second start finds our own database and imports nothing."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    open_store(str(path), most_lines=10).store.close()

    opened = open_store(str(path), most_lines=10)

    assert (opened.is_new, opened.imported) == (False, 0)


def test_a_later_fail2ban_is_not_guessed_at(tmp_path):
    """A database of an unknown version is left alone, with a word; ours begins empty."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE fail2banDb SET version = 5")
    db.close()

    opened = open_store(str(path), most_lines=10)

    assert "later fail2ban" in opened.notice
    assert opened.imported == 0


def test_a_damaged_database_is_set_aside(tmp_path):
    """A file that is no sound database any more is kept under another name, and one is begun."""
    path = tmp_path / "x.sqlite3"
    opened = open_store(str(path), most_lines=10)
    opened.store.commit(
        Facts(bans=[Ban("j", f"10.0.{n >> 8}.{n & 255}", 1, 600) for n in range(2000)])
    )
    opened.store.close()
    data = bytearray(path.read_bytes())
    data[5000:9000] = b"\xff" * 4000
    path.write_bytes(data)

    opened = open_store(str(path), most_lines=10)

    assert "damaged" in opened.notice
    assert (tmp_path / "x.sqlite3.damaged").exists()
    assert opened.is_new


def test_the_folder_is_made(tmp_path):
    """The last folder of the path is made, for its owner only."""
    path = tmp_path / "state" / "x.sqlite3"
    open_store(str(path), most_lines=10).store.close()

    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    """Where the database can't be, the error names the path."""
    with pytest.raises(StorageError, match="nowhere"):
        open_store(str(tmp_path / "nowhere" / "deeper" / "x.sqlite3"), most_lines=10)
