"""What the client says: results on standard output, everything else as log lines on standard error.

Lines look like those of the server's log (server-and-client.md 5.4), though ``logging`` is not
needed to write them.
"""

from __future__ import annotations

import os
import sys
import time

from banward.printable import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["FAILED", "Output"]

FAILED: Final = 255
"""The exit code of every failure (1.7)."""

_NUMBERS: Final = {
    "ERROR": 40,
    "WARNING": 30,
    "NOTICE": 25,
    "INFO": 20,
    "DEBUG": 10,
    "TRACE": 7,
}
_LEAST: Final = {0: 30, 1: 20, 2: 10, 3: 0}


class Output:
    """Writes for one run of the client.

    Args:
        verbosity: -1 for errors only, 0 for warnings too, up to 3 for everything.
    """

    def __init__(self, verbosity: int = 0) -> None:
        self._least = _LEAST[min(verbosity, 3)] if verbosity >= 0 else _NUMBERS["ERROR"]

    def say(self, text: str) -> None:
        """Write a result."""
        print(text, flush=True)

    def shows(self, level: str) -> bool:
        """Whether a level is shown."""
        return _NUMBERS.get(level, 0) >= self._least

    def log(self, level: str, text: str, logger: str = "") -> None:
        """Write a line on standard error, if the level is shown.

        Args:
            level: ``ERROR``, ``WARNING``, ``NOTICE``, ``INFO``, ``DEBUG`` or ``TRACE``.
            text: the message.
            logger: what follows ``fail2ban.`` in the logger's name.
        """
        if not self.shows(level):
            return
        now = time.time()
        date = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        name = f"fail2ban.{logger}" if logger else "fail2ban"
        line = f"{date},{int(now % 1 * 1000):03d} {name:24}[{os.getpid()}]: {level:7} "
        print(line + harmless(text), file=sys.stderr, flush=True)

    def error(self, text: str) -> int:
        """Write an error, and return the exit code of failures."""
        self.log("ERROR", text)
        return FAILED
