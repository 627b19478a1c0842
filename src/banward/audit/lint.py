"""All weak spots of one filter. Knows no file."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from banward.audit.engine import Trial
from banward.audit.exploding import exploding
from banward.audit.field_trial import FieldTrial
from banward.audit.steering import steering
from banward.audit.unknown_tags import unknown_tags
from banward.errors import PatternError
from banward.matching.fieldrule import FieldRule
from banward.matching.pattern import Pattern, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.audit.finding import Finding
    from banward.settings import FilterSettings

__all__ = ["lint"]


def lint(settings: FilterSettings) -> Iterator[Finding]:
    """Find the patterns of a filter that can be steered, explode, or hold what is nearly a tag.

    Patterns that can't be compiled are passed over, and for steering so are filters of several
    lines with a prefregex, of which no example can be built.

    Args:
        settings: the filter.
    """
    written = [("prefregex", settings.prefregex.strip())]
    written += [("failregex", regex) for regex in settings.failregex]
    written += [("ignoreregex", regex) for regex in settings.ignoreregex]
    for option, regex in written:
        yield from unknown_tags(option, regex)
        found = _exploding(option, regex, multiline=settings.maxlines > 1) if regex else None
        if found:
            yield found
    for rule in settings.failjson:
        yield from unknown_tags("failjson", rule)
        yield from _fields(settings, rule)
    if settings.maxlines > 1 and settings.prefregex.strip():
        return
    for number in range(len(settings.failregex)):
        found = _steering(settings, number)
        if found:
            yield found


@functools.lru_cache(maxsize=4096)
def _exploding(option: str, regex: str, *, multiline: bool) -> Finding | None:
    try:
        multi = multiline and option == "failregex"
        return exploding(option, compile_pattern(regex, multiline=multi))
    except PatternError:
        return None


@functools.lru_cache(maxsize=4096)
def _steering(settings: FilterSettings, number: int) -> Finding | None:
    try:
        return steering(Trial(settings, number))
    except PatternError:
        return None


@functools.lru_cache(maxsize=4096)
def _fields(settings: FilterSettings, written: str) -> tuple[Finding, ...]:
    try:
        rule = FieldRule(written, names=settings.usedns != "no")
    except PatternError:
        return ()
    regexes = [field.regex for field in rule.conditions if field.regex]
    found = [exploding("failjson", Pattern(written, regex)) for regex in regexes]
    found += [steering(trial) for trial in FieldTrial.of_rule(settings, rule)]
    return tuple(each for each in found if each)
