from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from banward.errors import StorageError
from banward.records import Position
from banward.storage.upstream import read_upstream
from foreign_databases import make_upstream


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


def change(path, statement, *values):
    """Change a database of fail2ban."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement, values)


def test_the_journal_is_found_by_its_time(tmp_path):
    """The text that fail2ban keeps for the journal is no cursor; the time of the entry is used."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    change(path, "DELETE FROM logs")
    change(path, "INSERT INTO logs VALUES ('sshd', 'systemd-journal', '2026-03-01', 1772.5)")

    (progress,) = read_upstream(path).positions

    assert progress.source == "systemd-journal"
    assert progress.position == Position(1772.5, 1772.5, "")


@pytest.mark.parametrize(
    ("column", "value"), [("ip", None), ("timeofban", "soon"), ("bantime", "long")]
)
def test_a_broken_row_costs_only_itself(tmp_path, column, value):
    """A row that is no ban is passed over; the others are read."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    change(path, "INSERT INTO bans VALUES ('sshd', '192.0.2.2', 1001, 600, 1, '{}')")
    change(path, f"UPDATE bans SET {column} = ? WHERE ip = '192.0.2.1'", value)

    assert [ban.subject for ban in read_upstream(path).history] == ["192.0.2.2"]


@pytest.mark.parametrize("data", [None, "no json", "[1]", b"\xff", '{"matches": 5}'])
def test_unreadable_data_counts_as_none(tmp_path, data):
    """A ban whose data can't be read is a ban still (7.1)."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    change(path, "UPDATE bips SET data = ?", data)

    (ban,) = read_upstream(path).newest

    assert (ban.subject, ban.lines, ban.failures, ban.fields) == ("192.0.2.1", (), 0, {})


def test_addresses_take_their_canonical_form(tmp_path):
    """However fail2ban wrote an address, it is compared as ours are."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    change(path, "UPDATE bips SET ip = '2001:DB8:0::1'")

    assert read_upstream(path).newest[0].subject == "2001:db8::1"


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE fail2banDb SET version = 5", "later fail2ban"),
        ("DELETE FROM fail2banDb", "expected a version"),
        ("DROP TABLE bans", "no such table"),
    ],
)
def test_what_can_not_be_read_is_told(tmp_path, statement, word):
    """An unknown version or a missing table is an error that names the file."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    change(path, statement)

    with pytest.raises(StorageError, match=f"fail2ban.sqlite3: .*{word}"):
        read_upstream(path)


def test_a_missing_file_is_told(tmp_path):
    """There is nothing to read, and nothing is made."""
    with pytest.raises(StorageError, match="unable to open"):
        read_upstream(tmp_path / "x")

    assert list(tmp_path.iterdir()) == []
