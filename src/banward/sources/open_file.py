"""One log file that was opened, whatever its name is by now: its lines in order, block by block.

Knows nothing of paths: ``file.py`` decides which file stands behind one.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.errors import SourceError
from banward.records import Position
from banward.sources.newline import newline_of
from banward.sources.opening import open_log
from banward.sources.rotation import PROBE, Change, FirstLine, Look, change
from banward.sources.splitter import LONGEST, Lines, Splitter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.sources.newline import Newline

__all__ = ["BLOCK", "OpenFile", "Since", "identity_at", "look_at"]

BLOCK: Final = 1024 * 1024
"""How many bytes are read at once.

A block has a cost of its own, most of it that of storing what its lines led to, which is little for
this many. What thousands failed in is told in parts (``watcher/lane.py``), as nobody else is served
while the warden stores one.
"""


class Since(NamedTuple):
    """From where on a jail takes lines; both are offsets where lines begin.

    Args:
        reads: earlier lines do not matter to it.
        counts: earlier lines were counted already; they are read again so that open sessions are
            known.
    """

    reads: float = 0
    counts: float = 0


def look_at(found: os.stat_result) -> Look:
    """What ``stat`` tells, as rotation wants it."""
    return Look(found.st_dev, found.st_ino, found.st_size)


def identity_at(path: str, encoding: str) -> tuple[int, str] | None:
    """Inode and mark of the file at a path; None if it can't be read or has no mark."""
    try:
        file = OpenFile(open_log(path), encoding)
    except (OSError, SourceError):
        return None
    file.close()
    return (file.look.inode, file.first.mark) if file.first.mark else None


class OpenFile:
    """A file that is read line by line; it closes its descriptor.

    Args:
        fd: a descriptor, open for reading.
        encoding: how its text is encoded, for the bytes that end a line.

    Attributes:
        offset: bytes of whole lines that were given out.
        starts: where jails begin; those that are not named take every line. No block of lines
            reaches over an offset where a jail begins to count.
    """

    def __init__(self, fd: int, encoding: str = "utf-8") -> None:
        self._fd = fd
        self._encoding = encoding
        self.offset = 0
        self.starts: Mapping[str, Since] = {}
        self.look = look_at(os.fstat(fd))
        self._begin_at(0)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)

    @property
    def newline(self) -> Newline:
        """How its lines end."""
        return newline_of(self._encoding, self.bytes_at(0, 4))

    @property
    def lag(self) -> int:
        """Bytes that are there, or were read, and not given out yet."""
        return max(0, os.fstat(self._fd).st_size - self.offset)

    @property
    def is_linked(self) -> bool:
        """Whether any name leads to it."""
        return os.fstat(self._fd).st_nlink > 0

    @property
    def is_exhausted(self) -> bool:
        """Whether there is nothing that was not read and given out; half a line does not count."""
        return not self._ready and os.fstat(self._fd).st_size <= self._read

    @property
    def has_lines(self) -> bool:
        """Whether lines were read that are not given out yet."""
        return bool(self._ready)

    @property
    def is_at_end(self) -> bool:
        """Whether nothing was left when it was read last."""
        return self._at_end and not self._ready

    @property
    def position(self) -> Position:
        """How far it was given out."""
        return Position(self.offset, self.offset, self.first.mark, self.look.inode)

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes at an offset; fewer at the end."""
        return os.pread(self._fd, size, offset)

    def seek(self, offset: int) -> None:
        """Read on at the beginning of a line."""
        self._begin_at(offset)

    def wake(self) -> None:
        """Try to read on, for something may have been added."""
        self._at_end = False

    def look_again(self) -> Change:
        """See whether it was cut off or written anew in its place; if so it is read from 0.

        To be asked when no lines wait to be given out.
        """
        new = look_at(os.fstat(self._fd))
        head = self.bytes_at(0, PROBE) if self.first.probe else b""
        found = change(self.look, new, self._read, self.first, head)
        self.look = new
        if found is not Change.SAME:
            self.starts = {}
            self._begin_at(0)
        return found

    def read(self) -> Lines | None:
        """Read at most one block.

        Returns:
            The next whole lines; None if the block completes none. ``is_at_end`` then tells
            whether to read on.
        """
        if not self._ready:
            data = os.pread(self._fd, BLOCK, self._read)
            self._read += len(data)
            self._ready.extend(self._splitter.feed(data))
            self._at_end = len(data) < BLOCK
        if not self._ready:
            return None
        lines = self._up_to_a_start(self._ready.popleft())
        self.offset += lines.size
        if not self._marked:
            self._mark()
        return lines

    def _up_to_a_start(self, lines: Lines) -> Lines:
        """The part of these lines before the next offset where a jail begins to count."""
        if not self.starts:
            return lines
        ahead = [since.counts - self.offset for since in self.starts.values()]
        size = min((size for size in ahead if 0 < size < len(lines.data)), default=None)
        if size is None:
            return lines
        here = int(size)
        self._ready.appendleft(Lines(lines.data[here:], lines.size - here, lines.cut))
        return Lines(lines.data[:here], here)

    def _begin_at(self, offset: int) -> None:
        self._splitter = Splitter(self.newline)
        self._ready: deque[Lines] = deque()
        self.offset = self._read = offset
        self._at_end = False
        self._mark()

    def _mark(self) -> None:
        """Take the first line; it does not change once it is whole."""
        self.first = FirstLine.of(self.bytes_at(0, LONGEST), self.newline)
        self._marked = self.offset > 0
