"""Notices when the clock of the host was set, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from banward.clock import Clock

__all__ = ["Jumps"]

_LEAST: Final = 2.0
"""Seconds; smaller differences are those of two clocks that are read one after the other."""


class Jumps:
    """The difference between what the clock says and what really went by.

    Args:
        clock: the clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.now() - clock.elapsed()

    def take(self) -> float:
        """Seconds by which the clock was set since the last call, 0 if it was not."""
        offset = self._clock.now() - self._clock.elapsed()
        jump = offset - self._offset
        if abs(jump) < _LEAST:
            return 0.0
        self._offset = offset
        return jump
