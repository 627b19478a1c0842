"""What time it is: the one place where wall-clock time is read, so that tests can set it."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time in seconds since the epoch."""

    def now(self) -> float:
        """The present moment, in seconds since the epoch, with fraction."""


class SystemClock:
    """The clock of the host."""

    def now(self) -> float:
        """The present moment, in seconds since the epoch, with fraction."""
        return time.time()
