"""When a jail looks whether what its actions made is still there, where the kernel tells nobody.

From time to time, or so rarely that it takes a hundredth of the time; soon after an event that may
concern it. Reads no clock.
"""

from __future__ import annotations

from typing import Final

__all__ = ["Looks"]

_LONGEST: Final = 300.0
_BETWEEN: Final = 2.0
"""Seconds from a look to the next: a check that itself changes the firewall makes an event."""

_SHARE: Final = 100.0


class Looks:
    """The moments of one jail, in seconds since the epoch."""

    def __init__(self) -> None:
        self._last: float | None = None  # when the last look began; at first, when it was asked
        self._free = 0.0  # when the next look may be, at the earliest
        self._changed = False
        self._running = False

    def due(self, now: float, every: float) -> float | None:
        """When the next look is due; None while one is on its way.

        Args:
            now: the present moment.
            every: seconds from one look to the next where nothing happens.
        """
        if self._last is None or self._last > now:  # the first, or the clock was set back
            self._last, self._free = now, min(self._free, now)
        if self._running:
            return None
        return max(self._free, now if self._changed else self._last + every)

    def soon(self) -> None:
        """Something has changed that may concern the jail."""
        self._changed = True

    def begin(self, now: float) -> None:
        """A look is on its way; what changes from then on is worth another."""
        self._running, self._changed, self._last = True, False, now

    def end(self, begun: float, now: float) -> None:
        """A look is over.

        Args:
            begun: when it began.
            now: when it ended.
        """
        self._running = False
        took = max(0.0, now - begun)
        self._free = now + min(_LONGEST, max(_BETWEEN, took * _SHARE))
