"""The sheets of one jail: written at one end, taken off at the other. Reads through a callable.

    oldest ─▶ [sheet][sheet][sheet] … [sheet][open] ◀─ written

Of every counter the newest head counts. A sheet is taken off once no counter has its newest head
there, and only when it is the oldest: a head may say that a counter is gone of which an older
sheet still tells. Sheets that the database does not have yet are kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from banward.records import Sheets
from banward.sheets import HEAD, evidence_at, opened, sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Sheaf", "Written"]

Written = tuple[bytes, float, float, int, int, bytes]
"""A counter: key, first, last, count, failures (``records.Count``), and its evidence, a bundle."""

_FULL: Final = 16 * 1024
"""Bytes from which on a sheet takes no further head; a head begins below 64 KiB."""

_CLOSED: Final = 4 * 1024
"""Bytes from which on a stored sheet is not written once more with further heads."""

_KEPT: Final = 32
"""How many stored sheets are kept beside the database, so that what comes again is at hand."""


class _Sheet(msgspec.Struct, gc=False):
    """What is known of a sheet: newest heads, all heads, and bytes of evidence."""

    live: int = 0
    total: int = 0
    evidence: int = 0


class Sheaf:
    """Sheets, by number.

    Args:
        read: gives a stored sheet: an empty one if it is lost, None if it can't be told at present.

    Attributes:
        total: heads on all sheets.
        waiting: bytes of evidence on sheets that are not stored.
    """

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        self.total = 0
        self.waiting = 0
        self._read = read
        self._sheets: dict[int, _Sheet] = {}
        self._unsaved: dict[int, bytearray] = {}
        self._kept: dict[int, bytes] = {}
        self._newest = 0
        self._data = bytearray()
        self._sheet: _Sheet | None = None  # the open one, of which ``_data`` is the content
        self._told = 0

    @property
    def oldest(self) -> int:
        """Number of the oldest sheet; of the next one if there is none."""
        return next(iter(self._sheets), self._newest + 1)

    @property
    def numbers(self) -> list[int]:
        """Numbers of all sheets, oldest first."""
        return list(self._sheets)

    def live_on(self, number: int) -> int:
        """How many counters have their newest head on a sheet, 0 if there is no such sheet."""
        sheet = self._sheets.get(number)
        return sheet.live if sheet else 0

    def total_on(self, number: int) -> int:
        """How many heads are on a sheet."""
        return self._sheets[number].total

    def add(self, counters: Iterable[Written]) -> list[int]:
        """Write the newest heads of counters, and give their places; release those before."""
        places: list[int] = []
        sheet, data, pack = self._sheet, self._data, HEAD.pack
        for key, first, last, count, failures, evidence in counters:
            if sheet is None or len(data) >= _FULL:
                sheet = self._begin()
                data = self._data
            places.append(self._newest << 16 | len(data))
            size = len(evidence)
            data += pack(key, first, last, count, failures, size)
            data += evidence
            sheet.live += 1
            sheet.total += 1
            sheet.evidence += size
            self.waiting += size
        self.total += len(places)
        return places

    def release(self, place: int) -> None:
        """The head at a place is not the newest of its counter any more."""
        self._sheets[place >> 16].live -= 1

    def evidence(self, place: int) -> bytes:
        """The evidence behind the head at a place; nothing if it can't be read."""
        sheet = self.sheet(place >> 16)
        return evidence_at(sheet, place & 0xFFFF) if sheet else b""

    def sheet(self, number: int) -> bytes | bytearray | None:
        """A sheet; empty if it is lost, None if it can't be read at present."""
        held: bytes | bytearray | None = self._unsaved.get(number)
        if held is None:
            held = self._kept.get(number)
        if held is None:
            stored = self._read(number)
            if stored is None:
                return None
            held = opened(stored)
            self._keep(number, held)
        return held

    def take_up(self, number: int) -> None:
        """Know of a stored sheet; it is newer than all that are known."""
        self._sheets[number] = _Sheet()
        self._newest = number

    def found(self, at: int) -> int:
        """Know of a head on the newest sheet, the newest of its counter, and give its place."""
        sheet = self._sheets[self._newest]
        sheet.live += 1
        sheet.total += 1
        self.total += 1
        return self._newest << 16 | at

    def turn(self) -> int:
        """Write further heads on another sheet, and give the first place there."""
        self._sheet, self._data = None, bytearray()
        return (self._newest + 1) << 16

    def trim(self) -> None:
        """Take off the oldest sheets that hold nothing any more."""
        gone = []
        for number, sheet in self._sheets.items():
            if sheet.live:
                break
            gone.append(number)
        for number in gone:
            sheet = self._sheets.pop(number)
            self.total -= sheet.total
            self._kept.pop(number, None)
            if self._unsaved.pop(number, None) is not None:
                self.waiting -= sheet.evidence
            if number == self._newest:
                self.turn()

    def unsaved(self, *, anew: bool) -> Sheets | None:
        """What has to be stored, None if nothing has.

        Args:
            anew: whether what is stored counts no more.
        """
        if not (anew or self._unsaved or self._told != self.oldest):
            return None
        written = tuple((number, sealed(data)) for number, data in self._unsaved.items())
        return Sheets(written, self.oldest, anew)

    def stored(self) -> None:
        """What ``unsaved`` gave is stored."""
        for number, data in self._unsaved.items():
            self._keep(number, bytes(data))
        self._unsaved.clear()
        self.waiting = 0
        self._told = self.oldest
        self._sheet = None

    def _begin(self) -> _Sheet:
        """Open another sheet, or the newest one once more if there is little on it."""
        if 0 < len(self._data) < _CLOSED:
            sheet = self._sheets[self._newest]
            self._kept.pop(self._newest, None)
            self.waiting += sheet.evidence
        else:
            self._newest += 1
            self._data = bytearray()
            sheet = self._sheets[self._newest] = _Sheet()
        self._unsaved[self._newest] = self._data
        self._sheet = sheet
        return sheet

    def _keep(self, number: int, sheet: bytes) -> None:
        while len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[number] = sheet
