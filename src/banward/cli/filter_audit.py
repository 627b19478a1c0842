"""The weak spots of a filter as problems with file and line; one filter file checked alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.audit.lint import lint
from banward.config import Problem, read_filter, shipped_rules
from banward.config.check import bad_patterns, place_of
from banward.config.model import ProblemError
from banward.config.reference import split_reference
from banward.errors import ConfigError
from banward.matching.filter import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.config.model import FilterDefinition

__all__ = ["check_filter", "compile_filter", "weak_spots"]


def weak_spots(definition: FilterDefinition) -> Iterator[Problem]:
    """A warning for each pattern that can be steered or that explodes.

    Args:
        definition: the filter.
    """
    places = {setting.name: setting.place for setting in definition.settings}
    for found in lint(definition.as_settings()):
        line = f"  line:    {found.example}\n" if found.example else ""
        where = f"column {found.column} of {found.option}" if found.column else found.option
        yield Problem(
            kind=found.kind,
            message=f"{where}: {found.why}\n  pattern: {found.pattern}\n{line} ",
            place=place_of(found.pattern, places.get(found.option)),
            hint=found.repair,
            level="warning",
        )


def check_filter(config: str, reference: str) -> Iterator[Problem]:
    """All problems of one filter.

    Args:
        config: the configuration's folder.
        reference: name or file of the filter, with parameters in brackets where wanted.
    """
    try:
        name, options = split_reference(reference)
        definition = read_filter(config, name, options, fallback=shipped_rules())
    except ProblemError as error:
        yield error.problem
        return
    except ConfigError as error:
        yield Problem(kind=error.kind, message=str(error), place=error.place)
        return
    yield from bad_patterns(definition, compile_filter)
    yield from weak_spots(definition)


def compile_filter(definition: FilterDefinition) -> object:
    """Try patterns; a ``PatternError`` says what is wrong with them."""
    return Filter(definition.as_settings(), jail=definition.name)
