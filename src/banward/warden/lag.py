"""How far the reading of logs is behind what the services wrote; opens no log.

The watcher may hang, so it is not asked: what was handled is known here, and the kernel knows how
long a file is. Of the journal nobody knows how much is still to come.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from banward.control.desk import Lag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from banward.records import Position, Progress
    from banward.warden.jail import Jail

__all__ = ["Lags"]


class Lags:
    """Since when sources are behind."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def take(self, progress: Progress, now: float) -> None:
        """Note whether anything was left behind a block that was handled."""
        if progress.lag:
            self._since.setdefault(progress.source, now)
        else:
            self._since.pop(progress.source, None)

    def view(
        self, jails: Iterable[Jail], positions: Mapping[tuple[str, str], Position], now: float
    ) -> list[Lag]:
        """How far each file is behind, by name; of the journal nobody knows.

        Args:
            jails: the jails that run.
            positions: how far each jail has read each source.
            now: the present moment, in seconds since the epoch.
        """
        reached: dict[str, Position] = {}
        for jail in jails:
            for source in filter(_is_file, jail.sources):
                position = positions.get((jail.name, source))
                if position and position.offset < _offset(reached.get(source)):
                    reached[source] = position
        return [self._of(source, position, now) for source, position in sorted(reached.items())]

    def _of(self, source: str, position: Position, now: float) -> Lag:
        try:
            status = Path(source).stat()
        except OSError:
            return Lag(source, 0, 0.0)
        is_same = status.st_ino == position.inode and status.st_size >= position.offset
        size = status.st_size - int(position.offset) if is_same else status.st_size
        since = self._since.get(source, status.st_mtime)
        return Lag(source, size, max(0.0, now - since) if size else 0.0)


def _is_file(source: str) -> bool:
    return source.startswith("/")


def _offset(position: Position | None) -> float:
    return float("inf") if position is None else position.offset
