"""``banward rules cost``: what the filters of the jails cost on their logs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from banward.cli.banward_common import AsJson, ConfigDir, fail, print_json
from banward.cli.rules_cost import Cost, measure, settings_of
from banward.config import read_configuration, shipped_rules
from banward.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.config import JailDefinition

__all__ = ["cost"]

_MOST: Final = 16 * 1024 * 1024  # bytes of a log
_HEAD: Final = ("jail", "engine", "lines", "candidates", "", "found", "µs per line", "log")


def cost(
    jails: Annotated[
        list[str] | None, typer.Argument(metavar="[JAIL]...", help="Jails; default: all.")
    ] = None,
    log: Annotated[
        str, typer.Option(metavar="FILE", help="A log to read instead of the jails' own.")
    ] = "",
    config: ConfigDir = "/etc/fail2ban",
    *,
    as_json: AsJson = False,
) -> None:
    """Show which engine scans each jail, how many lines it looks at, and what a line costs."""
    configuration = read_configuration(config, fallback=shipped_rules())
    known = {jail.name: jail for jail in configuration.jails if not jail.skipped}
    for name in jails or ():
        if name not in known:
            there = ", ".join(known) or "none"
            fail(f"no jail {name!r} can run below {config} (there are: {there})")
    costs = _costs([known[name] for name in jails or known], log)
    if as_json:
        print_json([found._asdict() for found in costs])
    elif costs:
        _print(costs)
    else:
        fail("none of the jails has a log file that is there; name one by --log")


def _costs(jails: Iterable[JailDefinition], log: str) -> list[Cost]:
    """The costs of jails, those that share a log together."""
    shared: dict[str, list[JailDefinition]] = {}
    for jail in jails:
        paths = [log] if log else [path for pattern in jail.logs for path in pattern.found]
        for path in paths:
            shared.setdefault(path, []).append(jail)
    costs: list[Cost] = []
    for path, readers in shared.items():
        settings = {jail.name: made for jail in readers if (made := settings_of(jail))}
        try:
            costs += measure(settings, path, _newest_lines(path), time.time())
        except (OSError, PatternError, LookupError) as error:
            fail(f"{path}: {getattr(error, 'strerror', None) or error}")
    return costs


def _newest_lines(path: str) -> bytes:
    """The last whole lines of a log, up to 16 MiB."""
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _MOST))
        data = file.read(_MOST)
    begin = data.find(b"\n") + 1 if size > _MOST else 0
    return data[begin : data.rfind(b"\n") + 1]


def _print(costs: Iterable[Cost]) -> None:
    rows = [
        (
            c.jail,
            c.engine,
            str(c.lines),
            str(c.candidates),
            f"{c.candidates / c.lines:.1%}" if c.lines else "",
            str(c.matches),
            f"{c.microseconds:.2f}",
            c.log,
        )
        for c in costs
    ]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    for row in (_HEAD, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
