"""What filters cost on a log: which engine, how many candidates, how long a line takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from banward.matching.block_filter import BlockFilter
from banward.matching.engines import SWEEP
from banward.matching.scanner import Scanner
from banward.records import Batch, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from banward.config import JailDefinition
    from banward.settings import FilterSettings

__all__ = ["Cost", "measure", "settings_of"]

_BLOCK: Final = 1024 * 1024


class Cost(NamedTuple):
    """What one jail costs on one log.

    Args:
        jail: name of the jail.
        log: path of the log.
        engine: what looks for its lines, with all jails of the log together.
        lines: how many lines were read.
        candidates: how many of them matched, or had to be looked at one by one.
        matches: how many failures it found.
        microseconds: CPU time for a line with this jail alone, in microseconds.
    """

    jail: str
    log: str
    engine: str
    lines: int
    candidates: int
    matches: int
    microseconds: float


def settings_of(jail: JailDefinition) -> FilterSettings | None:
    """What the filter of a jail is built from; None if the jail could not be read."""
    if jail.filter is None:
        return None
    own = {setting.name: str(setting.value or "") for setting in jail.settings}
    return replace(
        jail.filter.as_settings(),
        usedns="no",
        logencoding=own.get("logencoding") or "auto",
        logtimezone=own.get("logtimezone") or "",
    )


def measure(
    jails: Mapping[str, FilterSettings],
    log: str,
    data: bytes,
    now: float,
    *,
    clock: Callable[[], float] = time.thread_time,
) -> list[Cost]:
    """Run the jails that share a log over a part of it.

    Args:
        jails: the settings of their filters.
        log: path of the log.
        data: whole lines of it.
        now: the present moment, in seconds since the epoch.
        clock: tells the CPU time, in seconds.

    Raises:
        PatternError: a regex or date pattern of a filter can't be used.
        LookupError: Python does not know the encoding of a filter.
    """
    together = _scanner(jails)
    engines = together.prepare(data)
    found = {jail: len(lines) for jail, lines in engines.candidates(data).items()}
    for jail, rule in together.filters.items():
        if engines.name(jail) == SWEEP and rule.sweep:
            found[jail] = len(rule.sweep.rows(data) or ())
    lines = data.count(b"\n")
    costs = []
    for jail, settings in jails.items():
        alone = _scanner({jail: settings})
        alone.prepare(data)
        begin = clock()
        matches = sum(len(alone.scan(batch, now, {})) for batch in _blocks(log, data, now))
        took = clock() - begin
        candidates = found.get(jail, lines)
        each = took / lines * 1e6 if lines else 0.0
        costs.append(Cost(jail, log, engines.name(jail), lines, candidates, matches, each))
    return costs


def _scanner(jails: Mapping[str, FilterSettings]) -> Scanner:
    return Scanner({jail: BlockFilter(settings, jail=jail) for jail, settings in jails.items()})


def _blocks(log: str, data: bytes, now: float) -> Iterator[Batch]:
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin + _BLOCK) + 1 or len(data)
        yield Batch(log, data[begin:end], begin, now, False, Position())  # noqa: FBT003  (a record)
        begin = end
