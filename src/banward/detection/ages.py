"""Names by time, so that the old ones are found without looking at the young. Reads no clock."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Ages"]

_WIDTH: Final = 5.0
"""Seconds that share a drawer: the pause between two cleanups (server-and-client.md 2.4)."""


class Ages:
    """Names in drawers of five seconds each.

    A name stays in its drawer while its time moves on; whoever takes it out looks at its true time
    and puts it back where it belongs. So a name costs eight bytes here, and moving costs nothing.
    """

    def __init__(self) -> None:
        self._drawers: dict[int, list[str]] = {}
        self._order: list[int] = []
        self._held = 0

    def __len__(self) -> int:
        """How many names are held; one that was put in twice counts twice."""
        return self._held

    def put(self, name: str, at: float) -> None:
        """Note a time of a name, in seconds since the epoch."""
        number = int(at // _WIDTH)
        drawer = self._drawers.get(number)
        if drawer is None:
            self._drawers[number] = drawer = []
            heapq.heappush(self._order, number)
        drawer.append(name)
        self._held += 1

    def take(self, limit: float) -> Iterable[str]:
        """Take out all names whose noted time may be at or before a limit, each once."""
        taken: dict[str, None] = {}
        while self._order and self._order[0] * _WIDTH <= limit:
            drawer = self._drawers.pop(heapq.heappop(self._order))
            self._held -= len(drawer)
            taken.update(dict.fromkeys(drawer))
        return taken
