"""What the watcher is doing at this moment, in memory that the warden can read even if it hangs.

The watcher writes, the warden reads and believes nothing: it uses the page only to choose what to
leave out when it starts a new watcher.
"""

from __future__ import annotations

import mmap
import os
import struct
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KINDS", "Doing", "Page"]

_SIZE: Final = 64 * 1024
# Words of eight bytes at the start of the page.
BUSY, TURN, JAIL, KIND, NUMBER = range(5)
_OFFSETS: Final = struct.Struct("<dd")
_OFFSETS_AT: Final = 64
_SOURCE_AT: Final = 128
_LINE_AT: Final = 4096
_NAMES_AT: Final = 8192
_SHOWN: Final = 500  # characters of a line
_TEXT: Final = struct.Struct("<I")

KINDS: Final = ("", "failregex", "ignoreregex", "prefregex")
"""Kinds of regexes by their number on the page; the first stands for none or not known."""


class Doing(NamedTuple):
    """What a watcher was doing when it was looked at.

    Args:
        source: the source of the block.
        start: offset of the block.
        end: offset behind the block.
        jail: whose filter was at work, or an empty text.
        kind: what kind of regex was searched, or an empty text.
        number: which of its kind.
        line: the line, shortened; empty if it was not noted.
    """

    source: str
    start: float
    end: float
    jail: str
    kind: str
    number: int
    line: str = ""


class Page:
    """A page of shared memory.

    Args:
        fd: descriptor of the memory; None to make new memory.

    Attributes:
        fd: the descriptor, to be given to the other process.
        words: numbers that change from line to line, by the constants of this module.
    """

    def __init__(self, fd: int | None = None) -> None:
        if fd is None:
            fd = os.memfd_create("banward-watcher", os.MFD_CLOEXEC)
            os.truncate(fd, _SIZE)
        self.fd = fd
        self._memory = mmap.mmap(fd, _SIZE)
        self._view = memoryview(self._memory)
        self.words = self._view[:_OFFSETS_AT].cast("Q")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the memory go."""
        self.words.release()
        self._view.release()
        self._memory.close()
        os.close(self.fd)

    # What the watcher writes.

    def name_jails(self, names: Sequence[str]) -> None:
        """Say which jails the numbers in ``words[JAIL]`` stand for, from 1."""
        self._write(_NAMES_AT, "\n".join(names), _SIZE)

    def begin(self, source: str, start: float, end: float) -> None:
        """Say that a block is worked on."""
        self._write(_SOURCE_AT, source, _LINE_AT)
        self._write(_LINE_AT, "", _NAMES_AT)
        _OFFSETS.pack_into(self._memory, _OFFSETS_AT, start, end)
        self.words[JAIL] = self.words[KIND] = self.words[NUMBER] = 0
        self.words[BUSY] = 1

    def note_line(self, line: str) -> None:
        """Say which line is looked at; a long one is shortened."""
        self._write(_LINE_AT, line[:_SHOWN], _NAMES_AT)

    def end(self) -> None:
        """Say that nothing is worked on."""
        self.words[BUSY] = 0

    # What the warden reads.

    @property
    def busy(self) -> bool:
        """Whether a block is worked on."""
        return bool(self.words[BUSY])

    @property
    def turn(self) -> int:
        """A number that changes with each line."""
        return self.words[TURN]

    def read(self) -> Doing | None:
        """What the watcher was doing; None if it was idle or the page makes no sense."""
        words = self.words
        if not words[BUSY]:
            return None
        try:
            names = ["", *self._read(_NAMES_AT, _SIZE).split("\n")]
            source = self._read(_SOURCE_AT, _LINE_AT)
            line = self._read(_LINE_AT, _NAMES_AT)
            start, end = _OFFSETS.unpack_from(self._memory, _OFFSETS_AT)
            jail, kind = names[words[JAIL]], KINDS[words[KIND]]
        except (IndexError, UnicodeDecodeError):
            return None
        return Doing(source, start, end, jail, kind, words[NUMBER], line)

    def _write(self, at: int, text: str, limit: int) -> None:
        data = text.encode("utf-8", "backslashreplace")[: limit - at - _TEXT.size]
        _TEXT.pack_into(self._memory, at, len(data))
        self._memory[at + _TEXT.size : at + _TEXT.size + len(data)] = data

    def _read(self, at: int, limit: int) -> str:
        (size,) = _TEXT.unpack_from(self._memory, at)
        end = min(at + _TEXT.size + size, limit)
        return self._memory[at + _TEXT.size : end].decode("utf-8", "replace")
