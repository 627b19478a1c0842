"""``banward status`` and ``why``: which jails run, over which logs; who is banned, and why."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from banward.cli.banward_common import (
    AsJson,
    ConfigDir,
    SocketPath,
    ask,
    fail,
    print_json,
    socket_of,
)
from banward.cli.banward_health import print_health
from banward.cli.client_link import answers
from banward.cli.why_text import text

__all__ = ["register"]

_PATIENCE = 30.0


def register(app: typer.Typer) -> None:
    """Add the words of this file."""
    app.command()(status)
    app.command()(why)


def status(
    config: ConfigDir = "/etc/fail2ban",
    socket: SocketPath = "",
    *,
    as_json: AsJson = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the server answers.")] = False,
) -> None:
    """Show what runs and who is banned."""
    path = socket_of(config, socket)
    if wait:
        _wait(path)
    _, _, jails = _padded(ask(path, "status", "--all"))
    rows = [_row(name, view) for name, view in sorted(jails.items())]
    health = ask(path, "get", "banward", "health")
    if as_json:
        print_json({"jails": rows, **health})
        return
    _print(rows)
    print_health(health)


def why(
    address: Annotated[str, typer.Argument(help="An address or network.")],
    config: ConfigDir = "/etc/fail2ban",
    socket: SocketPath = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Tell why an address is banned, or why it is not."""
    answer = ask(socket_of(config, socket), "why", address)
    if as_json:
        print_json(answer)
    else:
        print(text(answer))


def _wait(path: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not answers(path):
        if time.monotonic() > deadline:
            fail(f"no server answers at {path}")
        time.sleep(0.1)


def _padded(answer: list[Any]) -> tuple[Any, Any, dict[str, Any]]:
    number, names, *rest = answer
    return number, names, rest[0] if rest else {}


def _row(name: str, view: list[Any]) -> dict[str, Any]:
    (_, reading), (_, acting) = view[:2]
    source = reading[2]
    return {
        "jail": name,
        "logs": [str(entry) for entry in source[1]],
        "failed": reading[0][1],
        "failed_total": reading[1][1],
        "banned": acting[0][1],
        "banned_total": acting[1][1],
        "addresses": [str(address) for address in acting[2][1]],
    }


def _print(rows: list[dict[str, Any]]) -> None:
    console = Console(highlight=False)
    if not rows:
        console.print("Banward runs, but no jail is switched on.")
        console.print(
            "Switch one on: [bold]\\[sshd][/bold] with [bold]enabled = true[/bold] in "
            "/etc/fail2ban/jail.local, then [bold]fail2ban-client reload[/bold]."
        )
        return
    table = Table(title="Banward protects this host", title_justify="left", expand=False)
    for heading, align in (
        ("jail", "left"),
        ("reads", "left"),
        ("failing", "right"),
        ("banned now", "right"),
        ("banned so far", "right"),
    ):
        table.add_column(heading, justify=align)  # type: ignore[arg-type]  # rich takes the words
    for row in rows:
        table.add_row(
            row["jail"],
            "\n".join(row["logs"]) or "-",
            str(row["failed"]),
            str(row["banned"]),
            str(row["banned_total"]),
        )
    console.print(table)
    console.print(
        "Next: [bold]fail2ban-client status JAIL[/bold] names the banned addresses, "
        "[bold]banward unban ADDRESS[/bold] lets one in,\n"
        "[bold]banward check[/bold] looks for mistakes, "
        "[bold]sudo banward demo[/bold] shows a ban from begin to end."
    )
