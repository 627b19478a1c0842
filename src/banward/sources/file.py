"""A log followed by its path: whole lines in blocks, each line once, through every rotation.

The file behind the path is kept open. When another one takes its place (rename and create, delete
and create, a link that turns), the old one is read to its end first, and stays open for a while:
a service goes on writing to it until it is told to open its log anew. A file that is cut off
(copytruncate) or written anew in its place is read from its beginning.

A position can only tell of one file. So once lines of the new file were given out, late lines of
the old one come with the position of the new file: after a crash nothing is counted twice.
Knows no filter and waits for nothing: somebody tells it when to look.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Final

from banward.errors import SourceError
from banward.link import SourceEvent, SourceEventKind
from banward.records import Batch
from banward.sources.open_file import OpenFile, look_at
from banward.sources.opening import open_log
from banward.sources.rotation import Change, fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.records import Position
    from banward.sources.open_file import Since
    from banward.sources.rotation import FirstLine, Look
    from banward.sources.splitter import Lines

__all__ = ["LINGER", "Begin", "FollowedFile"]

LINGER: Final = 30.0
"""Seconds without a new line after which a file that lost its path is closed."""

_MOST_OLD: Final = 16  # files that lost their path and are still open

Begin = Callable[[OpenFile], list[OpenFile]]
"""Sets where a file begins to be read; gives older files that are to be read before it."""


class FollowedFile:
    """The log at a path.

    Args:
        path: absolute path; the file may be missing and is waited for.
        encoding: how its text is encoded.
        catching_up: true if what it holds by now is old (server-and-client.md 2.3).
        begin: sets where to begin when the file is opened for the first time.

    Attributes:
        name: the path.
        catching_up: false once its end was reached.
        starts: where jails begin, in the file that the last batch is from.
        events: what happened to it, until somebody takes it.
    """

    def __init__(
        self,
        path: str,
        *,
        encoding: str = "utf-8",
        catching_up: bool = True,
        begin: Begin = lambda _: [],
    ) -> None:
        self.name = path
        self.catching_up = catching_up
        self.starts: Mapping[str, Since] = {}
        self.events: list[SourceEvent] = []
        self._encoding = encoding
        self._begin: Begin | None = begin
        self._files: list[OpenFile] = []  # oldest first; the last is the one behind the path
        self._ahead: OpenFile | None = None  # the newest that gave lines
        self._heard: dict[OpenFile, float] = {}  # when files that lost their path gave a line
        self._trouble = ""
        self._look_later = False

    @property
    def current(self) -> OpenFile | None:
        """The file that is, or was last, behind the path."""
        return self._files[-1] if self._files else None

    @property
    def position(self) -> Position | None:
        """How far it was read; None if there never was a file."""
        file = self._ahead or (self._files[0] if self._files else None)
        return file.position if file else None

    @property
    def is_idle(self) -> bool:
        """Whether all that was there was given out."""
        return all(file.is_at_end for file in self._files)

    @property
    def lag(self) -> int:
        """Bytes that were not given out yet."""
        return sum(file.lag for file in self._files)

    @property
    def is_settled(self) -> bool:
        """Whether just one file is open, and it was read to its end."""
        return len(self._files) == 1 and self.is_idle and not self.catching_up

    def meets(self, other: FollowedFile) -> bool:
        """Whether both follow the same file, and were read to the same place at its end."""
        return (
            self.is_settled
            and other.is_settled
            and self._encoding == other._encoding
            and self.position == other.position
        )

    def deadline(self) -> float:
        """When ``look`` is to be called even if nothing happens, to close old files."""
        return min(self._heard.values(), default=inf) + LINGER

    def close(self) -> None:
        """Close all files."""
        for file in self._files:
            file.close()
        self._files.clear()

    def look(self, now: float) -> None:
        """See which file stands at the path, and whether it was changed in its place.

        Args:
            now: the present moment, in seconds since the epoch.
        """
        if self.current and self.current.has_lines:
            self._look_later = True
            return
        try:
            found = look_at(os.stat(self.name))  # noqa: PTH116  (on the way of every event)
            if self.current and self.current.look.is_file_of(found):
                self._look_into(self.current)
            else:
                self._open(now)
        except (FileNotFoundError, NotADirectoryError) as error:
            self._note(SourceEventKind.MISSING, error)
            if self.current and not self.current.is_linked:
                self._heard.setdefault(self.current, now)
        except (OSError, SourceError) as error:
            self._note(SourceEventKind.UNREADABLE, error)
        self._close_old(now)
        for file in self._files:
            file.wake()

    def read(self, now: float) -> Batch | None:
        """Read at most one block, of the oldest file that has one.

        Args:
            now: the present moment, in seconds since the epoch.

        Returns:
            The first whole lines; None if the block completes none. ``is_idle`` tells whether to
            go on.
        """
        batch = None
        file = next((file for file in self._files if not file.is_at_end), None)
        if file:
            try:
                start = file.offset
                lines = file.read()
            except OSError as error:
                self._lose(file, error)
                return None
            batch = self._batch(file, start, lines, now) if lines else None
        if self._files and self.is_idle:
            self._reach_end(now)
        return batch

    def _batch(self, file: OpenFile, start: int, lines: Lines, now: float) -> Batch:
        if file in self._heard:
            self._heard[file] = now
        if self._ahead is None or self._files.index(file) > self._index_ahead():
            self._ahead = file
        if lines.cut:
            self._tell(SourceEventKind.CUT, count=1, detail=f"offset {start}, {lines.size} bytes")
        self.starts = file.starts
        return Batch(
            source=self.name,
            data=lines.data,
            start=start,
            read_at=now,
            catching_up=self.catching_up,
            position=self._ahead.position,
        )

    def _reach_end(self, now: float) -> None:
        if self.catching_up:
            self.catching_up = False
            self._tell(SourceEventKind.CAUGHT_UP)
        if self._look_later:
            self._look_later = False
            self.look(now)

    def _index_ahead(self) -> int:
        return self._files.index(self._ahead) if self._ahead in self._files else -1

    def _look_into(self, file: OpenFile) -> None:
        old, read, first = file.look, file.offset, file.first
        if file.look_again() is not Change.SAME:
            self._tell_rotation(file, old, read, first)
        self._recover()

    def _open(self, now: float) -> None:
        file = OpenFile(open_log(self.name), self._encoding)
        old = self.current
        if old and old.look.is_file_of(file.look):
            file.close()  # it was put back between the two looks
            return
        older: list[OpenFile] = []
        if self._begin:
            older = self._begin(file)
            self._begin = None
        if old:
            self._tell_rotation(file, old.look, old.offset, old.first)
            self._heard[old] = now
        self._heard |= dict.fromkeys(older, now)
        self._files += [*older, file]
        self._recover()

    def _close_old(self, now: float) -> None:
        """Close files that lost their path, were read to the end and gave no line for a while."""
        surplus = len(self._heard) - _MOST_OLD
        for index, (file, heard) in enumerate(list(self._heard.items())):
            if file.is_exhausted and (index < surplus or now - heard >= LINGER):
                self._drop(file)

    def _drop(self, file: OpenFile) -> None:
        file.close()
        self._heard.pop(file, None)
        self._files.remove(file)

    def _lose(self, file: OpenFile, error: OSError) -> None:
        """Give up a file that fails (a stale handle, a broken disk); a later look opens it anew."""
        position = file.position

        def resume(new: OpenFile) -> list[OpenFile]:
            if fits(position, new.first, new.look):
                new.seek(file.offset)
            return []

        if file is self.current:
            self._begin = resume
        self._drop(file)
        self._note(SourceEventKind.UNREADABLE, error)

    def _note(self, kind: SourceEventKind, error: Exception) -> None:
        """Tell a trouble, once until it is over or another one."""
        reason = getattr(error, "strerror", None) or str(error)
        if self._trouble != reason:
            self._trouble = reason
            self._tell(kind, detail=reason)

    def _recover(self) -> None:
        if self._trouble:
            self._trouble = ""
            self._tell(SourceEventKind.RETURNED)

    def _tell_rotation(self, file: OpenFile, old: Look, read: int, first: FirstLine) -> None:
        """As fail2ban tells it, and only if there was a first line (server-and-client.md 3.2)."""
        if first.mark:
            new = file.look
            reason = (new.size, read, new.inode, old.inode, file.first.mark, first.mark)
            self._tell(SourceEventKind.ROTATED, detail=repr(reason))

    def _tell(self, kind: SourceEventKind, *, count: int = 0, detail: str = "") -> None:
        self.events.append(SourceEvent(kind, self.name, (), count, detail))
