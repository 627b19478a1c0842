"""A clock that stands still until a test moves it."""

from __future__ import annotations

__all__ = ["TestClock"]


class TestClock:
    """Tells the time that it was told; starts at 2023-11-14 22:13:20 UTC.

    Args:
        now: seconds since the epoch.
    """

    __test__ = False  # the name begins with Test, but pytest has nothing to collect here

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._set_by = 0.0

    def now(self) -> float:
        """The moment that was set last, in seconds since the epoch."""
        return self._now

    def elapsed(self) -> float:
        """Seconds that went by; those by which the clock jumped do not count."""
        return self._now - self._set_by

    def jump(self, seconds: float) -> None:
        """Set the clock on or back by this many seconds, without any going by."""
        self._now += seconds
        self._set_by += seconds

    def advance(self, seconds: float) -> None:
        """Move on by this many seconds."""
        self._now += seconds

    def set(self, now: float) -> None:
        """Stand at this moment, in seconds since the epoch."""
        self._now = now
