"""Blocks of log in, matches out, for all jails that follow the same source. Opens no file."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from banward.matching.block import Block, codec_of
from banward.matching.linetime import DAY, Oddity, OddityKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banward.matching.block import Text
    from banward.matching.filter import Filter
    from banward.records import Batch, Match

__all__ = ["Scanner"]


class Scanner:
    """Applies the filters of several jails to the blocks of their sources.

    Args:
        filters: the filter of each jail, by its name.

    Attributes:
        jail: the jail whose filter works at this moment, or None; with ``Filter.doing`` it tells a
            watchdog which regex takes too long.

    Raises:
        LookupError: Python does not know the encoding of a filter.
    """

    def __init__(self, filters: Mapping[str, Filter]) -> None:
        self.filters = dict(filters)
        self.jail: str | None = None
        self._codecs = {
            jail: codec_of(rule.settings.logencoding) for jail, rule in self.filters.items()
        }
        self._undecodable: dict[str, float] = {}

    def scan(self, batch: Batch, now: float, starts: Mapping[str, float]) -> list[Match]:
        """Take the next lines of a source.

        Args:
            batch: whole lines.
            now: the present moment, in seconds since the epoch.
            starts: for each jail where it begins to read the source; lines before it are skipped.
                A jail that is not named takes every line.

        Returns:
            The failures, in the order of the lines.
        """
        blocks = {codec: Block(batch.data, codec) for codec in set(self._codecs.values())}
        found: list[tuple[float, Match]] = []
        for jail, rule in self.filters.items():
            self.jail = jail
            block = blocks[self._codecs[jail]]
            for offset, line, stamp in _lines(block, batch, starts.get(jail, 0)):
                if line.broken:
                    self._tell_undecodable(batch, rule, line, now)
                matches = rule.process(
                    line.text,
                    now,
                    in_operation=not batch.catching_up,
                    stamp=stamp,
                    source=batch.source,
                    offset=offset,
                )
                found.extend((offset, match) for match in matches)
        self.jail = None
        found.sort(key=itemgetter(0))
        return [match for _, match in found]

    def _tell_undecodable(self, batch: Batch, rule: Filter, line: Text, now: float) -> None:
        """Note a line that is no text in its encoding, once a day for each source (2.12)."""
        if now - self._undecodable.get(batch.source, -DAY) >= DAY:
            self._undecodable[batch.source] = now
            shown = repr(batch.data[line.begin : line.end])
            rule.note(Oddity(OddityKind.UNDECODABLE, 0, shown))


def _lines(block: Block, batch: Batch, start: float) -> Iterator[tuple[float, Text, float | None]]:
    """The lines of a batch from an offset on, each with its offset and its stamp."""
    if batch.stamps is not None:
        for line, stamp in zip(block.lines(), batch.stamps, strict=True):
            if stamp >= start:
                yield stamp, line, stamp
        return
    for line in block.lines(block.next_line(int(start) - batch.start)):
        yield batch.start + line.begin, line, None
