"""What REGEX stands for: a jail, a filter or a failregex; as settings of a filter.

The order is that of config-and-filters.md 4.1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from banward.settings import FilterSettings

if TYPE_CHECKING:
    from pathlib import Path

    from banward.cli.regex_arguments import Arguments
    from banward.config import FilterDefinition

__all__ = ["Target", "read_target"]

_NAME = re.compile(r"/*[\w/.\-]+(?:\[.*\])?", re.DOTALL)


class Target(NamedTuple):
    """The filter to try.

    Args:
        settings: for the engine.
        uses: what the report says is used, as label and value, in this order.
        journalmatch: matches for the journal, one entry a line.
        effective: options of the filter as they are in force, for the report.
    """

    settings: FilterSettings
    uses: tuple[tuple[str, str], ...]
    journalmatch: tuple[str, ...] = ()
    effective: dict[str, str] | None = None


def read_target(arguments: Arguments, *, journal: bool) -> Target:
    """Find out what REGEX and IGNOREREGEX mean.

    Args:
        arguments: the command line.
        journal: whether the log is the journal, which decides the filter's ``logtype``.

    Raises:
        ConfigError: the jail or filter can't be read.
    """
    target = None
    if _NAME.fullmatch(arguments.regex):
        target = _named(arguments, "systemd" if journal else "auto")
    if target is None:
        target = Target(
            FilterSettings(failregex=(arguments.regex,)), (("failregex line", arguments.regex),)
        )
    return _overridden(target, arguments)


def _named(arguments: Arguments, backend: str) -> Target | None:
    """A jail or filter by its name, with options."""
    # A regex needs no reader of configurations, and the command is to start quickly.
    from banward.config import (  # noqa: PLC0415
        find_filter,
        read_filter,
        read_jail_filter,
        shipped_rules,
        split_reference,
    )

    name, options = split_reference(arguments.regex)
    rules = shipped_rules()
    uses: list[tuple[str, str]] = []
    definition = None
    if "/" not in name and not name.endswith((".conf", ".local")):
        definition = read_jail_filter(
            arguments.config, name, options, backend=backend, fallback=rules
        )
        if definition is not None:
            uses.append(("jail", f"{name}, basedir: {arguments.config}"))
            if options:
                uses.append(("jail/flt options", str(options)))
    if definition is None:
        path = find_filter(arguments.config, name, fallback=rules)
        if path is None:
            return None
        definition = read_filter(arguments.config, name, options, backend=backend, fallback=rules)
        uses.append(("filter file", f"{name}, basedir: {_base(path, arguments.config)}"))
        if options:
            uses.append(("filter options", str(options)))
    return _of_definition(definition, uses)


def _base(path: Path, config: str) -> str:
    """The directory that a filter file is read below."""
    if path.parent.name == "filter.d":
        return str(path.parent.parent)
    return config


def _of_definition(definition: FilterDefinition, uses: list[tuple[str, str]]) -> Target:
    maxlines = definition.maxlines
    if maxlines is not None:
        uses.append(("maxlines", str(maxlines)))
    effective = {setting.name: str(setting.value) for setting in definition.settings}
    return Target(definition.as_settings(), tuple(uses), definition.journalmatch, effective)


def _overridden(target: Target, arguments: Arguments) -> Target:
    """The target with what the command line says otherwise."""
    uses = list(target.uses)
    settings = replace(
        target.settings,
        usedns="raw" if arguments.raw else arguments.usedns,
        logencoding=arguments.encoding,
        logtimezone=arguments.timezone,
    )
    if arguments.ignoreregex is not None:
        settings = replace(settings, ignoreregex=(arguments.ignoreregex,))
        uses.append(("ignoreregex line", arguments.ignoreregex))
    if arguments.maxlines:
        settings = replace(settings, maxlines=arguments.maxlines)
        uses = [use for use in uses if use[0] != "maxlines"]
        uses.insert(0, ("maxlines", str(arguments.maxlines)))
    if arguments.datepattern is not None:
        settings = replace(settings, datepattern=arguments.datepattern)
    matches = target.journalmatch
    if arguments.journalmatch is not None:
        matches = (arguments.journalmatch,)
    return Target(settings, tuple(uses), matches, target.effective)
