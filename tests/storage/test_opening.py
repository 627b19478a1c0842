from __future__ import annotations

import hashlib
import shutil
import sqlite3

import pytest

from banward.errors import StorageError
from banward.records import Ban, Position, Progress
from banward.storage.base import Facts
from banward.storage.opening import open_store
from foreign_databases import make_upstream
from storage.reading import current


def test_fail2bans_database_is_taken_over_and_left_alone(tmp_path):
    """Ours lies beside it, holds its bans, and its file does not change by a byte."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    opened = open_store(str(path), most_lines=10)

    assert opened.path == str(tmp_path / "banward.sqlite3")
    assert (opened.is_new, opened.imported) == (True, 1)
    assert [ban.subject for ban in current(opened.store, "sshd", 1100)] == ["192.0.2.1"]
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


def fill(path, bans=2000):
    """A database of ours with many bans."""
    opened = open_store(str(path), most_lines=10)
    opened.store.commit(
        Facts(
            Progress("/log", ("j",), Position(77)),
            bans=[Ban("j", f"10.0.{n >> 8}.{n & 255}", 1, 600) for n in range(bans)],
        )
    )
    opened.store.close()


def spoil(path, start, length=4096):
    """Damage a part of a file."""
    data = bytearray(path.read_bytes())
    data[start : start + length] = b"\xff" * len(data[start : start + length])
    path.write_bytes(data)


def test_a_damaged_database_is_set_aside_and_rebuilt(tmp_path):
    """The damaged file is kept under another name; what can be read of it is in the new one."""
    path = tmp_path / "x.sqlite3"
    fill(path)
    spoil(path, path.stat().st_size // 2)

    opened = open_store(str(path), most_lines=10)

    assert "damaged" in opened.notice
    assert opened.is_new
    assert (tmp_path / "x.sqlite3.damaged-1").exists()
    assert len(current(opened.store, "j", 0)) > 1000
    assert f"{len(current(opened.store, 'j', 0))} ban(s)" in opened.notice
    assert opened.store.positions()["j", "/log"] == Position(77)
    opened.store.close()

    spoil(path, path.stat().st_size // 2)
    open_store(str(path), most_lines=10).store.close()
    assert (tmp_path / "x.sqlite3.damaged-2").exists()


def test_a_database_without_a_head_is_begun_anew(tmp_path):
    """Where nothing can be read, the file is kept, and an empty database begun."""
    path = tmp_path / "x.sqlite3"
    fill(path)
    spoil(path, 0)

    opened = open_store(str(path), most_lines=10)

    assert "0 ban(s) could be read" in opened.notice
    assert (tmp_path / "x.sqlite3.damaged-1").exists()
    opened.store.commit(Facts(bans=[Ban("j", "192.0.2.1", 1, 600)]))
    opened.store.close()


def test_what_a_killed_process_left_is_sound(tmp_path):
    """A file with its log of changes beside it, as after ``kill -9``, is opened as it is."""
    path, copy = tmp_path / "x.sqlite3", tmp_path / "copy" / "x.sqlite3"
    opened = open_store(str(path), most_lines=10)
    opened.store.commit(Facts(bans=[Ban("j", "192.0.2.1", 1, 600)]))
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    opened.store.close()

    opened = open_store(str(copy), most_lines=10)

    assert (opened.is_new, opened.notice) == (False, "")
    assert [ban.subject for ban in current(opened.store, "j", 0)] == ["192.0.2.1"]
    opened.store.close()


def test_a_locked_database_is_not_taken_for_a_damaged_one(tmp_path, monkeypatch):
    """While another program holds the file, it can't be opened; it stays where it is."""
    monkeypatch.setattr("banward.storage.opening._PATIENCE", 0)
    path = tmp_path / "x.sqlite3"
    fill(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(StorageError, match="locked"):
        open_store(str(path), most_lines=10)

    other.close()
    assert [p.name for p in tmp_path.iterdir()] == ["x.sqlite3"]


@pytest.mark.parametrize("name", ["passwd", "notes.txt"])
def test_a_file_that_is_no_database_stays(tmp_path, name):
    """Who names a file that is something else gets an error, and keeps his file."""
    path = tmp_path / name
    path.write_text("root:x:0:0\n" * 100)

    with pytest.raises(StorageError, match="expected a database"):
        open_store(str(path), most_lines=10)

    assert path.read_text() == "root:x:0:0\n" * 100


def test_a_database_of_another_program_stays(tmp_path):
    """Neither a sound nor a damaged database of another program is touched."""
    path = tmp_path / "places.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE x (y)")
    db.executemany("INSERT INTO x VALUES (?)", [("text" * 100,)] * 500)
    db.commit()
    db.close()

    with pytest.raises(StorageError, match="no database of Banward"):
        open_store(str(path), most_lines=10)

    spoil(path, 4096)
    with pytest.raises(StorageError, match="another program"):
        open_store(str(path), most_lines=10)
    assert [p.name for p in tmp_path.iterdir()] == ["places.sqlite"]


@pytest.mark.parametrize("start", [0, 4096])
def test_a_damaged_database_of_fail2ban_is_left_alone(tmp_path, start):
    """What can't be taken over is told; ours begins empty beside it, now and at the next start."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    spoil(path, start, 60_000)
    before = path.read_bytes()

    opened = open_store(str(path), most_lines=10)
    assert (opened.path, opened.imported) == (str(tmp_path / "banward.sqlite3"), 0)
    assert "fail2ban.sqlite3" in opened.notice
    opened.store.close()

    opened = open_store(str(path), most_lines=10)
    assert (opened.is_new, opened.notice) == (False, "")
    opened.store.close()
    assert before == path.read_bytes()


def test_ours_is_found_when_fail2bans_is_gone(tmp_path):
    """Whoever removes fail2ban's file afterwards does not lose what is in ours."""
    path = tmp_path / "fail2ban.sqlite3"
    make_upstream(path, 4)
    open_store(str(path), most_lines=10).store.close()
    path.unlink()

    opened = open_store(str(path), most_lines=10)

    assert opened.path == str(tmp_path / "banward.sqlite3")
    assert len(current(opened.store, "sshd", 1100)) == 1
    opened.store.close()


def test_without_fail2ban_the_file_is_the_one_that_was_named(tmp_path):
    """On a host that never had fail2ban, programs find ours under the name that they know."""
    path = tmp_path / "fail2ban.sqlite3"
    fill(path)

    opened = open_store(str(path), most_lines=10)

    assert (opened.path, opened.is_new) == (str(path), False)
    opened.store.close()


def test_the_folder_is_made(tmp_path):
    """The last folder of the path is made, for its owner only."""
    path = tmp_path / "state" / "x.sqlite3"
    open_store(str(path), most_lines=10).store.close()

    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    """Where the database can't be, the error names the path."""
    with pytest.raises(StorageError, match="nowhere"):
        open_store(str(tmp_path / "nowhere" / "deeper" / "x.sqlite3"), most_lines=10)


def test_memory_needs_no_file():
    """``:memory:`` is a store like any other, until the process ends."""
    opened = open_store(":memory:", most_lines=10)

    assert (opened.path, opened.is_new) == (":memory:", True)
    opened.store.close()
