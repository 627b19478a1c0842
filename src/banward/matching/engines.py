"""Which engine looks for the lines of which jail, chosen by measuring them on lines of the log.

    pcre2       all regexes of a jail as one (``sweep.py``): where most lines begin with a date
    literals    pieces of text that a match needs (``prefilter.py``): always there
    hyperscan   whole regexes at once (``automaton.py``): where the package is installed
    line by line  every line is shown to the filter: where nothing can be proven

The first tells what matches; the others give lines that may match, and never leave one out that
does: ``re`` is the judge.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from banward.matching.automaton import Automaton, library
from banward.matching.prefilter import Prefilter
from banward.matching.rows import ODD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from banward.matching.block_filter import BlockFilter

__all__ = ["LINE_BY_LINE", "SWEEP", "Engines", "choose"]

LINE_BY_LINE: Final = "line by line"

SWEEP: Final = "pcre2"

_CONFIRM: Final = 8e-6  # seconds that a filter takes for a line, for comparison
_MOST_ODD: Final = 0.1  # of the lines of a log that is swept


class _Engine(Protocol):
    @property
    def name(self) -> str:
        """What it is called."""

    def candidates(self, data: bytes) -> dict[str, list[tuple[int, int]]]:
        """See ``Prefilter.candidates``."""


class Engines:
    """Engines side by side, each for other jails.

    Args:
        engines: each with the jails that it is for; a jail in none goes line by line.
        swept: the jails whose filters sweep whole blocks.
    """

    def __init__(
        self,
        engines: Sequence[tuple[_Engine, Iterable[str]]],
        swept: Iterable[str] = (),
    ) -> None:
        self._engines = [engine for engine, _ in engines]
        self._names = {jail: engine.name for engine, jails in engines for jail in jails}
        self._names |= dict.fromkeys(swept, SWEEP)

    def name(self, jail: str) -> str:
        """The engine that looks for the lines of a jail."""
        return self._names.get(jail, LINE_BY_LINE)

    def candidates(self, data: bytes) -> dict[str, list[tuple[int, int]]]:
        """As ``Prefilter.candidates``; a jail without an entry has to see all lines."""
        found: dict[str, list[tuple[int, int]]] = {}
        for engine in self._engines:
            found.update(engine.candidates(data))
        return found


def choose(
    filters: Mapping[str, BlockFilter],
    sample: bytes,
    *,
    clock: Callable[[], float] = time.thread_time,
) -> Engines:
    """The engines that take least time for a log.

    Args:
        filters: the filters of the jails, in encodings that extend ASCII.
        sample: some lines of the log.
        clock: tells the CPU time, in seconds.
    """
    swept = {jail for jail, rule in filters.items() if _is_swept(rule, sample)}
    filters = {jail: rule for jail, rule in filters.items() if jail not in swept}
    needs = {jail: need for jail, rule in filters.items() if (need := rule.needs) is not None}
    plain = Engines([(Prefilter(needs), needs)] if needs else [], swept)
    if not filters or library() is None:
        return plain
    loosened = {jail: some for jail, rule in filters.items() if (some := rule.loosened)}
    try:
        automaton = Automaton(loosened)
    except ValueError:
        return plain
    others = {jail: need for jail, need in needs.items() if jail not in loosened}
    literals = [(Prefilter(others), others)] if others else []
    mixed = Engines([(automaton, loosened), *literals], swept)
    return min((plain, mixed), key=lambda engines: _cost(engines, filters, sample, clock))


def _is_swept(rule: BlockFilter, sample: bytes) -> bool:
    """Whether a filter can sweep a log of such lines, most of which it has not to be shown."""
    rows = rule.sweep.rows(sample) if rule.sweep else None
    if rows is None:
        return False
    odd = sum(way.mask == ODD for _, _, way, _ in rows)
    return odd <= sample.count(b"\n") * _MOST_ODD


def _cost(
    engines: Engines, filters: Mapping[str, BlockFilter], sample: bytes, clock: Callable[[], float]
) -> float:
    """Seconds for a sample."""
    engines.candidates(sample)  # what is made at the first use is not the matter here
    begin = clock()
    found = engines.candidates(sample)
    took = clock() - begin
    every = sample.count(b"\n")
    lines = sum(len(found[jail]) if jail in found else every for jail in filters)
    return took + lines * _CONFIRM
