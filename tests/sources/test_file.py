"""Rotation in all its forms, on real files; nothing waits: the follower is told when to look."""

from __future__ import annotations

import hashlib
import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.link import SourceEventKind
from banward.records import Position
from banward.sources.file import LINGER, FollowedFile
from banward.sources.open_file import BLOCK

NOW = 1_700_000_000.0


class Tail:
    """A follower together with all that it gave."""

    def __init__(self, path, **options):
        self.file = FollowedFile(str(path), **options)
        self.batches = []

    def poll(self, now=NOW):
        """Look, read to the end, and give the new lines."""
        self.file.look(now)
        return self.drain(now)

    def drain(self, now=NOW):
        lines = []
        while not self.file.is_idle:
            batch = self.file.read(now)
            if batch:
                self.batches.append(batch)
                lines += batch.data.decode().splitlines()
        return lines

    def kinds(self):
        events, self.file.events = self.file.events, []
        return [event.kind for event in events]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "service.log"


@pytest.fixture
def tail(log):
    tail = Tail(log)
    yield tail
    tail.file.close()


def append(path, *lines):
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_new_lines_are_read_once(log, tail):
    """Each look gives what was added since the one before."""
    append(log, "one", "two")
    assert tail.poll() == ["one", "two"]
    append(log, "three")
    assert tail.poll() == ["three"]
    assert tail.poll() == []


def test_batches_tell_where_they_stand(log, tail):
    """A batch knows its offset, and the position behind it with mark and inode."""
    append(log, "one", "two")
    tail.poll()
    append(log, "three")
    tail.poll()
    mark = hashlib.sha1(b"one\n").hexdigest()
    inode = log.stat().st_ino
    places = [(b.start, b.position) for b in tail.batches]
    assert places == [(0, Position(8, 8, mark, inode)), (8, Position(14, 14, mark, inode))]


def test_partial_line_waits(log, tail):
    """Half a line is not given out, and its position not passed, until its end is there."""
    log.write_text("one\nhalf")
    assert tail.poll() == ["one"]
    assert tail.batches[-1].position.offset == 4
    with log.open("a") as file:
        file.write(" a line\n")
    assert tail.poll() == ["half a line"]


def test_rename_and_create(log, tail):
    """Lines written to the renamed file before and after the new one exists are not lost."""
    append(log, "one")
    tail.poll()
    with log.open("a") as service:
        append(log, "before the rename")
        log.rename(log.with_suffix(".1"))
        print("after the rename", file=service, flush=True)
        append(log, "new file")
        assert tail.poll() == ["before the rename", "after the rename", "new file"]
        print("late", file=service, flush=True)
        append(log, "newer")
        assert tail.poll() == ["late", "newer"]
    assert tail.kinds() == [SourceEventKind.CAUGHT_UP, SourceEventKind.ROTATED]


def test_late_lines_do_not_turn_the_position_back(log, tail):
    """Lines that still come to the old file are told with the position of the new one."""
    append(log, "one")
    tail.poll()
    with log.open("a") as service:
        log.rename(log.with_suffix(".1"))
        append(log, "new")
        tail.poll()
        print("late", file=service, flush=True)
        tail.poll()
    assert tail.batches[-1].data == b"late\n"
    assert tail.batches[-1].position == Position(
        4, 4, hashlib.sha1(b"new\n").hexdigest(), log.stat().st_ino
    )


def test_position_stays_in_the_old_file_while_the_new_one_is_empty(log, tail):
    """Until the new file has a line, the position tells how far the old one was read."""
    append(log, "one")
    tail.poll()
    old = log.stat().st_ino
    log.rename(log.with_suffix(".1"))
    log.touch()
    append(log.with_suffix(".1"), "two")
    tail.poll()
    assert (tail.file.position.inode, tail.file.position.offset) == (old, 8)


def test_old_files_are_closed_when_they_are_quiet(log, tail):
    """A renamed file is kept open until it gave no line for half a minute, then closed."""
    append(log, "one")
    tail.poll()
    log.rename(log.with_suffix(".1"))
    append(log, "two")
    tail.poll(NOW)
    assert tail.file.deadline() == NOW + LINGER
    append(log.with_suffix(".1"), "late")
    assert tail.poll(NOW + LINGER - 1) == ["late"]
    tail.poll(NOW + LINGER + 1)
    assert not tail.file.is_settled
    tail.poll(NOW + 2 * LINGER)
    assert tail.file.is_settled
    assert tail.file.deadline() == float("inf")


def test_a_quiet_old_file_is_read_before_it_is_closed(log, tail):
    """What came to the old file in the last moment is read before it is closed."""
    append(log, "one")
    tail.poll()
    log.rename(log.with_suffix(".1"))
    append(log, "two")
    tail.poll()
    append(log.with_suffix(".1"), "last words")
    assert tail.poll(NOW + 10 * LINGER) == ["last words"]


def test_many_rotations_between_two_looks(log, tail):
    """Of several rotations that nobody saw, the first and the last file are read."""
    append(log, "one")
    tail.poll()
    append(log, "two")
    log.rename(log.with_suffix(".2"))
    append(log, "unseen")
    log.rename(log.with_suffix(".1"))
    append(log, "three")
    assert tail.poll() == ["two", "three"]


def test_descriptors_are_bounded(log, tail):
    """Rotated every second, a bounded number of old files stays open, and no line is lost."""
    for turn in range(40):
        append(log, f"line {turn}")
        assert tail.poll(NOW + turn) == [f"line {turn}"]
        log.rename(log.with_suffix(f".{turn}"))
    assert len(tail.file._files) <= 17


def test_copytruncate(log, tail):
    """A file that is copied and cut off is read from its beginning."""
    append(log, "one", "two")
    tail.poll()
    log.with_suffix(".1").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    assert tail.poll() == []
    append(log, "three")
    assert tail.poll() == ["three"]
    assert tail.kinds() == [SourceEventKind.CAUGHT_UP, SourceEventKind.ROTATED]


def test_truncated_and_longer_than_before(log, tail):
    """A file cut off and grown beyond what was read is known by its first line."""
    append(log, "one")
    tail.poll()
    log.write_text("other first line\nsecond\n")
    assert tail.poll() == ["other first line", "second"]


def test_cut_off_within_half_a_line(log, tail):
    """A file that is cut off where half a line was read already begins again."""
    log.write_text("one\nhalf")
    tail.poll()
    os.truncate(log, 6)
    assert tail.poll() == ["one"]


def test_a_hole_after_truncation(log, tail):
    """A writer that does not append leaves zeros; the lines behind them are read."""
    with log.open("w") as service:
        service.write("one\n")
        service.flush()
        tail.poll()
        os.truncate(log, 0)
        service.write("two\n")
        service.flush()
    assert tail.poll() == ["\0" * 4 + "two"]


def test_delete_and_create(log, tail):
    """A file that is deleted and made anew is read from its beginning, once it is there."""
    append(log, "one")
    tail.poll()
    log.unlink()
    assert tail.poll() == []
    append(log, "two")
    assert tail.poll() == ["two"]
    assert tail.kinds() == [
        SourceEventKind.CAUGHT_UP,
        SourceEventKind.MISSING,
        SourceEventKind.ROTATED,
        SourceEventKind.RETURNED,
    ]


def test_a_deleted_file_is_read_on(log, tail):
    """A service may go on writing to a file that was deleted."""
    with log.open("w") as service:
        print("one", file=service, flush=True)
        tail.poll()
        log.unlink()
        tail.poll()
        print("two", file=service, flush=True)
        assert tail.poll() == ["two"]


def test_a_deleted_file_is_let_go(log, tail):
    """A deleted file that is quiet is closed, so that its blocks are freed."""
    append(log, "one")
    tail.poll()
    log.unlink()
    tail.poll(NOW)
    tail.poll(NOW + LINGER)
    assert tail.file.current is None
    append(log, "two")
    assert tail.poll(NOW + LINGER + 1) == ["two"]


def test_moved_away_and_back(log, tail):
    """A file that comes back under its name goes on where it was."""
    append(log, "one")
    tail.poll()
    away = log.rename(log.with_suffix(".away"))
    tail.poll()
    tail.poll(NOW + 10 * LINGER)
    append(away, "two")
    away.rename(log)
    assert tail.poll() == ["two"]


def test_replaced_by_rename_over_it(log, tail):
    """A file that is renamed over the log is read from its beginning."""
    append(log, "one")
    tail.poll()
    other = log.with_suffix(".new")
    append(other, "first", "second")
    other.rename(log)
    assert tail.poll() == ["first", "second"]


def test_link_whose_target_rotates(tmp_path, log):
    """A symbolic link leads to the new file when its target is rotated."""
    link = tmp_path / "link"
    link.symlink_to(log)
    tail = Tail(link)
    append(log, "one")
    assert tail.poll() == ["one"]
    log.rename(log.with_suffix(".1"))
    append(log, "two")
    assert tail.poll() == ["two"]
    tail.file.close()


def test_link_that_turns(tmp_path):
    """A symbolic link that is set to another file leads there."""
    for day in ("monday", "tuesday"):
        append(tmp_path / day, day)
    link = tmp_path / "today"
    link.symlink_to("monday")
    tail = Tail(link)
    assert tail.poll() == ["monday"]
    link.unlink()
    link.symlink_to("tuesday")
    assert tail.poll() == ["tuesday"]
    tail.file.close()


def test_a_missing_file_is_waited_for(log, tail):
    """A file that does not exist is told once, looked for without end, and read when it comes."""
    for hour in range(100):
        assert tail.poll(NOW + 3600 * hour) == []
    assert tail.kinds() == [SourceEventKind.MISSING]
    append(log, "one")
    assert tail.poll() == ["one"]
    assert tail.kinds() == [SourceEventKind.RETURNED, SourceEventKind.CAUGHT_UP]


def test_directory_moved_and_made_anew(tmp_path):
    """A log whose directory is moved away and made anew is found again."""
    folder = tmp_path / "logs"
    folder.mkdir()
    tail = Tail(folder / "log")
    append(folder / "log", "one")
    tail.poll()
    folder.rename(tmp_path / "old")
    tail.poll()
    folder.mkdir()
    append(folder / "log", "two")
    assert tail.poll() == ["two"]
    tail.file.close()


def test_what_is_no_log_is_told(log, tail):
    """A FIFO in the place of the log is told, not read, and the log is read when it is back."""
    os.mkfifo(log)
    assert tail.poll() == []
    assert tail.poll() == []
    assert tail.kinds() == [SourceEventKind.UNREADABLE]
    log.unlink()
    append(log, "one")
    assert tail.poll() == ["one"]


def test_catching_up_ends_at_the_end(log, tail):
    """Batches are old until the end was reached once, and new from then on, also after rotation."""
    append(log, *(f"line {n:040}" for n in range(BLOCK // 40)))
    tail.poll()
    append(log, "new")
    tail.poll()
    log.rename(log.with_suffix(".1"))
    append(log, "newest")
    tail.poll()
    assert [b.catching_up for b in tail.batches] == [True, True, False, False]


def test_long_line_is_cut_and_told(log, tail):
    """A line beyond 64 KiB is cut and counted, what follows is whole, offsets are right."""
    append(log, "one", "x" * 3_000_000, "two")
    lines = tail.poll()
    assert [len(line) for line in lines] == [3, 65536, 3]
    assert SourceEventKind.CUT in tail.kinds()
    assert [b.start for b in tail.batches] == [0, 4, 3_000_005]


def test_a_long_first_line_has_no_mark(log, tail):
    """A file that begins with an endless line is followed by inode and size."""
    append(log, "x" * 200_000, "two")
    tail.poll()
    assert tail.file.position.mark == ""
    append(log, "three")
    assert tail.poll() == ["three"]


def test_utf16_file(log):
    """A UTF-16 log with a byte order mark is cut at its own newlines."""
    tail = Tail(log, encoding="utf-16")
    log.write_bytes("\u0a00one\u010a\ntwo\nhalf".encode("utf-16"))
    tail.file.look(NOW)
    batch = tail.file.read(NOW)
    assert batch.data == "\u0a00one\u010a\ntwo\n".encode("utf-16")
    tail.file.close()


def test_lag_counts_what_is_left(log, tail):
    """Lag is what was not given out, half a line included."""
    log.write_text("one\nhalf")
    assert tail.file.lag == 0
    tail.file.look(NOW)
    assert tail.file.lag == 8
    tail.drain()
    assert tail.file.lag == 4


def test_a_broken_descriptor_is_told_and_mended(log, tail):
    """A file that can't be read any more is opened anew and goes on where it was."""
    append(log, "one", "two")
    tail.poll()
    append(log, "three")
    tail.file.look(NOW)
    folder = os.open(log.parent, os.O_RDONLY)
    os.dup2(folder, tail.file.current._fd)  # reading a directory fails as a dead disk does
    os.close(folder)
    assert tail.drain() == []
    assert SourceEventKind.UNREADABLE in tail.kinds()
    assert tail.poll() == ["three"]


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_log_loses_and_repeats_nothing(tmp_path, seed):
    """Through a random mix of writing, rotating and reading each line comes once and in order."""
    chance = random.Random(seed)
    log = tmp_path / "log"
    service = log.open("a")
    tail = Tail(log)
    got, count, turn = [], 0, 0
    for _ in range(300):
        match chance.choice(["write", "write", "write", "half", "read", "rotate", "reopen"]):
            case "write":
                print(f"line {count}", file=service, flush=True)
                count += 1
            case "half":
                service.write(f"line {count}")
                service.flush()
                got += tail.poll()
                print(file=service, flush=True)
                count += 1
            case "read":
                got += tail.poll()
            case "rotate":
                got += tail.poll()
                log.rename(tmp_path / f"log.{turn}")
                log.touch()
                turn += 1
            case "reopen":
                got += tail.poll()
                service.close()
                service = log.open("a")
    service.close()
    got += tail.poll()
    assert got == [f"line {n}" for n in range(count)]
    tail.file.close()


@settings(max_examples=30)
@given(data=st.binary(max_size=2000))
def test_any_bytes(tmp_path_factory, data):
    """Whatever bytes a log holds, its whole lines come out as they are."""
    log = tmp_path_factory.mktemp("any") / "log"
    log.write_bytes(data)
    file = FollowedFile(str(log))
    file.look(NOW)
    got = b""
    while not file.is_idle:
        batch = file.read(NOW)
        got += batch.data if batch else b""
    file.close()
    assert got == data[: data.rfind(b"\n") + 1]
