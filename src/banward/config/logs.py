"""The lines of a ``logpath`` become files that exist; nothing is read from them.

The rules are those of spec config-and-filters.md 1.10. Beyond them, a path with blanks needs no
``head`` behind it, and any white space may stand before ``head`` or ``tail``.
"""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from banward.config.model import LogPattern, Problem

if TYPE_CHECKING:
    from banward.config.ini import Raw
    from banward.config.notes import Notes

__all__ = ["find_logs", "is_glob"]

_MODES = ("head", "tail")


def is_glob(pattern: str) -> bool:
    """Whether a path has wildcards, so that other files may match it later."""
    return glob.has_magic(pattern)


def find_logs(jail: str, raw: Raw, notes: Notes, *, root: str = "") -> tuple[LogPattern, ...]:
    """Look for the files that the lines of a ``logpath`` name.

    Args:
        jail: name of the jail, for problems.
        raw: the value of ``logpath``.
        notes: takes what is said of lines without a file.
        root: put before each path for looking, and cut off again.
    """
    lines = (line.strip() for line in raw.text.split("\n"))
    return tuple(_find(jail, line, raw, notes, root) for line in lines if line)


def _find(jail: str, line: str, raw: Raw, notes: Notes, root: str) -> LogPattern:
    words = line.rsplit(maxsplit=1)
    has_mode = words[-1] in _MODES
    pattern, mode = words if has_mode and len(words) > 1 else (line, _MODES[0])
    paths = [path[len(root) :] for path in sorted(glob.glob(root + pattern))]  # noqa: PTH207 - text
    found = [path for path in paths if Path(root + path).exists()]
    for path in paths:
        if path not in found:
            text = f"File {path} is a dangling link, thus cannot be monitored"
            notes.say("jailreader", "WARNING", text)
    if not paths:
        notes.say("jailreader", "NOTICE", f"No file(s) found for glob {pattern}")
        if len(words) > 1 and not has_mode:
            notes.report(_bad_mode(jail, line, raw))
    return LogPattern(pattern, mode == "tail", tuple(found), raw.place)


def _bad_mode(jail: str, line: str, raw: Raw) -> Problem:
    return Problem(
        kind="bad-log-path",
        message="there is no such file, and the last word is no way to read one",
        place=raw.place,
        jail=jail,
        value=line,
        expected="head or tail behind the path",
    )
