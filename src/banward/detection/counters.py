"""The counters of a jail: numbers in the table, and all of them with their evidence on sheets.

Knows no rule, no subject and no clock. What is on sheets can be loaded again: it is the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.detection.sheaf import Sheaf
from banward.detection.table import Table
from banward.sheets import evidence_at, heads, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.detection.table import Numbers
    from banward.records import Sheets

__all__ = ["Counters"]

_SPARE: Final = 4096
"""Heads that count no more and may lie on the sheets, beside as many as there are counters."""

_LEAST_WORK: Final = 512
_MOST: Final = 0xFFFF_FFFF


class Counters:
    """Counters by key (``sheets.key_of``).

    Args:
        read: gives a stored sheet: an empty one if it is lost, None if it can't be told at present.

    Attributes:
        sheaf: the sheets.
    """

    def __init__(self, read: Callable[[int], bytes | None]) -> None:
        self._table = Table()
        self.sheaf = Sheaf(read)
        self._anew = True  # what is stored is not what is known here
        self._all_old = False  # every counter has to be written once more
        self._work = 0
        self.find = self._table.find
        self.items = self._table.items
        self.some = self._table.some
        self.evidence = self.sheaf.evidence

    def __len__(self) -> int:
        return len(self._table)

    def put(self, key: bytes, numbers: Numbers, evidence: bytes) -> int:
        """Take in a counter, new or changed, and give its place.

        Args:
            key: its key.
            numbers: the place is the one that ``find`` gave, 0 for one that is new.
            evidence: a bundle.
        """
        first, last, count, failures, old = numbers
        count, failures = min(count, _MOST), min(failures, _MOST)
        place = self.sheaf.add(key, first, last, count, failures, evidence)
        if old:
            self.sheaf.release(old)
            self._table.put(key, (first, last, count, failures, place))
        else:
            self._table.add(key, (first, last, count, failures, place))
        self._work += 2
        return place

    def drop(self, key: bytes, place: int, *, told: bool = True) -> None:
        """Drop a counter.

        Args:
            key: its key.
            place: the one that ``find`` gave.
            told: whether sheets tell that it is gone; else who loads them will find it.
        """
        self._table.remove(key)
        self.sheaf.release(place)
        if told:
            self.sheaf.release(self.sheaf.add(key, 0.0, 0.0, 0, 0, b""))
            self._work += 2

    def load(self, sheets: Iterable[tuple[int, bytes]]) -> None:
        """Take up sheets that were stored, by number; if that breaks off, none counts as stored."""
        self.tell_all()
        for number, stored in sheets:
            self._lay(number, opened(stored))
        self._anew = self._all_old = False

    def shift(self, seconds: float) -> None:
        """Move all counters in time."""
        self._table.shift(seconds)
        self._all_old = True

    def tell_all(self) -> None:
        """Store all once more: nothing of what was stored is there any more."""
        self._anew = self._all_old = True

    def unsaved(self) -> Sheets | None:
        """What has to be stored, None if nothing has."""
        return self.sheaf.unsaved(anew=self._anew)

    def stored(self) -> None:
        """What ``unsaved`` gave is stored."""
        self.sheaf.stored()
        self._anew = False

    def tidy(self) -> bool:
        """Take off sheets that hold nothing any more, and move on from those that hold little.

        Each call does about as much as there was to do since the last one.

        Returns:
            Whether places changed.
        """
        has_moved = self._all_old
        if self._all_old:
            self._write_all()
        self.sheaf.trim()
        work, self._work = self._work + _LEAST_WORK, 0
        while work > 0 and self.sheaf.total > 2 * len(self._table) + _SPARE:
            number = self.sheaf.oldest
            work -= self.sheaf.total_on(number)
            has_moved = True
            if not self._move_on(number):
                break
            self.sheaf.trim()
        self._work = 0
        return has_moved

    def _lay(self, number: int, sheet: bytes) -> None:
        """Take up the heads of a sheet, which is newer than all before."""
        self.sheaf.take_up(number)
        for head in heads(sheet):
            place = self.sheaf.found(head.at)
            known = self._table.find(head.key)
            if known:
                self._table.remove(head.key)
                self.sheaf.release(known[-1])
            if head.count:
                numbers = head.first, head.last, head.count, head.failures, place
                self._table.add(head.key, numbers)
            else:
                self.sheaf.release(place)

    def _write_all(self) -> None:
        """Write every counter once more, on new sheets; evidence that is lost is left out."""
        self._all_old = False
        old = self.sheaf.numbers
        begin = self.sheaf.turn()
        for number in old:
            self._move_on(number)
        if any(map(self.sheaf.live_on, old)):
            rest = [(key, numbers) for key, numbers in self._table.items() if numbers[-1] < begin]
            for key, numbers in rest:
                self.put(key, numbers, b"")

    def _move_on(self, number: int) -> bool:
        """Write the counters of a sheet anew; false if it can't be read at present."""
        sheet = self.sheaf.sheet(number)
        if sheet is None:
            return False
        for head in heads(sheet):
            numbers = self._table.find(head.key)
            if numbers and numbers[-1] == number << 16 | head.at:
                self.put(head.key, numbers, evidence_at(sheet, head.at))
        self._all_old |= self.sheaf.live_on(number) > 0  # what stood there is lost
        return True
