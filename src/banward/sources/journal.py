"""The journal of systemd as a source: its entries as lines, each with its time.

Needs ``libsystemd.so.0`` and the right to read the journal's files: group ``systemd-journal``, or
the capability to read every file. A position is the cursor of the last entry and its time; where
the cursor is missing (a database of fail2ban) the time alone decides.
"""

from __future__ import annotations

import shlex
from math import inf
from typing import TYPE_CHECKING, Final

from banward.errors import SourceError
from banward.link import SourceEvent, SourceEventKind
from banward.records import Batch, Position
from banward.sources.journal_entry import line_of, stamp_of
from banward.sources.journal_files import JournalPlace, files_of
from banward.sources.journal_library import INVALIDATE, Journal, library_error
from banward.sources.open_file import Since

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["NAME", "JournalSource", "open_journal", "read_journal"]

NAME: Final = "systemd-journal"
"""The name of the source in positions, as fail2ban's database has it."""

_ENTRIES: Final = 1000  # entries in one block
_BYTES: Final = 256 * 1024  # bytes of lines in one block, roughly
_RETRY: Final = 5.0  # seconds until a journal that failed is opened anew
_POLL: Final = 1.0  # seconds between two looks where the kernel tells of no changes
_SETTLE: Final = 5.0  # seconds after a rotation in which files are looked for
_RECENT: Final = 1.0  # an entry that is younger ends the catching up


def read_journal(matches: Iterable[str] = (), **options: str) -> Iterator[tuple[float, str]]:
    """All entries of a journal from its beginning, for ``fail2ban-regex``.

    Args:
        matches: lines as in ``journalmatch``.
        options: parameters of the backend: ``journalpath``, ``journalfiles``, ``journalflags``,
            ``namespace``, ``rotated``.

    Yields:
        The time in seconds since the epoch, and the line.

    Raises:
        SourceError: the library is missing, or the journal can't be read.
    """
    place = JournalPlace.of(**options)
    words = [shlex.split(line) for line in matches]
    journal = open_journal(place, files_of(place, inf), words)
    try:
        journal.seek_head()
        while journal.next():
            fields = journal.fields()
            line = line_of(fields, journal.monotonic)
            yield stamp_of(fields, journal.realtime), line.decode("utf-8", "replace")
    finally:
        journal.close()


class JournalSource:
    """The journal as one jail reads it.

    Args:
        jail: name of the jail.
        place: which journal is meant.
        matches: the words of each line of ``journalmatch``.
        horizon: entries from before this moment do not matter, in seconds since the epoch.
        position: where the jail was, if it is known.

    Attributes:
        name: ``systemd-journal``.
        catching_up: false once the entries were read that were there at the start.
        starts: who counts the entries of the last batch.
        events: what happened to it, until somebody takes it.
        trouble: why it can't be read, or an empty text; it is tried again every few seconds.

    Raises:
        SourceError: the library is missing.
    """

    def __init__(
        self,
        jail: str,
        place: JournalPlace,
        matches: Sequence[Sequence[str]],
        horizon: float,
        position: Position | None = None,
    ) -> None:
        if error := library_error():
            raise SourceError(error)
        self.name = NAME
        self.catching_up = True
        self.starts: Mapping[str, Since] = {}
        self.events: list[SourceEvent] = []
        self._repeated = {jail: Since(0, inf)}
        self._place = place
        self._matches = matches
        self._horizon = horizon
        fits = position is not None and position.offset >= horizon
        self._done = position if position and fits else Position(horizon, horizon)
        self._repeating = fits  # entries are read again that were counted before
        self._held = False  # the journal stands at an entry that was not given out
        self._at_end = False
        self._files: list[str] = []
        self._fd = self._opened = 0
        self._due = self._unsettled = 0.0
        self.trouble = ""
        self._journal: Journal | None = None

    @property
    def position(self) -> Position:
        """The last entry that was given out."""
        return self._done

    @property
    def is_idle(self) -> bool:
        """Whether all entries were given out."""
        return self._at_end or self._journal is None

    @property
    def lag(self) -> int:
        """Not known for a journal."""
        return 0

    @property
    def descriptor(self) -> tuple[int, int] | None:
        """The descriptor that tells of changes, and which opening of the journal it is of."""
        return (self._fd, self._opened) if self._journal else None

    def deadline(self) -> float:
        """When ``look`` is to be called even if nothing happens, in seconds since the epoch."""
        return self._due

    def close(self) -> None:
        """Close the journal."""
        if self._journal:
            self._journal.close()
            self._journal = None

    def look(self, now: float) -> None:
        """See whether there are new entries, or other files.

        Args:
            now: the present moment, in seconds since the epoch.
        """
        try:
            self._take_changes(now)
        except SourceError as error:
            self._fail(error, now)
        self._at_end = False

    def read(self, now: float) -> Batch | None:
        """The next entries; None if there are none.

        Args:
            now: the present moment, in seconds since the epoch.
        """
        batch = None
        if self._journal:
            try:
                batch = self._batch(self._journal, now)
            except SourceError as error:
                self._fail(error, now)
        if (
            self.catching_up
            and self._journal
            and (self._at_end or self._done.offset > now - _RECENT)
        ):
            self.catching_up = False
            self._tell(SourceEventKind.CAUGHT_UP)
        return batch

    def _batch(self, journal: Journal, now: float) -> Batch | None:
        again = self._repeating
        lines: list[bytes] = []
        stamps: list[float] = []
        size = 0
        realtime = self._done.offset
        while size < _BYTES and len(lines) < _ENTRIES and self._advance(journal):
            realtime = journal.realtime
            if again and realtime > self._done.offset:
                self._held, self._repeating = True, False
                break
            fields = journal.fields()
            lines.append(line_of(fields, journal.monotonic))
            stamps.append(stamp_of(fields, realtime))
            size += len(lines[-1])
            if again and self._done.mark and journal.is_at(self._done.mark):
                self._repeating = False
                break
        if not lines:
            return None
        if not again:
            self._done = Position(realtime, realtime, journal.cursor)
        self.starts = self._repeated if again else {}
        data = b"\n".join(lines) + b"\n"
        return Batch(NAME, data, 0, now, self.catching_up, self._done, tuple(stamps))

    def _advance(self, journal: Journal) -> bool:
        """Go to the next entry that was not given out."""
        if self._held:
            self._held = False
            return True
        self._at_end = not journal.next()
        return not self._at_end

    def _take_changes(self, now: float) -> None:
        """Take in new entries, and open the journal anew when files came or went."""
        if self._journal and self._journal.process() == INVALIDATE:
            # The file that takes the place of a rotated one may come a moment later.
            self._unsettled = now + _SETTLE
            self._files = []
        if self._journal is None or (not self._is_settled(now) and self._has_new_files()):
            self.close()
            self._journal = self._open()
        if self.trouble:
            self.trouble = ""
            self._tell(SourceEventKind.RETURNED)
        waits = not self._is_settled(now) or not self._journal.tells_changes
        self._due = now + _POLL if waits else inf

    def _is_settled(self, now: float) -> bool:
        return bool(self._files) and now >= self._unsettled

    def _has_new_files(self) -> bool:
        """Whether there are files that are not open; of a namespace the library knows itself."""
        if self._place.namespace:
            self._files = [self._place.namespace]
            return False
        return bool(set(files_of(self._place, self._done.offset)) - set(self._files))

    def _open(self) -> Journal:
        place = self._place
        self._files = files_of(place, self._done.offset)
        journal = open_journal(place, self._files, self._matches)
        self._held = False
        try:
            self._go_on(journal)
            self._fd = journal.fileno()
            self._opened += 1
        except SourceError:
            journal.close()
            raise
        return journal

    def _go_on(self, journal: Journal) -> None:
        """Go to the first entry that is to be read."""
        done = self._done
        if self._repeating and done.replay < done.offset:
            journal.seek_time(done.replay)
        elif done.mark and _is_cursor(done.mark):
            journal.seek_cursor(done.mark)
            if not self._repeating:
                self._held = journal.next() and not journal.is_at(done.mark)
        else:
            journal.seek_time(done.offset)

    def _fail(self, error: SourceError, now: float) -> None:
        """Close a journal that can't be read; ``look`` opens it anew after a while."""
        self.close()
        self._due = now + _RETRY
        if self.trouble != str(error):
            self.trouble = str(error)
            self._tell(SourceEventKind.UNREADABLE, str(error))

    def _tell(self, kind: SourceEventKind, detail: str = "") -> None:
        self.events.append(SourceEvent(kind, NAME, (), 0, detail))


def open_journal(
    place: JournalPlace, files: Sequence[str], matches: Iterable[Iterable[str]]
) -> Journal:
    """Open a journal, at its beginning.

    Args:
        place: which journal is meant.
        files: the files of it that are read.
        matches: the words of each line of ``journalmatch``.

    Raises:
        SourceError: there is none, or it can't be read.
    """
    if place.namespace:
        journal = Journal.of_host(place.flags, place.namespace)
    elif files:
        journal = Journal.of_files(files)
    else:
        raise SourceError("systemd journal: no journal files found")
    try:
        journal.match(matches)
    except SourceError:
        journal.close()
        raise
    return journal


def _is_cursor(mark: str) -> bool:
    """Whether a mark is a cursor; fail2ban's database has a time in its place."""
    return "=" in mark
