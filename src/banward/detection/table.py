"""Counters in packed records, found by key. Knows no rule and no subject.

A million of them have to fit beside each other, and as objects they would take four times the
memory. Records of 48 bytes stand in buckets of some thirty when there are a million; which bucket
is said by Python's hash of the key, which nobody outside can foresee.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Numbers", "Table"]

Numbers = tuple[float, float, int, int, int]
"""First, last, count, failures (``records.Count``), and where it stands in the sheaf."""

_BUCKETS: Final = 1 << 15
_KEY: Final = 16
_NUMBERS: Final = struct.Struct("<ddIIQ")
_WHOLE: Final = struct.Struct("<16sddIIQ")
_RECORD: Final = _WHOLE.size


class Table:
    """The counters of one jail. Keys have sixteen bytes."""

    def __init__(self) -> None:
        self._buckets: dict[int, bytearray] = {}
        self._held = 0
        self._round: Iterator[tuple[bytes, Numbers]] = iter(())

    def __len__(self) -> int:
        return self._held

    def find(self, key: bytes) -> Numbers | None:
        """The counter of a key, None if there is none."""
        bucket = self._buckets.get(hash(key) % _BUCKETS)
        if bucket is None:
            return None
        at = bucket.find(key)
        while at % _RECORD:  # bytes of other records may look like the key; -1 stands nowhere
            if at < 0:
                return None
            at = bucket.find(key, at + 1)
        return _NUMBERS.unpack_from(bucket, at + _KEY)

    def add(self, key: bytes, numbers: Numbers) -> None:
        """Take in a counter of a key that has none."""
        number = hash(key) % _BUCKETS
        bucket = self._buckets.get(number)
        if bucket is None:
            bucket = self._buckets[number] = bytearray()
        bucket += _WHOLE.pack(key, *numbers)
        self._held += 1

    def put(self, key: bytes, numbers: Numbers) -> None:
        """Replace the counter of a key that has one."""
        bucket = self._buckets[hash(key) % _BUCKETS]
        _NUMBERS.pack_into(bucket, _place(bucket, key) + _KEY, *numbers)

    def remove(self, key: bytes) -> None:
        """Drop the counter of a key that has one."""
        number = hash(key) % _BUCKETS
        bucket = self._buckets[number]
        at = _place(bucket, key)
        del bucket[at : at + _RECORD]
        if not bucket:
            del self._buckets[number]
        self._held -= 1

    def items(self) -> Iterator[tuple[bytes, Numbers]]:
        """All counters; none may be added or removed meanwhile."""
        for bucket in self._buckets.values():
            for at in range(0, len(bucket), _RECORD):
                yield bytes(bucket[at : at + _KEY]), _NUMBERS.unpack_from(bucket, at + _KEY)

    def some(self, most: int) -> list[tuple[bytes, Numbers]]:
        """So many counters, each once, others each time until all or nearly all had their turn."""
        found: dict[bytes, Numbers] = {}
        while len(found) < min(most, self._held):
            item = next(self._round, None)
            if item is None:
                self._round = self._go_round()
            else:
                found[item[0]] = item[1]
        return list(found.items())

    def shift(self, seconds: float) -> None:
        """Move all counters in time."""
        for bucket in self._buckets.values():
            for at in range(_KEY, len(bucket), _RECORD):
                first, last, *rest = _NUMBERS.unpack_from(bucket, at)
                _NUMBERS.pack_into(bucket, at, first + seconds, last + seconds, *rest)

    def _go_round(self) -> Iterator[tuple[bytes, Numbers]]:
        """All counters, though some are added and removed meanwhile, old and young ones mixed."""
        for number in sorted(self._buckets):
            at = 0
            while at < len(bucket := self._buckets.get(number, b"")):
                yield bytes(bucket[at : at + _KEY]), _NUMBERS.unpack_from(bucket, at + _KEY)
                at += _RECORD


def _place(bucket: bytearray, key: bytes) -> int:
    at = bucket.find(key)
    while at % _RECORD and at > 0:
        at = bucket.find(key, at + 1)
    return at
