from __future__ import annotations

from types import SimpleNamespace

import pytest

from banward.control.desk import Lag
from banward.records import Position, Progress
from banward.warden.lag import Lags


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "a.log"
    path.write_text("x" * 100)
    return path


def view(log, offset, *, lags=None, inode=None, now=0.0):
    """What is told of a log that one jail read up to an offset, and another to its end."""
    inode = log.stat().st_ino if inode is None else inode
    jails = [SimpleNamespace(name=name, sources=(str(log),)) for name in ("a", "b")]
    positions = {
        ("a", str(log)): Position(offset, offset, "m", inode),
        ("b", str(log)): Position(100, 100, "m", inode),
    }
    return (lags or Lags()).view(jails, positions, now)


def test_the_slowest_jail_counts(log):
    """A log is as far as the jail that is least far; since when is the time of its last line."""
    now = log.stat().st_mtime + 5
    assert view(log, 40, now=now) == [Lag(str(log), 60, 5.0)]
    assert view(log, 100, now=now) == [Lag(str(log), 0, 0.0)]


def test_what_was_left_behind_a_block_has_an_age(log):
    """The age counts from the first block that left something unread, until one leaves nothing."""
    lags = Lags()
    behind = Progress(str(log), ("a",), Position(40), lag=60)
    lags.take(behind, 10.0)
    lags.take(behind, 20.0)
    assert view(log, 40, lags=lags, now=30.0) == [Lag(str(log), 60, 20.0)]
    lags.take(Progress(str(log), ("a",), Position(100)), 40.0)
    assert view(log, 40, lags=lags, now=50.0) == [Lag(str(log), 60, 0.0)]


def test_another_file_is_unread_as_a_whole(log):
    """After a rotation all of the new file is to be read; a file that is gone leaves nothing."""
    assert view(log, 40, inode=1)[0].size == 100
    log.write_text("short")
    assert view(log, 40)[0].size == 5
    inode = log.stat().st_ino
    log.unlink()
    assert view(log, 40, inode=inode) == [Lag(str(log), 0, 0.0)]


def test_of_the_journal_nothing_is_told():
    """Nobody knows how much of it is still to come, and its position is a time."""
    jail = SimpleNamespace(name="j", sources=("systemd-journal",))
    positions = {("j", "systemd-journal"): Position(1e9)}
    assert Lags().view([jail], positions, 0.0) == []
