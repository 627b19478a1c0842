"""Which entries of which directories decide what stands at a path, or what matches a pattern.

A change of one of them means that the path has to be looked at again. Opens no file.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from typing import TYPE_CHECKING, Final

from banward.sources.opening import MOST_LINKS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ANY",
    "Entry",
    "entries_above",
    "entries_of",
    "entries_of_pattern",
    "is_pattern",
    "matches_of",
]

ANY: Final = ""
"""Stands for every name in a directory."""

Entry = tuple[str, str]
"""A directory and a name in it, or ``ANY``."""


def is_pattern(path: str) -> bool:
    """Whether a path has ``*``, ``?`` or ``[`` and is no existing file by that very name."""
    return glob.has_magic(path) and not os.path.lexists(path)


def matches_of(pattern: str) -> list[str]:
    """The paths that match a pattern, sorted."""
    return sorted(glob.glob(pattern))  # noqa: PTH207  (plain texts, as they are configured)


def entries_of(path: str) -> set[Entry]:
    """The entries that decide which file stands behind a path.

    These are every link on the way and the file itself. Where a directory is missing, it is that
    entry, in the nearest directory that exists.

    Args:
        path: absolute path, of a file that may be missing.
    """
    found: set[Entry] = set()
    pending = _parts(path)
    here = "/"
    links = 0
    while pending and links <= MOST_LINKS:
        name = pending.pop()
        if name == "..":
            here = os.path.dirname(here)  # noqa: PTH120  (plain texts are quicker here)
            continue
        entry = os.path.join(here, name)  # noqa: PTH118
        target = _target(entry)
        if target is not None:
            links += 1
            found.add((here, name))
            pending += _parts(target)
            here = "/" if target.startswith("/") else here
        elif pending and os.path.lexists(entry):
            here = entry
        else:
            return found | {(here, name)}
    return found


def entries_of_pattern(pattern: str) -> set[Entry]:
    """The entries that decide which paths match a pattern.

    Args:
        pattern: absolute path with ``*``, ``?`` or ``[``.
    """
    found: set[Entry] = set()
    folders = ["/"]
    *above, last = _parts(pattern)[::-1]
    for name in above:
        if glob.has_magic(name):
            found |= {(folder, ANY) for folder in folders}
            folders = [sub for folder in folders for sub in _subfolders(folder, name)]
            continue
        inner = {folder: os.path.join(folder, name) for folder in folders}  # noqa: PTH118
        folders = [sub for sub in inner.values() if os.path.isdir(sub)]  # noqa: PTH112
        found |= {(folder, name) for folder, sub in inner.items() if sub not in folders}
    return found | {(folder, ANY if glob.has_magic(last) else last) for folder in folders}


def entries_above(entries: Iterable[Entry]) -> set[Entry]:
    """The entries that decide which directories hold some entries.

    A directory that is deleted sends no signal of its own while a file that stood in it is open:
    only the one above tells of it.

    Args:
        entries: entries of directories whose paths have no links.
    """
    found: set[Entry] = set()
    for folder in {folder for folder, _ in entries}:
        here = folder
        while here != "/":
            here, name = os.path.split(here)
            found.add((here, name))
    return found


def _parts(path: str) -> list[str]:
    """The names of a path that lead somewhere, last first."""
    return [name for name in path.split("/") if name not in ("", ".")][::-1]


def _target(entry: str) -> str | None:
    try:
        return os.readlink(entry)  # noqa: PTH115
    except OSError:
        return None


def _subfolders(folder: str, pattern: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [e.path for e in entries if e.is_dir() and fnmatch.fnmatch(e.name, pattern)]
    except OSError:
        return []
