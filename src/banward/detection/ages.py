"""Keys by time, so that the old ones are found without looking at the young. Reads no clock."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Ages"]

_WIDTH: Final = 5.0
"""Seconds that share a drawer: the pause between two cleanups (server-and-client.md 2.4)."""

_KEY: Final = 16


class Ages:
    """Keys of sixteen bytes in drawers of five seconds each.

    A key stays in its drawer while its time moves on; whoever takes it out looks at its true time
    and puts it back where it belongs. So it costs its own bytes here, and moving costs nothing.
    """

    def __init__(self) -> None:
        self._drawers: dict[int, bytearray] = {}
        self._order: list[int] = []
        self._held = 0

    def __len__(self) -> int:
        """How many keys are held; one that was put in twice counts twice."""
        return self._held

    def put(self, key: bytes, at: float) -> None:
        """Note a time of a key, in seconds since the epoch."""
        number = int(at // _WIDTH)
        drawer = self._drawers.get(number)
        if drawer is None:
            self._drawers[number] = drawer = bytearray()
            heapq.heappush(self._order, number)
        drawer += key
        self._held += 1

    def take(self, limit: float) -> Iterable[bytes]:
        """Take out all keys whose noted time may be at or before a limit, each once."""
        taken: dict[bytes, None] = {}
        while self._order and self._order[0] * _WIDTH <= limit:
            drawer = bytes(self._drawers.pop(heapq.heappop(self._order)))
            self._held -= len(drawer) // _KEY
            keys = (drawer[at : at + _KEY] for at in range(0, len(drawer), _KEY))
            taken.update(dict.fromkeys(keys))
        return taken
