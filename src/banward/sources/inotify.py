"""The kernel's inotify as plain calls (inotify(7)); knows no log.

Through libc, because the standard library has no binding for it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import Final, NamedTuple

__all__ = [
    "ATTRIB",
    "CREATE",
    "DELETE",
    "DELETE_SELF",
    "IGNORED",
    "MODIFY",
    "MOVED_FROM",
    "MOVED_TO",
    "MOVE_SELF",
    "OVERFLOW",
    "Inotify",
    "Signal",
]

MODIFY: Final = 0x2
ATTRIB: Final = 0x4
MOVED_FROM: Final = 0x40
MOVED_TO: Final = 0x80
CREATE: Final = 0x100
DELETE: Final = 0x200
DELETE_SELF: Final = 0x400
MOVE_SELF: Final = 0x800
OVERFLOW: Final = 0x4000
IGNORED: Final = 0x8000

_HEADER: Final = struct.Struct("iIII")
_BUFFER: Final = 64 * 1024


class Signal(NamedTuple):
    """Something that happened.

    Args:
        watch: number of the watch, -1 for an overflow of the queue.
        mask: what happened.
        name: for a directory the name of the entry, else empty.
    """

    watch: int
    mask: int
    name: str


class Inotify:
    """One instance, with a descriptor that is readable when something happened.

    Raises:
        OSError: the kernel refuses (ENFILE, EMFILE: the limit of instances), or has no inotify.
    """

    def __init__(self) -> None:
        try:
            self._libc = ctypes.CDLL(None, use_errno=True)
            start = self._libc.inotify_init1
        except (OSError, AttributeError) as error:
            raise OSError(errno.ENOSYS, "no inotify") from error
        self._fd = int(start(os.O_NONBLOCK | os.O_CLOEXEC))
        self._check(self._fd)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._fd

    def close(self) -> None:
        """Close it with all its watches."""
        os.close(self._fd)

    def add(self, path: str, mask: int) -> int:
        """Watch what stands at a path, behind links.

        Returns:
            The number of the watch; the same for the same inode.

        Raises:
            OSError: ENOSPC when the limit of watches is reached, ENOENT, EACCES.
        """
        watch = int(self._libc.inotify_add_watch(self._fd, os.fsencode(path), mask))
        self._check(watch)
        return watch

    def remove(self, watch: int) -> None:
        """End a watch; one that ended by itself is no error."""
        self._libc.inotify_rm_watch(self._fd, watch)

    def read(self) -> list[Signal]:
        """What happened since the last call."""
        try:
            data = os.read(self._fd, _BUFFER)
        except BlockingIOError:
            return []
        signals = []
        at = 0
        while at < len(data):
            watch, mask, _, size = _HEADER.unpack_from(data, at)
            at += _HEADER.size
            name = os.fsdecode(data[at : at + size].rstrip(b"\0"))
            at += size
            signals.append(Signal(watch, mask, name))
        return signals

    @staticmethod
    def _check(result: int) -> None:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
