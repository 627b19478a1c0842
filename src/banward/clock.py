"""What time it is: the one place where wall-clock time is read, so that tests can set it."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time in seconds since the epoch."""

    def now(self) -> float:
        """The present moment, in seconds since the epoch, with fraction."""

    def elapsed(self) -> float:
        """Seconds since some fixed moment: setting the clock does not change them."""


class SystemClock:
    """The clock of the host."""

    def now(self) -> float:
        """The present moment, in seconds since the epoch, with fraction."""
        return time.time()

    def elapsed(self) -> float:
        """Seconds since the host was started; the time that it sleeps counts."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
