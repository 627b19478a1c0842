"""Log messages of ``fail2ban-regex``, shown on stdout from the level on that was asked for."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banward.clock import Clock

__all__ = ["Messages"]

_ERROR = 40
_WARNING = 30
_NAMES = {_ERROR: "ERROR", _WARNING: "WARNING"}


class Messages:
    """Shows messages of a level that is high enough.

    Args:
        level: number of the lowest level to show.
        clock: tells the time.
    """

    def __init__(self, level: int, clock: Clock) -> None:
        self._level = level
        self._clock = clock

    def error(self, logger: str, text: str) -> None:
        """Something was not done as asked for."""
        self._show(_ERROR, logger, text)

    def warning(self, logger: str, text: str) -> None:
        """Something the user may not expect."""
        self._show(_WARNING, logger, text)

    def _show(self, level: int, logger: str, text: str) -> None:
        if level < self._level:
            return
        now = self._clock.now()
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        print(
            f"{when},{int(now % 1 * 1000):03} fail2ban.{logger:<15} [{os.getpid()}]: "
            f"{_NAMES[level]:<7} {text}"
        )
