"""What an action did not put in force though it was decided, and when it is tried again.

Pauses grow from one second to five minutes, twice as long each time. Reads no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FIRST_PAUSE", "LONGEST_PAUSE", "Retry", "Shortfall"]

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0


class Retry:
    """When something that failed is tried again.

    Attributes:
        due: the moment of the next attempt in seconds since the epoch, None while all is well.
        failures: how often it failed in a row.
    """

    def __init__(self) -> None:
        self.due: float | None = None
        self.failures = 0

    def failed(self, now: float) -> float:
        """Take note of a failure, and give the seconds until the next attempt."""
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.failures, 16))
        self.failures += 1
        self.due = now + pause
        return pause

    def worked(self) -> bool:
        """Take note of a success, and tell whether it had failed before."""
        had_failed = self.failures > 0
        self.due, self.failures = None, 0
        return had_failed

    def is_due(self, now: float) -> bool:
        """Whether it is time; also if the clock was set back meanwhile."""
        return self.due is not None and not now < self.due <= now + LONGEST_PAUSE


class Shortfall:
    """One action that bans.

    Attributes:
        absent: the subjects that are not in force, as far as is known.
        is_read_back: whether that is the kernel's word, not only that of a command.
        retry: when the action is tried again.
    """

    def __init__(self) -> None:
        self.absent: set[str] = set()
        self.is_read_back = True
        self.retry = Retry()

    def expect(self, subjects: Iterable[str]) -> None:
        """These were decided; until more is known they are not in force."""
        self.absent.update(subjects)

    def settle(self, subjects: Iterable[str]) -> None:
        """These are in force, or not wanted any more."""
        self.absent.difference_update(subjects)
