"""One source, read once and scanned once for all jails that follow it. Knows no loop.

What is found in a block is told at once, save where thousands failed in it: the warden would let
others wait too long for so many counters.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import msgspec

from banward.matching.scanner import Scanner
from banward.records import Progress
from banward.sources.open_file import Since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.matching.noting import Failures
    from banward.records import Batch
    from banward.sources.base import Source
    from banward.watcher.guard import GuardedFilter
    from banward.watcher.page import Page

__all__ = ["Lane"]

_ALL: Final = Since()

_MOST_SUBJECTS: Final = 1000
"""How many may have failed in what is told at once, some more on the last line."""


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

    def step(self, now: float) -> list[Progress]:
        """Read and scan one block.

        Args:
            now: the present moment, in seconds since the epoch.

        Returns:
            What was found, each part with the position behind it; nothing if there was no whole
            line, or nobody counts lines of this block (they were counted before).
        """
        batch = self.source.read(now)
        if batch is None:
            return []
        starts = self.source.starts
        reads = {jail: since.reads for jail, since in starts.items()}
        before = self._replay(batch.start, now)
        self.scanner.warm_up(batch.data)  # the warden takes what is longer than a line for a hang
        self._page.begin(batch.source, batch.start, batch.start + len(batch.data))
        found = self.scanner.find(batch, now, reads)
        self._page.end()
        counting = self._counting(batch, starts)
        if not counting:
            return []
        if len(counting) < len(self.scanner.filters):
            found = [each for each in found if each[1].jail in counting]
        replay = self._replay(batch.position.offset, now)
        told, lag = [], self.source.lag
        cuts = [] if batch.stamps is not None else _cuts(found)
        for first, behind in itertools.pairwise((0, *cuts, len(found))):
            position, left = msgspec.structs.replace(batch.position, replay=replay), lag
            if behind < len(found):
                at = found[behind][0]
                position = msgspec.structs.replace(position, offset=at, replay=min(before, at))
                left += batch.start + len(batch.data) - int(at)
            matches = tuple([match for _, match in found[first:behind]])
            told.append(Progress(batch.source, counting, position, matches, left))
        return told

    def _counting(self, batch: Batch, starts: Mapping[str, Since]) -> tuple[str, ...]:
        """The jails that did not count the lines of this block before."""
        if not starts:
            return self.jails
        return tuple(jail for jail in self.jails if batch.start >= starts.get(jail, _ALL).counts)

    def _replay(self, offset: float, now: float) -> float:
        """From where lines have to be read again at an offset, so that open sessions are known."""
        needed = [rule.replay_from(self.source.name, now) for rule in self.filters]
        return min((at for at in needed if at is not None and at < offset), default=offset)


def _cuts(found: Failures) -> list[int]:
    """Where failures are cut in parts, between two lines, so that not too many failed in each."""
    if len(found) <= _MOST_SUBJECTS:
        return []
    cuts, subjects = [], set[str]()
    for index, (offset, match) in enumerate(found):
        if len(subjects) >= _MOST_SUBJECTS and offset != found[index - 1][0]:
            cuts.append(index)
            subjects = set()
        subjects.add(match.subject or match.name)
    return cuts
