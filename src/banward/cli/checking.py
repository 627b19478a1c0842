"""The check of a whole configuration, with the shipped rules and the filter engine at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.cli.filter_audit import compile_filter, weak_spots
from banward.cli.rules_samples import modes_of
from banward.config import read_filter, shipped_rules
from banward.config.check import check_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banward.config import Problem
    from banward.config.check import Checked
    from banward.config.model import FilterDefinition

__all__ = ["check"]


def check(
    config: str, *, audit: bool = False, overrides: Mapping[str, str] | None = None
) -> Checked:
    """Read a configuration, and find all that is wrong with it.

    Args:
        config: the user's directory (``-c``).
        audit: whether to look for patterns that can be steered or that explode, too.
        overrides: options of the command line by name.
    """
    return check_configuration(
        config,
        overrides=overrides,
        fallback=shipped_rules(),
        try_filter=compile_filter,
        audit=_audit if audit else None,
    )


def _audit(definition: FilterDefinition) -> Iterator[Problem]:
    """The weak spots of a filter; one that is as shipped is held to have none by our own tests."""
    if _patterns(definition) not in _shipped_patterns(definition.name):
        yield from weak_spots(definition)


def _shipped_patterns(name: str) -> list[tuple[object, ...]]:
    """The patterns of a shipped filter in each of its modes; none if there is no such filter."""
    rules = shipped_rules()
    if rules is None or not (rules / "filter.d" / f"{name}.conf").is_file():
        return []
    modes = dict.fromkeys(("", *modes_of(rules, name)))
    options = ({"mode": mode} if mode else {} for mode in modes)
    return [_patterns(read_filter(rules, name, given)) for given in options]


def _patterns(definition: FilterDefinition) -> tuple[object, ...]:
    settings = definition.as_settings()
    patterns = settings.prefregex, settings.failregex, settings.ignoreregex
    return settings.maxlines, settings.usedns, *patterns
