"""Where reading a log begins for each of its jails (server-and-client.md 3.6).

A stored position is used if it fits the file. If the file was rotated while nobody watched, the
one that the position belongs to is looked for beside it and read to its end first. Then reading
skips, by bisection, what is older than the jail's findtime.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.errors import SourceError
from banward.sources.open_file import OpenFile, Since
from banward.sources.opening import open_log
from banward.sources.rotation import fits
from banward.sources.splitter import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.records import Position
    from banward.sources.newline import Newline

__all__ = ["JailStart", "TimeOf", "begin", "bisect", "last_line_end"]

TimeOf = Callable[[bytes], float | None]
"""The time that a line tells, in seconds since the epoch; None if it has no date."""

Peek = Callable[[int, int], bytes]
"""Up to so many bytes (second) at an offset (first)."""

_NEAR: Final = 4096  # bytes between the bounds at which bisection ends
_PROBE: Final = 16 * 1024  # bytes that are read to find a dated line
_TRIES: Final = 5  # lines that are tried to find a date


class JailStart(NamedTuple):
    """What decides where a jail begins.

    Args:
        jail: name of the jail.
        horizon: lines from before this moment do not matter, in seconds since the epoch.
        time_of: tells the time of a line.
        position: where the jail was, if it is known.
        tail: whether it begins at the end of the file.
    """

    jail: str
    horizon: float
    time_of: TimeOf
    position: Position | None = None
    tail: bool = False


def begin(path: str, jails: Sequence[JailStart], file: OpenFile, encoding: str) -> list[OpenFile]:
    """Set a file to where its jails begin.

    Args:
        path: where the file was found.
        jails: all that read it.
        file: the file; its ``starts`` are set.
        encoding: how its text is encoded.

    Returns:
        The file that was rotated away since the positions were stored, if it is there: it is to
        be read first.
    """
    older = _find_rotated(path, [jail for jail in jails if not _fits(jail, file)], encoding)
    if older is None:
        _set(file, jails)
        return []
    behind = {jail.jail for jail in jails if jail.position and _fits(jail, older)}
    _set(older, [jail for jail in jails if jail.jail in behind])
    _set(file, [jail for jail in jails if jail.jail not in behind])
    others = (jail.jail for jail in jails if jail.jail not in behind)
    older.starts = {**older.starts, **dict.fromkeys(others, Since(inf, inf))}
    file.seek(0)  # all of it is new to those who come from the older file
    return [older]


def bisect(
    peek: Peek, low: int, high: int, horizon: float, time_of: TimeOf, newline: Newline
) -> int:
    """Find where lines begin to be newer than a moment.

    Args:
        peek: reads the file.
        low: where a line begins.
        high: where the file ends.
        horizon: the moment, in seconds since the epoch.
        time_of: tells the time of a line.
        newline: how lines end.

    Returns:
        ``low``, or the beginning of a line that is older than the horizon and close to the first
        that is not. Never behind that one, if times do not run backwards.
    """
    while high - low > _NEAR:
        middle = (low + high) // 2
        middle -= (middle - low) % newline.width
        dated = _dated_line(peek(middle, _PROBE), time_of, newline)
        if dated and dated[1] < horizon and middle + dated[0] < high:
            low = middle + dated[0]
        else:
            high = middle
    return low


def last_line_end(peek: Peek, size: int, newline: Newline) -> int:
    """Where the last whole line of a file ends, so that a half line behind it is read whole."""
    base = max(0, size - LONGEST)
    base -= base % newline.width
    data = peek(base, size - base)
    at = newline.rfind(data, 0, len(data))
    if at < 0:
        return size if base else 0
    return base + at + len(newline.mark)


def _fits(jail: JailStart, file: OpenFile) -> bool:
    return jail.position is None or fits(jail.position, file.first, file.look)


def _set(file: OpenFile, jails: Sequence[JailStart]) -> None:
    """Set where each jail begins, and the file to the first byte that one of them needs."""
    file.starts = {jail.jail: _since(file, jail) for jail in jails}
    file.seek(int(min((since.reads for since in file.starts.values()), default=0)))


def _since(file: OpenFile, jail: JailStart) -> Since:
    newline, size = file.newline, file.look.size
    position = jail.position if _fits(jail, file) else None
    if jail.tail and not position:
        end = last_line_end(file.bytes_at, size, newline)
        return Since(end, end)
    stored = int(position.offset) if position else 0
    found = bisect(file.bytes_at, stored, size, jail.horizon, jail.time_of, newline)
    if position and found == stored:
        return Since(min(found, int(position.replay)), found)
    return Since(found, found)


def _dated_line(data: bytes, time_of: TimeOf, newline: Newline) -> tuple[int, float] | None:
    """The first line with a date that begins in ``data``: its place and its time."""
    at = newline.find(data, 0)
    for _ in range(_TRIES):
        if at < 0:
            return None
        start = at + len(newline.mark)
        at = newline.find(data, start)
        if at >= 0:
            time = time_of(data[start:at])
            if time is not None:
                return start, time
    return None


def _find_rotated(path: str, jails: Sequence[JailStart], encoding: str) -> OpenFile | None:
    """The file in the directory of ``path`` that one of these jails was reading."""
    for jail in jails:
        inode = jail.position.inode if jail.position else 0
        for name in _names_of(path, inode) if inode else ():
            with contextlib.suppress(OSError, SourceError):
                file = OpenFile(open_log(name), encoding)
                if _fits(jail, file):
                    return file
                file.close()
    return None


def _names_of(path: str, inode: int) -> list[str]:
    """The files in the directory of ``path`` that have this inode."""
    folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120  (one style with scandir)
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.inode() == inode]
    except OSError:
        return []
