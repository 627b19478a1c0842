from __future__ import annotations

import os
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.records import Position
from banward.sources.newline import LF, newline_of
from banward.sources.open_file import OpenFile, Since
from banward.sources.start import JailStart, begin, bisect, last_line_end

NOW = 1_700_000_000.0


def time_of(line: bytes) -> float | None:
    """Lines of these tests begin with their time, or have none."""
    word = line.split(b" ")[0]
    return float(word) if word.isdigit() else None


def peek_into(data: bytes):
    return lambda offset, size: data[offset : offset + size]


def line(when: float, text: str = "Failed password for root from 192.0.2.1 port 22") -> bytes:
    return f"{int(when)} {text}\n".encode()


@given(
    gaps=st.lists(st.integers(0, 30), min_size=1, max_size=600),
    undated=st.integers(1, 9),
    horizon=st.integers(-100, 10_000),
)
def test_bisection_never_skips_a_line_that_matters(gaps, undated, horizon):
    """Nothing at or after the horizon lies before the start, however many lines have no date."""
    time, data = 1000, b""
    relevant = None
    for index, gap in enumerate(gaps):
        time += gap
        if index % undated == 0:
            if relevant is None and time >= 1000 + horizon:
                relevant = len(data)
            data += line(time)
        else:
            data += b"no date here, only a long text so that the log has some size\n"
    start = bisect(peek_into(data), 0, len(data), 1000 + horizon, time_of, LF)
    assert start <= (len(data) if relevant is None else relevant)
    assert start == 0 or data[start - 1 : start] == b"\n"


def test_bisection_comes_close():
    """Of a long log only a few kilobytes before the horizon are read."""
    data = b"".join(line(NOW + n) for n in range(50_000))
    right = data.index(line(NOW + 40_000))
    start = bisect(peek_into(data), 0, len(data), NOW + 40_000, time_of, LF)
    assert right - 5000 <= start <= right


def test_bisection_begins_at_a_position():
    """What lies before the stored position is not looked at."""
    data = b"".join(line(NOW + n) for n in range(10_000))
    low = data.index(line(NOW + 5000))
    assert bisect(peek_into(data), low, len(data), NOW, time_of, LF) == low


def test_bisection_in_utf16():
    """In UTF-16 the start is the beginning of a character and of a line."""
    newline = newline_of("utf-16-le")
    data = "".join(f"{n} \u0a00\n" for n in range(20_000)).encode("utf-16-le")

    def wide(text: bytes) -> float:
        return float(text.decode("utf-16-le").split(" ")[0])

    start = bisect(peek_into(data), 0, len(data), 15_000, wide, newline)
    first = int(data[start:].decode("utf-16-le").split(" ")[0])
    assert 14_000 < first <= 15_000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"half", 0),
        (b"one\n", 4),
        (b"one\nhalf", 4),
        (b"x" * 100_000, 100_000),
        (b"one\n" + b"x" * 70_000 + b"\nhalf", 70_005),
    ],
)
def test_last_line_end(data, expected):
    """A tail begins after the last whole line; in an endless line at its end."""
    assert last_line_end(peek_into(data), len(data), LF) == expected


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "service.log"
    path.write_bytes(b"".join(line(NOW - 1000 + n) for n in range(1000)))
    return path


@pytest.fixture
def opened(log):
    files = []

    def opening(path=log):
        file = OpenFile(os.open(path, os.O_RDONLY))
        files.append(file)
        return file

    yield opening
    for file in files:
        file.close()


def start(name="a", position=None, *, findtime=1e6, tail=False):
    return JailStart(name, NOW - findtime, time_of, position, tail)


def position_of(path, offset, replay=None):
    file = OpenFile(os.open(path, os.O_RDONLY))
    file.close()
    replay = offset if replay is None else replay
    return Position(offset, replay, file.first.mark, file.look.inode)


SIZE = len(line(NOW))


def test_a_new_jail_begins_at_findtime(log, opened):
    """Without a position reading begins close to now minus findtime."""
    file = opened()
    assert begin(str(log), [start(findtime=100)], file, "utf-8") == []
    assert 800 * SIZE < file.offset <= 900 * SIZE
    assert file.starts == {"a": Since(file.offset, file.offset)}


def test_a_tail_begins_at_the_end(log, opened):
    """With tail the old lines do not matter."""
    file = opened()
    begin(str(log), [start(tail=True)], file, "utf-8")
    assert file.offset == 1000 * SIZE


def test_a_stored_position_is_used(log, opened):
    """Lines count from the stored offset; those of open sessions before are read again."""
    file = opened()
    position = position_of(log, 500 * SIZE, 400 * SIZE)
    begin(str(log), [start(position=position)], file, "utf-8")
    assert (file.offset, file.starts) == (400 * SIZE, {"a": Since(400 * SIZE, 500 * SIZE)})


def test_a_stored_position_before_findtime_is_passed(log, opened):
    """After a long pause reading begins at findtime, not at the position."""
    file = opened()
    position = position_of(log, 10 * SIZE, 5 * SIZE)
    begin(str(log), [start(position=position, findtime=100)], file, "utf-8")
    assert file.offset > 800 * SIZE


def test_each_jail_has_its_own_start(log, opened):
    """Jails that share a file begin each at its own place; the file at the first of them."""
    file = opened()
    jails = [start("a", position_of(log, 500 * SIZE)), start("b", position_of(log, 300 * SIZE))]
    begin(str(log), jails, file, "utf-8")
    assert file.offset == 300 * SIZE
    starts = []
    while lines := file.read():
        starts.append((file.offset - lines.size, file.offset))
    assert starts == [(300 * SIZE, 500 * SIZE), (500 * SIZE, 1000 * SIZE)]


@pytest.mark.parametrize(
    "position",
    [Position(9 * SIZE, 0, "0" * 40), Position(9 * SIZE, 0, "0" * 32), Position(10**9, 0, "", 1)],
    ids=["another file", "md5 of an old database", "beyond the end"],
)
def test_a_position_of_another_file_is_not_used(log, opened, position):
    """A position whose mark does not fit is forgotten: the file is read like a new one."""
    file = opened()
    assert begin(str(log), [start(position=position)], file, "utf-8") == []
    assert file.offset == 0


def test_rotated_while_nobody_watched(log, opened):
    """The file that the position belongs to is found beside the log and read to its end first."""
    position = position_of(log, 990 * SIZE, 980 * SIZE)
    old = log.rename(log.with_suffix(".1"))
    log.write_bytes(line(NOW) * 3)
    file = opened()
    (older,) = begin(str(log), [start("a", position), start("new")], file, "utf-8")
    assert (older.look.inode, older.offset, file.offset) == (old.stat().st_ino, 980 * SIZE, 0)
    assert older.starts == {"a": Since(980 * SIZE, 990 * SIZE), "new": Since(inf, inf)}
    assert set(file.starts) == {"new"}
    older.close()


def test_rotated_file_that_is_gone(log, opened):
    """Where the older file is not to be found, the log is read from its beginning."""
    position = position_of(log, 990 * SIZE)
    log.unlink()
    log.write_bytes(line(NOW) * 3)
    file = opened()
    assert begin(str(log), [start("a", position)], file, "utf-8") == []
    assert file.offset == 0
