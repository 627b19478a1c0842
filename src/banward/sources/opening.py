"""Opens a log so that nothing which a service's user puts in its place does harm.

The watcher may read every file of the host, while the directory of a log often belongs to the
service. So a symbolic link put there must not lead the watcher to a file that its author may not
read, and a FIFO, socket or device must not block it or do something when opened:

* Links are followed by us, one component after the other, each opened relative to the directory
  before it and never through a link, so that nobody can swap a component after it was looked at.
* A link is followed if root owns it, or if its owner owns the file where it ends as well: it gives
  nobody more than he has.
* Only a regular file is opened. It is opened with O_NOFOLLOW and O_NONBLOCK and looked at again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING, Final

from banward.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_LINKS", "open_log"]

MOST_LINKS: Final = 40
"""How many links may lead to a file: the kernel's own limit (path_resolution(7))."""

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SEARCH: Final = getattr(os, "O_PATH", 0) | _DIRECTORY
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_log(path: str) -> int:
    """Open a log for reading.

    Args:
        path: absolute path of the log.

    Returns:
        A file descriptor.

    Raises:
        OSError: it is missing or can't be read; ``filename`` is ``path``.
        SourceError: it is no regular file, or a link that must not be followed.
    """
    try:
        walk = _Walk(path)
        with contextlib.closing(walk):
            name = walk.to_the_end()
            return walk.open(name)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), path) from error


class _Walk:
    """The way from the root to a file, one open directory at a time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._pending = path.split("/")[::-1]
        self._directory = os.open("/", _SEARCH)
        self._owners: set[int] = set()
        self._links = 0

    def close(self) -> None:
        os.close(self._directory)

    def to_the_end(self) -> str:
        """Go to the directory of the file, and return the file's name in it."""
        for name in self._names():
            kind = os.stat(name, dir_fd=self._directory, follow_symlinks=False)
            if stat.S_ISLNK(kind.st_mode):
                self._turn(name, kind.st_uid)
            elif any(part not in ("", ".") for part in self._pending):
                self._enter(name)
            else:
                return name
        raise SourceError(f"{self._path} is no regular file, it is not read")

    def open(self, name: str) -> int:
        """Open the file if it is one that may be read."""
        self._check(os.stat(name, dir_fd=self._directory, follow_symlinks=False))
        fd = os.open(name, _FILE, dir_fd=self._directory)
        try:
            self._check(os.fstat(fd))
        except SourceError:
            os.close(fd)
            raise
        return fd

    def _names(self) -> Iterator[str]:
        while self._pending:
            name = self._pending.pop()
            if name not in ("", "."):
                yield name

    def _enter(self, name: str) -> None:
        directory = os.open(name, _SEARCH, dir_fd=self._directory)
        os.close(self._directory)
        self._directory = directory

    def _turn(self, name: str, owner: int) -> None:
        """Follow a link."""
        self._links += 1
        if self._links > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = os.readlink(name, dir_fd=self._directory)
        self._owners.add(owner)
        self._pending += target.split("/")[::-1]
        if target.startswith("/"):
            self._enter("/")

    def _check(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise SourceError(f"{self._path} is no regular file, it is not read")
        foreign = self._owners - {0, found.st_uid}
        if foreign:
            raise SourceError(
                f"{self._path} is a link of user {min(foreign)} to a file of user {found.st_uid}, "
                "it is not read"
            )
