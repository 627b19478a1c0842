"""The counters of a jail: numbers in the table, and all of them with their evidence on sheets.

Knows no rule, no subject and no clock. What is on sheets can be loaded again: it is the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.detection.sheaf import Sheaf
from banward.detection.table import Table
from banward.sheets import evidence_at, heads, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from banward.detection.sheaf import Written
    from banward.detection.table import Numbers
    from banward.records import Sheets

__all__ = ["Counters"]

_SPARE: Final = 4096
"""Heads that count no more and may lie on the sheets, beside as many as there are counters."""

_LEAST_WORK: Final = 512


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

    def put(self, counters: Sequence[Written], old: Sequence[int]) -> list[int]:
        """Take in counters, new or changed, each of another key, and give their places.

        Args:
            counters: all that is to be known of them.
            old: the place of each that ``find`` gave, 0 for those that are new.
        """
        places = self.sheaf.add(counters)
        release, put, add = self.sheaf.release, self._table.put, self._table.add
        for (key, first, last, count, failures, _), before, place in zip(
            counters, old, places, strict=True
        ):
            if before:
                release(before)
                put(key, (first, last, count, failures, place))
            else:
                add(key, (first, last, count, failures, place))
        self._work += 2 * len(places)
        return places

    def drop(self, counters: Sequence[tuple[bytes, int]], *, told: bool = True) -> None:
        """Drop counters.

        Args:
            counters: key and place of each, as ``find`` gave it.
            told: whether sheets tell that they are gone; else who loads them will find it.
        """
        remove, release = self._table.remove, self.sheaf.release
        for key, place in counters:
            remove(key)
            release(place)
        if told:
            for place in self.sheaf.add((key, 0.0, 0.0, 0, 0, b"") for key, _ in counters):
                release(place)
            self._work += 2 * len(counters)

    def load(self, sheets: Iterable[tuple[int, bytes]]) -> int:
        """Take up sheets that were stored, by number, and give how many of them are damaged.

        If that breaks off, nothing counts as stored.
        """
        self.tell_all()
        damaged = 0
        for number, stored in sheets:
            sheet = opened(stored)
            damaged += not sheet
            self._lay(number, sheet)
        self._anew = self._all_old = False
        return damaged

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
            self._put_again(
                (key, numbers, b"") for key, numbers in self._table.items() if numbers[-1] < begin
            )

    def _move_on(self, number: int) -> bool:
        """Write the counters of a sheet anew; false if it can't be read at present."""
        sheet = self.sheaf.sheet(number)
        if sheet is None:
            return False
        found = ((head, self._table.find(head.key)) for head in heads(sheet))
        self._put_again(
            (head.key, numbers, evidence_at(sheet, head.at))
            for head, numbers in found
            if numbers and numbers[-1] == number << 16 | head.at
        )
        self._all_old |= self.sheaf.live_on(number) > 0  # what stood there is lost
        return True

    def _put_again(self, counters: Iterable[tuple[bytes, Numbers, bytes]]) -> None:
        """Write counters as they are on the newest sheet."""
        known = list(counters)
        again = [(key, *numbers[:-1], evidence) for key, numbers, evidence in known]
        self.put(again, [numbers[-1] for _, numbers, _ in known])
