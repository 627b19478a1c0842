"""Says which logs have to be looked at: by inotify, by looking every second where that fails.

``auto`` takes inotify (``signals.py``); a path for which it fails is polled (``polling.py``).
"""

from __future__ import annotations

from typing import Final

from banward.sources.entries import is_pattern
from banward.sources.inotify import Inotify
from banward.sources.polling import Polling
from banward.sources.signals import Signals

__all__ = ["INOTIFY", "POLLING", "Watch"]

INOTIFY: Final = "pyinotify"
POLLING: Final = "polling"


class Watch:
    """The paths and patterns that are watched.

    Attributes:
        troubles: why paths are polled although they should not be, until somebody takes it.
    """

    def __init__(self) -> None:
        self.troubles: list[str] = []
        self._polling = Polling()
        self._signals: Signals | None = None
        self._reason = ""
        self._fresh: set[str] = set()
        self._stale: set[str] = set()
        try:
            self._signals = Signals(Inotify())
        except OSError as error:
            self._reason = error.strerror or str(error)

    def fileno(self) -> int | None:
        """The descriptor that tells of signals, if there is one."""
        return self._signals.fileno() if self._signals else None

    def close(self) -> None:
        """Watch nothing more."""
        if self._signals:
            self._signals.close()
            self._signals = None

    def add(self, path: str, *, backend: str = "auto") -> str:
        """Watch a path or pattern; it counts as changed once.

        Args:
            path: absolute path, also of a missing file, or a pattern.
            backend: ``polling`` to look at it every second as well, for signals may be missing.

        Returns:
            What watches it: ``pyinotify`` or ``polling``.
        """
        self._fresh.add(path)
        if backend != POLLING and self._watch(path, keep=False):
            return INOTIFY
        self._polling.add(path, always=is_pattern(path))
        return POLLING

    def remove(self, path: str) -> None:
        """Watch a path no more."""
        self._fresh.discard(path)
        self._stale.discard(path)
        self._polling.remove(path)
        if self._signals:
            self._signals.remove(path)

    def renew(self, path: str, *, keep: bool) -> str:
        """Watch what stands at the path by now; to be called before it is looked at.

        Args:
            path: a path that was added.
            keep: whether files that stood there before are watched further.

        Returns:
            What watches it.
        """
        if path in self._polling or not self._signals:
            return POLLING
        if path not in self._stale and (keep or not self._signals.has_old_files(path)):
            return INOTIFY
        self._stale.discard(path)
        if self._watch(path, keep=keep):
            return INOTIFY
        self._polling.add(path, always=is_pattern(path))
        return POLLING

    def deadline(self) -> float:
        """When ``changed`` is to be called even without a signal, in seconds since the epoch."""
        return 0.0 if self._fresh else self._polling.deadline()

    def changed(self, now: float) -> set[str]:
        """The paths and patterns that have to be looked at.

        Args:
            now: the present moment, in seconds since the epoch.
        """
        fresh, self._fresh = self._fresh, set()
        written: set[str] = set()
        if self._signals:
            written, moved = self._signals.changed()
            self._stale |= moved
            written |= moved
        return fresh | written | self._polling.changed(now)

    def _watch(self, path: str, *, keep: bool) -> bool:
        """Whether inotify watches a path now; if not, why is told."""
        reason = self._reason
        if self._signals:
            try:
                self._signals.renew(path, keep=keep)
            except OSError as error:
                reason = error.strerror or str(error)
                self._signals.remove(path)
            else:
                return True
        self.troubles.append(f"{path} ({reason})")
        return False
