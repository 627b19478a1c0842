"""Looks at paths every second: for file systems that send no signals, and when asked to."""

from __future__ import annotations

import os
from math import inf
from typing import Final

__all__ = ["INTERVAL", "Polling"]

INTERVAL: Final = 1.0
"""Seconds between two looks; fail2ban takes up to two (server-and-client.md 3.3)."""

_State = tuple[int, int, int, int] | None


class Polling:
    """The paths that are looked at."""

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}
        self._always: set[str] = set()
        self._due = inf

    def __contains__(self, path: str) -> bool:
        return path in self._states or path in self._always

    def add(self, path: str, *, always: bool = False) -> None:
        """Look at a path from now on.

        Args:
            path: the path, or a pattern.
            always: say at every look that it changed (a pattern has no state of its own).
        """
        if always:
            self._always.add(path)
        else:
            self._states.setdefault(path, None)
        self._due = min(self._due, 0)

    def remove(self, path: str) -> None:
        """Look at a path no more."""
        self._states.pop(path, None)
        self._always.discard(path)
        if not (self._states or self._always):
            self._due = inf

    def deadline(self) -> float:
        """When ``changed`` is to be called next, in seconds since the epoch."""
        return self._due

    def changed(self, now: float) -> set[str]:
        """The paths whose file has another inode, size or time of change than at the last look.

        Args:
            now: the present moment; nothing is done before ``deadline``.
        """
        if self._due == inf or now < self._due <= now + INTERVAL:  # later: the clock was set back
            return set()
        self._due = now + INTERVAL
        found = set(self._always)
        for path, old in self._states.items():
            new = _state(path)
            if new != old:
                self._states[path] = new
                found.add(path)
        return found


def _state(path: str) -> _State:
    try:
        found = os.stat(path)  # noqa: PTH116  (every second for every file)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
