"""Signals of the kernel come at once, so nothing here waits."""

from __future__ import annotations

import errno
import os
import select

import pytest

from banward.sources.inotify import Inotify
from banward.sources.polling import INTERVAL
from banward.sources.watch import INOTIFY, POLLING, Watch

NOW = 1_700_000_000.0


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("line\n")
    return path


@pytest.fixture(params=[INOTIFY, POLLING])
def backend(request):
    return request.param


@pytest.fixture
def watch():
    watch = Watch()
    yield watch
    watch.close()


class Clock:
    """A second passes between two looks, so that polling looks too."""

    def __init__(self, watch):
        self.watch = watch
        self.now = NOW

    def changed(self, *, keep=True):
        self.now += INTERVAL
        changed = self.watch.changed(self.now)
        for path in changed:
            self.watch.renew(path, keep=keep)
        return changed


@pytest.fixture
def followed(watch, backend):
    """A function that watches a path and gives a clock whose first look is done."""

    def follow(path):
        assert watch.add(str(path), backend=backend) == backend
        clock = Clock(watch)
        assert clock.changed() == {str(path)}
        assert clock.changed() == set()
        return clock

    return follow


def append(path):
    with path.open("a") as file:
        file.write("more\n")


def test_new_bytes(log, followed):
    """A file that grows has changed, once."""
    clock = followed(log)
    append(log)
    assert clock.changed() == {str(log)}
    assert clock.changed() == set()


def test_other_files_do_not_matter(log, followed):
    """A file beside the log does not wake anybody."""
    clock = followed(log)
    append(log.with_suffix(".other"))
    assert clock.changed() == set()


def test_a_new_file_at_the_path(log, followed):
    """After a rotation the new file is watched."""
    clock = followed(log)
    log.rename(log.with_suffix(".1"))
    append(log)
    assert clock.changed() == {str(log)}
    append(log)
    assert clock.changed() == {str(log)}


def test_a_missing_file_that_comes(tmp_path, followed):
    """A missing file in a missing directory is noticed when both come, step by step."""
    path = tmp_path / "a" / "b" / "log"
    clock = followed(path)
    path.parent.mkdir(parents=True)
    clock.changed()
    path.write_text("line\n")
    assert clock.changed() == {str(path)}
    append(path)
    assert clock.changed() == {str(path)}


def test_a_directory_moved_and_made_anew(tmp_path, followed):
    """A log in a directory that is moved away and made anew is noticed."""
    path = tmp_path / "logs" / "log"
    path.parent.mkdir()
    append(path)
    clock = followed(path)
    path.parent.rename(tmp_path / "old")
    path.parent.mkdir()
    clock.changed()
    append(path)
    assert clock.changed() == {str(path)}
    append(path)
    assert clock.changed() == {str(path)}


def test_rotation_behind_a_link(tmp_path, log, followed):
    """Rotation of a link's target in another directory is noticed."""
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link"
    link.symlink_to(log)
    clock = followed(link)
    log.rename(log.with_suffix(".1"))
    append(log)
    assert clock.changed() == {str(link)}
    append(log)
    assert clock.changed() == {str(link)}


def test_a_link_that_turns(tmp_path, log, followed):
    """A link that is set to another file is noticed, and that file watched."""
    other = tmp_path / "other" / "log"
    other.parent.mkdir()
    append(other)
    link = tmp_path / "link"
    link.symlink_to(log)
    clock = followed(link)
    link.unlink()
    link.symlink_to(other)
    assert clock.changed() == {str(link)}
    append(other)
    assert clock.changed() == {str(link)}


def test_a_pattern(tmp_path, watch):
    """A pattern has changed when a directory or a file comes."""
    pattern = f"{tmp_path}/*/access.log"
    watch.add(pattern)
    clock = Clock(watch)
    clock.changed()
    (tmp_path / "web").mkdir()
    assert clock.changed() == {pattern}
    append(tmp_path / "web" / "access.log")
    assert clock.changed() == {pattern}


def test_a_polled_pattern(tmp_path, watch):
    """A polled pattern is to be looked at every second, for it has no state of its own."""
    pattern = f"{tmp_path}/*.log"
    watch.add(pattern, backend=POLLING)
    clock = Clock(watch)
    assert [clock.changed() for _ in range(3)] == [{pattern}] * 3


def test_removed_paths_are_silent(log, followed):
    """Nothing is told of a path that is watched no more."""
    clock = followed(log)
    clock.watch.remove(str(log))
    append(log)
    log.unlink()
    assert clock.changed() == set()


def test_directories_that_come_while_they_are_watched(tmp_path, watch, monkeypatch):
    """A directory made just before the one above it is watched is not overlooked."""
    path = tmp_path / "a" / "b" / "log"
    add = Inotify.add

    def late(self, folder, mask):
        path.parent.mkdir(parents=True, exist_ok=True)
        return add(self, folder, mask)

    monkeypatch.setattr(Inotify, "add", late)
    watch.add(str(path))
    watch.changed(NOW)
    append(path)
    assert watch.changed(NOW) == {str(path)}


def test_two_paths_to_one_file(tmp_path, log, watch):
    """A file and a link to it may both be followed, and one of them left."""
    link = tmp_path / "link"
    link.symlink_to(log)
    for path in (log, link):
        watch.add(str(path))
    clock = Clock(watch)
    clock.changed()
    append(log)
    assert clock.changed() == {str(log), str(link)}
    watch.remove(str(log))
    append(log)
    assert clock.changed() == {str(link)}


def test_a_renamed_file_is_watched_while_it_is_kept(log, watch):
    """Late lines of the renamed file wake its path, until it is not kept any longer."""
    watch.add(str(log))
    clock = Clock(watch)
    clock.changed()
    old = log.rename(log.with_suffix(".1"))
    append(log)
    clock.changed()
    append(old)
    assert clock.changed(keep=False) == {str(log)}
    append(old)
    assert clock.changed() == set()


def test_the_descriptor_tells_of_signals(log, watch):
    """A loop can wait on the descriptor; nothing has to be polled."""
    watch.add(str(log))
    watch.changed(NOW)
    assert watch.deadline() == float("inf")
    assert select.select([watch.fileno()], [], [], 0) == ([], [], [])
    append(log)
    assert select.select([watch.fileno()], [], [], 0)[0]


def test_polling_waits_a_second(log, watch):
    """Polled paths are looked at once a second, not more often."""
    watch.add(str(log), backend=POLLING)
    assert watch.deadline() == 0
    watch.changed(NOW)
    append(log)
    assert watch.changed(NOW + INTERVAL / 2) == set()
    assert watch.deadline() == NOW + INTERVAL
    assert watch.changed(NOW + INTERVAL) == {str(log)}


def test_no_watches_left(log, watch, monkeypatch):
    """When the kernel gives no more watches the path is polled, and the reason told."""

    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Inotify, "add", refuse)
    assert watch.add(str(log)) == POLLING
    assert watch.troubles == [f"{log} (No space left on device)"]
    clock = Clock(watch)
    clock.changed()
    append(log)
    assert clock.changed() == {str(log)}


def test_no_inotify_at_all(log, monkeypatch):
    """Where no instance can be had, everything is polled."""

    def refuse(_):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(Inotify, "__init__", refuse)
    watch = Watch()
    assert (watch.add(str(log)), watch.fileno()) == (POLLING, None)
    assert watch.troubles == [f"{log} (Too many open files)"]


def test_an_overflow_wakes_everybody(tmp_path, log, watch, monkeypatch):
    """If signals were lost, every path is looked at."""
    from banward.sources.inotify import OVERFLOW, Signal  # noqa: PLC0415  (only here)

    watch.add(str(log))
    watch.add(str(tmp_path / "other"))
    watch.changed(NOW)
    monkeypatch.setattr(Inotify, "read", lambda _: [Signal(-1, OVERFLOW, "")])
    assert watch.changed(NOW) == {str(log), str(tmp_path / "other")}


def test_watches_are_given_back(tmp_path, watch):
    """A hundred files that come and go leave no watch behind."""
    for number in range(100):
        path = tmp_path / f"log{number}"
        append(path)
        watch.add(str(path))
        watch.changed(NOW)
        watch.remove(str(path))
    info = f"/proc/self/fdinfo/{watch.fileno()}"
    with open(info) as file:  # noqa: PTH123
        assert "inotify wd" not in file.read()


def test_a_directory_made_anew_while_its_file_is_open(tmp_path, followed):
    """The open file keeps its directory from telling its own end; the one above tells it."""
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / "service.log"
    log.write_text("line\n")
    clock = followed(log)
    with log.open():
        log.unlink()
        assert clock.changed() == {str(log)}
        folder.rmdir()
        folder.mkdir()
        log.write_text("anew\n")
        assert clock.changed() == {str(log)}


def test_a_directory_further_up_that_is_moved(tmp_path, followed):
    """Another tree of directories in the place of the one that holds the log is noticed."""
    for name in ("here", "other"):
        (tmp_path / name / "logs").mkdir(parents=True)
        (tmp_path / name / "logs" / "service.log").write_text("line\n")
    log = tmp_path / "here" / "logs" / "service.log"
    clock = followed(log)
    (tmp_path / "here").rename(tmp_path / "old")
    (tmp_path / "other").rename(tmp_path / "here")
    assert clock.changed() == {str(log)}
