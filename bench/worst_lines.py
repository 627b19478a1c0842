"""For every shipped filter the line of 8 KiB that costs most, as far as lines made for it show.

    python bench/worst_lines.py [FILTER...]

The lines are those with which `banward check` looks for patterns that explode: each repetition of a
pattern is filled with what it takes, and the end keeps the match from succeeding. All of them are
timed at a short length, the worst of them at greater ones. Prints milliseconds, the filter, and the
line with its repetition shortened. A filter with a window gets the line until the window is full.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from banward.audit.engine import Trial
from banward.audit.exploding import pumped
from banward.audit.field_trial import FieldTrial
from banward.audit.genuine import examples, heads_of, join
from banward.cli.rules_samples import modes_of
from banward.config import read_filter, shipped_rules
from banward.matching.examiner import Examiner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from banward.audit.engine import Tried
    from banward.audit.exploding import Pumped
    from banward.settings import FilterSettings

FULL = 8192
_LENGTHS = ((1024, 24), (FULL, 3))
"""Lengths of the further rounds, and how many lines are left for each."""

_SHORT = 192
_NOW = 1_700_000_000.0
_EXAMPLES = 8
_HEADS = 3


class Worst(NamedTuple):
    """A line and its cost.

    Args:
        seconds: CPU time of the filter for the line.
        name: the filter, with its mode.
        line: what the line is made of.
        trial: the pattern that it was made for.
    """

    seconds: float
    name: str
    line: Pumped
    trial: Tried


def main(names: list[str]) -> None:
    """Print the worst line of each filter, the worst filter first."""
    rules = shipped_rules()
    assert rules is not None
    chosen = names or sorted(path.stem for path in (rules / "filter.d").glob("*.conf"))
    found = [worst for name in chosen for worst in _of_filter(rules, name)]
    for worst in sorted(found, key=_seconds, reverse=True):
        line = worst.line
        shown = f"{line.before[-60:]!r} + {line.pump!r} * n + {line.end!r}"
        print(f"{worst.seconds * 1000:8.1f} ms  {worst.name}: {shown}")


def _of_filter(rules: Path, name: str) -> Iterator[Worst]:
    """The worst line of a filter over all its modes; nothing for a part that others include."""
    text = (rules / "filter.d" / f"{name}.conf").read_text(encoding="utf-8")
    if "Not to be used alone." in text:
        return
    modes = dict.fromkeys(["", *modes_of(rules, name)])
    definitions = [
        (mode, read_filter(rules, name, {"mode": mode} if mode else {})) for mode in modes
    ]
    tried = [
        worst
        for mode, definition in definitions
        for worst in _worst(f"{name}[mode={mode}]" if mode else name, definition.as_settings())
    ]
    if tried:
        yield max(tried, key=_seconds)


def _worst(name: str, settings: FilterSettings) -> Iterator[Worst]:
    rule = Examiner(settings)
    every = {trial.line(line.text(_SHORT)): (line, trial) for trial, line in _lines(settings)}
    found = [Worst(_cost(rule, settings, text), name, *made) for text, made in every.items()]
    for length, many in _LENGTHS:
        found.sort(key=_seconds, reverse=True)
        texts = ((worst, worst.trial.line(worst.line.text(length))) for worst in found[:many])
        found = [w._replace(seconds=_cost(rule, settings, text)) for w, text in texts]
    yield from found


def _lines(settings: FilterSettings) -> Iterator[tuple[Tried, Pumped]]:
    """Lines made for each pattern, with the pattern."""
    trials: list[Tried] = [Trial(settings, number) for number in range(len(settings.failregex))]
    for rule in Examiner(settings).rules.failjson:
        trials += FieldTrial.of_rule(settings, rule)
    for trial in trials:
        heads = heads_of(trial)
        for inner in examples(trial.fail.regex)[:_EXAMPLES]:
            for head in heads[:_HEADS]:
                for _, line in pumped(join(head, inner)[0]):
                    if "\n" not in line.pump:
                        yield trial, line


def _seconds(worst: Worst) -> float:
    return worst.seconds


def _cost(rule: Examiner, settings: FilterSettings, text: str) -> float:
    """CPU seconds for the last of some lines, the window being full of them."""
    *before, line = text.split("\n") * settings.maxlines
    for each in before:
        rule.examine(each, _NOW, stamp=_NOW)
    begin = time.thread_time()
    rule.examine(line, _NOW, stamp=_NOW)
    return time.thread_time() - begin


if __name__ == "__main__":
    main(sys.argv[1:])
