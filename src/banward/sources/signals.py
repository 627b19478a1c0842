"""Turns signals of the kernel's inotify into the paths and patterns that they are about.

The inode behind each path is watched for new bytes, and the directory entries that decide which
inode that is (``entries.py``) for rotation, for files that are missing, and for patterns.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from banward.sources import inotify
from banward.sources.entries import (
    ANY,
    entries_above,
    entries_of,
    entries_of_pattern,
    is_pattern,
)

if TYPE_CHECKING:
    from banward.sources.entries import Entry

__all__ = ["Signals"]

_TRIES: Final = 8  # so that nobody who turns links all the time keeps us busy

_FILE: Final = inotify.MODIFY | inotify.ATTRIB | inotify.MOVE_SELF
_FOLDER: Final = (
    inotify.CREATE
    | inotify.DELETE
    | inotify.MOVED_FROM
    | inotify.MOVED_TO
    | inotify.DELETE_SELF
    | inotify.MOVE_SELF
)


class Signals:
    """The watches, and what they stand for.

    Args:
        instance: the inotify instance; it is closed by ``close``.
    """

    def __init__(self, instance: inotify.Inotify) -> None:
        self._inotify = instance
        self._entries: dict[str, set[Entry]] = {}  # by path
        self._paths: defaultdict[Entry, set[str]] = defaultdict(set)  # by entry
        self._folders: dict[str, int] = {}  # watch by directory
        self._files: dict[str, list[int]] = {}  # watches by path, the newest last
        self._watches: dict[int, set[str]] = {}  # paths by watch of a file

    def fileno(self) -> int:
        """The descriptor that is readable when something happened."""
        return self._inotify.fileno()

    def close(self) -> None:
        """Watch nothing more."""
        self._inotify.close()

    def has_old_files(self, path: str) -> bool:
        """Whether files that stood at the path before are watched too."""
        return len(self._files.get(path, ())) > 1

    def renew(self, path: str, *, keep: bool) -> None:
        """Watch the entries of a path or pattern, and the inode behind a path.

        Args:
            path: absolute path, also of a missing file, or a pattern.
            keep: whether files that stood there before are watched further.

        Raises:
            OSError: there are no watches left (ENOSPC), or a directory can't be read.
        """
        pattern = is_pattern(path)
        find = entries_of_pattern if pattern else entries_of
        for _ in range(_TRIES):
            found = find(path)
            self._watch_entries(path, found, entries_above(found))
            if find(path) == found:
                break  # else a directory came before the one above it was watched
        if not pattern:
            self._watch_file(path, keep=keep)

    def remove(self, path: str) -> None:
        """Watch a path or pattern no more."""
        self._leave(path, self._entries.pop(path, set()))
        for watch in self._files.pop(path, []):
            self._drop_file(path, watch)

    def changed(self) -> tuple[set[str], set[str]]:
        """What was written to, and what may stand for another file now, since the last call."""
        written: set[str] = set()
        moved: set[str] = set()
        folders = {watch: folder for folder, watch in self._folders.items()}
        for signal in self._inotify.read():
            if signal.mask & inotify.OVERFLOW:
                return set(), set(self._entries)
            folder = folders.get(signal.watch)
            if folder is None:
                paths = moved if signal.mask & inotify.MOVE_SELF else written
                paths |= self._watches.get(signal.watch, set())
            elif signal.name:
                moved |= self._paths.get((folder, signal.name), set())
                moved |= self._paths.get((folder, ANY), set())
            else:
                moved |= self._lose_folder(folder, signal)
            if signal.mask & inotify.IGNORED:
                self._forget_file(signal.watch)
        return written, moved

    def _watch_entries(self, path: str, new: set[Entry], above: set[Entry]) -> None:
        old = self._entries.get(path, set())
        self._entries[path] = new | above
        for entry in new | above:
            self._paths[entry].add(path)
        for folder, _ in new:
            self._watch_folder(folder)
        for folder, _ in above:
            with contextlib.suppress(PermissionError):  # its file can be followed all the same
                self._watch_folder(folder)
        self._leave(path, old - self._entries[path])

    def _watch_folder(self, folder: str) -> None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._folders[folder] = self._inotify.add(folder, _FOLDER)

    def _watch_file(self, path: str, *, keep: bool) -> None:
        watches = self._files.setdefault(path, [])
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            watch = self._inotify.add(path, _FILE)
            if watch in watches:
                watches.remove(watch)
            watches.append(watch)
            self._watches.setdefault(watch, set()).add(path)
            if not keep:
                for old in watches[:-1]:
                    self._drop_file(path, old)
                del watches[:-1]

    def _drop_file(self, path: str, watch: int) -> None:
        paths = self._watches.get(watch, set())
        paths.discard(path)
        if not paths:
            self._watches.pop(watch, None)
            self._inotify.remove(watch)

    def _leave(self, path: str, entries: set[Entry]) -> None:
        """Watch these entries no more for a path; a directory that nobody needs goes too."""
        for entry in entries:
            self._paths[entry].discard(path)
            if not self._paths[entry]:
                del self._paths[entry]
        needed = {folder for folder, _ in self._paths}
        for folder in {folder for folder, _ in entries} - needed:
            watch = self._folders.pop(folder, None)
            if watch is not None:
                self._inotify.remove(watch)

    def _lose_folder(self, folder: str, signal: inotify.Signal) -> set[str]:
        """A directory was moved or deleted: its watch is worth nothing any more."""
        watch = self._folders.pop(folder, None)
        if watch is not None and not signal.mask & inotify.IGNORED:
            self._inotify.remove(watch)
        return set().union(*(paths for entry, paths in self._paths.items() if entry[0] == folder))

    def _forget_file(self, watch: int) -> None:
        """The kernel ended a watch, for its inode is gone."""
        for path in self._watches.pop(watch, set()):
            if watch in self._files.get(path, []):
                self._files[path].remove(watch)
