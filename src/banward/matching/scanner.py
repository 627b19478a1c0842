"""Blocks of log in, matches out, for all jails that follow the same source. Opens no file.

Most lines concern nobody. Once enough was read to be worth it, a block is looked through for the
literals that the filters need (``prefilter.py``), and only lines that hold one are cut out, decoded
and shown to their filters. The matches are the same.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from banward.matching.block import Block, codec_of, extends_ascii
from banward.matching.engines import SWEEP, choose
from banward.matching.filter import Hint
from banward.matching.linetime import DAY, Oddity, OddityKind
from banward.matching.rows import Reading, Swept
from banward.matching.rules import EVERY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.matching.block_filter import BlockFilter
    from banward.matching.engines import Engines
    from banward.matching.noting import Failures
    from banward.matching.rows import Row
    from banward.records import Batch, Match

__all__ = ["Scanner"]

_WORTH_IT: Final = 64 * 1024  # bytes; finding literals takes the time of some thousand lines


class Scanner:
    """Applies the filters of several jails to the blocks of their sources.

    Args:
        filters: the filter of each jail, by its name.
        prefilter: whether lines may be left out that can't match.

    Attributes:
        jail: the jail whose filter works at this moment, or None; with ``Filter.doing`` it tells a
            watchdog which regex takes too long.
        engines: what looks for lines, once enough was read to choose.

    Raises:
        LookupError: Python does not know the encoding of a filter.
    """

    def __init__(self, filters: Mapping[str, BlockFilter], *, prefilter: bool = True) -> None:
        self.filters = dict(filters)
        self.jail: str | None = None
        self._codecs = {
            jail: codec_of(rule.settings.logencoding) for jail, rule in self.filters.items()
        }
        self._untold: dict[tuple[str, str], float] = {}
        self._until_worth_it: float = _WORTH_IT if prefilter else float("inf")
        self.engines: Engines | None = None

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
        return [match for _, match in self.find(batch, now, starts)]

    def find(self, batch: Batch, now: float, starts: Mapping[str, float]) -> Failures:
        """As ``scan``, with where each line begins within the source."""
        blocks = {codec: Block(batch.data, codec) for codec in set(self._codecs.values())}
        self.warm_up(batch.data)
        self._until_worth_it -= len(batch.data)
        chosen = self.engines.candidates(batch.data) if self.engines else {}
        found: Failures = []
        for jail, rule in self.filters.items():
            self.jail = jail
            block = blocks[self._codecs[jail]]
            self._tell_undecodable(batch, rule, block, now)
            view = _View(batch, block, rule, now, starts.get(jail, 0))
            if self.engines and self.engines.name(jail) == SWEEP and view.swept(found):
                continue
            lines = chosen.get(jail)
            if lines is None:
                view.all_lines(found)
            else:
                view.some_lines(lines, found)
        self.jail = None
        if len(self.filters) > 1:
            found.sort(key=itemgetter(0))
        return found

    def warm_up(self, data: bytes) -> None:
        """Choose engines if enough was read; that may take a second, and no line is worked on.

        Args:
            data: the lines that are scanned next.
        """
        if self.engines is None and self._until_worth_it <= len(data):
            self.engines = self.prepare(data)

    def prepare(self, sample: bytes) -> Engines:
        """Choose engines now, as is done otherwise once enough was read.

        Args:
            sample: lines of the log; the first 64 KiB are looked at.
        """
        readable = {
            jail: rule for jail, rule in self.filters.items() if extends_ascii(self._codecs[jail])
        }
        end = sample.find(b"\n", _WORTH_IT) + 1 or len(sample)
        self.engines = choose(readable, sample[:end])
        return self.engines

    def _tell_undecodable(self, batch: Batch, rule: BlockFilter, block: Block, now: float) -> None:
        """Note a line that is no text in its encoding, once a day for each source (2.12)."""
        key = batch.source, block.codec
        if now - self._untold.get(key, -DAY) < DAY:
            return
        line = block.undecodable()
        if line:
            self._untold[key] = now
            rule.note(Oddity(OddityKind.UNDECODABLE, 0, repr(line)))


class _View:
    """A block as one filter sees it.

    Args:
        batch: the block with all that is known of it.
        block: its lines.
        rule: the filter.
        now: the present moment.
        start: offset of the first line for this filter.
    """

    def __init__(
        self, batch: Batch, block: Block, rule: BlockFilter, now: float, start: float
    ) -> None:
        self._batch = batch
        self._block = block
        self._rule = rule
        self._now = now
        self._start = start
        self._in_operation = not batch.catching_up

    def all_lines(self, found: Failures) -> None:
        """Add the matches of all lines, with the offsets of the lines."""
        begin, number = self._first(), 0
        while begin < len(self._block.data):
            end = self._block.end_of(begin)
            self._process(begin, end, number, Hint(), found)
            begin, number = end, number + 1

    def swept(self, found: Failures) -> bool:
        """Add the matches that a sweep finds; false if there is no sweep of this block."""
        block, start, done = self._block, self._batch.start, self._first()
        sweep = self._rule.sweep
        if sweep is None or self._batch.stamps is not None:
            return False
        rows = sweep.rows(block.data)
        if rows is None:
            return False
        reading = Reading(self._now, self._in_operation, self._batch.source)
        swept = Swept(rows, reading, start)
        at = bisect_left(rows, done, key=itemgetter(0))  # lines before the start are left out
        while (at := self._rule.settle(swept, at, found)) < len(rows):
            if at:
                done = max(done, _end_of(rows[at - 1]))
            begin = rows[at][0]
            found += [(start + begin, match) for match in self._after(done, begin, EVERY)]
            at += 1
        done = max(done, _end_of(rows[-1])) if rows else done
        self._pass_over(done)
        return True

    def some_lines(self, lines: list[tuple[int, int]], found: Failures) -> None:
        """Add those of the lines that the prefilter found; all others are passed over."""
        if self._batch.stamps is not None:
            self._some_entries(lines, found)
            return
        block, start, done = self._block, self._batch.start, self._first()
        reading = Reading(self._now, self._in_operation, self._batch.source)
        glance = self._rule.glance
        for begin, only in lines:
            if begin < done:
                continue  # before the start
            end, text = block.line_at(begin)
            offset = start + begin
            matches = glance(text, reading, offset, only)
            if matches is None:
                matches = self._after(done, begin, only)
            for match in matches:
                found.append((offset, match))
            done = end
        self._pass_over(done)

    def _after(self, done: int, begin: int, only: int) -> list[Match]:
        """What the filter finds in a line that begins at an index; the last before ended at one."""
        block = self._block
        skipped = block.between(done, begin) if begin > done else None
        return self._rule.process(
            block.text(begin, block.end_of(begin)),
            self._now,
            in_operation=self._in_operation,
            source=self._batch.source,
            offset=self._batch.start + begin,
            hint=Hint(only, skipped),
        )

    def _pass_over(self, done: int) -> None:
        """Leave the lines out that are left."""
        rest = self._block.between(done, len(self._block.data))
        self._rule.pass_over(rest, self._now, self._batch.source)

    def _some_entries(self, lines: list[tuple[int, int]], found: Failures) -> None:
        """The same for entries whose times are known, so that no date hangs on another line."""
        done = number = 0
        for begin, only in lines:
            number += self._block.data.count(b"\n", done, begin)
            end = self._block.end_of(begin)
            self._process(begin, end, number, Hint(only), found)
            done, number = end, number + 1

    def _first(self) -> int:
        """Index of the first line; entries of a journal begin by their time, one by one."""
        if self._batch.stamps is not None:
            return 0
        return self._block.next_line(int(self._start) - self._batch.start)

    def _process(
        self,
        begin: int,
        end: int,
        number: int,
        hint: Hint,
        found: Failures,
    ) -> None:
        batch = self._batch
        stamp = None if batch.stamps is None else batch.stamps[number]
        offset: float = batch.start + begin if stamp is None else stamp
        if offset < self._start:
            return
        matches = self._rule.process(
            self._block.text(begin, end),
            self._now,
            in_operation=self._in_operation,
            stamp=stamp,
            source=batch.source,
            offset=offset,
            hint=hint,
        )
        if matches:
            found.extend((offset, match) for match in matches)


def _end_of(row: Row) -> int:
    """Index behind the newline of a line."""
    return row[0] + len(row[1]) + 1
