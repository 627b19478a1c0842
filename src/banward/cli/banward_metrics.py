"""``banward metrics``: the numbers of the server for Prometheus, printed or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banward.cli.banward_common import (
    AsJson,
    ConfigDir,
    SocketPath,
    ask,
    fail,
    print_json,
    socket_of,
)
from banward.metrics.families import DOWN, EXPORTER_NAMES, METRICS
from banward.metrics.textfile import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.metrics.families import Metric

__all__ = ["register"]

File = Annotated[
    str,
    typer.Option("--file", help="Write a file for node_exporter's textfile collector."),
]
F2bNames = Annotated[
    bool, typer.Option("--f2b-names", help="Add the names of fail2ban's usual exporter.")
]


def register(app: typer.Typer) -> None:
    """Add the word of this file."""
    app.command()(metrics)


def metrics(
    config: ConfigDir = "/etc/fail2ban",
    socket: SocketPath = "",
    *,
    file: File = "",
    f2b_names: F2bNames = False,
    as_json: AsJson = False,
) -> None:
    """Print the numbers of the server in Prometheus' text format."""
    if as_json and file:
        fail("--json prints, --file writes: take one of them")
    try:
        values = ask(socket_of(config, socket), "get", "banward", "metrics")
    except typer.Exit:
        if file:  # what was told before is not true any more
            _write(file, _text(DOWN, {}))
        raise
    if as_json:
        print_json(values)
        return
    told = _text((*METRICS, *EXPORTER_NAMES) if f2b_names else METRICS, values)
    if file:
        _write(file, told)
    else:
        print(told, end="")


def _text(rows: Sequence[Metric], values: dict[str, Any]) -> str:
    # Only this word needs the library, which takes longer to load than others take to answer.
    from banward.metrics.exposition import text  # noqa: PLC0415

    return text(rows, values)


def _write(file: str, text: str) -> None:
    try:
        write_whole(Path(file), text)
    except OSError as error:
        fail(f"{file} can't be written: {error.strerror or error}")
