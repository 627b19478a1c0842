"""One source, read once and scanned once for all jails that follow it. Knows no loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from banward.matching.scanner import Scanner
from banward.records import Progress
from banward.sources.open_file import Since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.records import Batch, Position
    from banward.sources.base import Source
    from banward.watcher.guard import GuardedFilter
    from banward.watcher.page import Page

__all__ = ["Lane"]

_ALL: Final = Since()


class Lane:
    """A source and the jails that follow it.

    Args:
        source: the source.
        jails: the jails that follow it.
        page: where the warden can see what is done.

    Attributes:
        filters: the filters of these jails.
        scanner: applies them.
    """

    def __init__(self, source: Source, jails: tuple[str, ...], page: Page) -> None:
        self.source = source
        self.jails = jails
        self.filters: list[GuardedFilter] = []
        self.scanner = Scanner({})
        self._page = page

    def step(self, now: float) -> Progress | None:
        """Read and scan one block.

        Args:
            now: the present moment, in seconds since the epoch.

        Returns:
            What was found, with the position behind the block; None if there was no whole line,
            or nobody counts lines of this block (they were counted before).
        """
        batch = self.source.read(now)
        if batch is None:
            return None
        starts = self.source.starts
        reads = {jail: since.reads for jail, since in starts.items()}
        self.scanner.warm_up(batch.data)  # the warden takes what is longer than a line for a hang
        self._page.begin(batch.source, batch.start, batch.start + len(batch.data))
        matches = self.scanner.scan(batch, now, reads)
        self._page.end()
        counting = self._counting(batch, starts)
        if not counting:
            return None
        return Progress(
            source=batch.source,
            jails=counting,
            position=self._position(batch.position, now),
            matches=tuple(match for match in matches if match.jail in counting),
            lag=self.source.lag,
        )

    def _counting(self, batch: Batch, starts: Mapping[str, Since]) -> tuple[str, ...]:
        """The jails that did not count the lines of this block before."""
        if not starts:
            return self.jails
        return tuple(jail for jail in self.jails if batch.start >= starts.get(jail, _ALL).counts)

    def _position(self, position: Position, now: float) -> Position:
        """The position with the offset from which open sessions have to be read again."""
        needed = [rule.replay_from(self.source.name, now) for rule in self.filters]
        replay = min((at for at in needed if at is not None), default=position.offset)
        return msgspec.structs.replace(position, replay=min(replay, position.offset))
