"""``banward ban``, ``unban`` and ``allow``: orders, many addresses at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from banward.cli.banward_common import ConfigDir, SocketPath, ask, ask_all, fail, socket_of

__all__ = ["register"]

Addresses = Annotated[list[str] | None, typer.Argument(help="Addresses or networks.")]
Jail = Annotated[str, typer.Option("-j", "--jail", help="The jail; all of them if left out.")]
File = Annotated[str, typer.Option("-f", "--file", help="A file with addresses, - for stdin.")]

_AT_ONCE = 10_000
"""As many go in one message; the server answers others meanwhile."""


def register(app: typer.Typer) -> None:
    """Add the words of this file."""
    for command in (ban, unban, allow):
        app.command()(command)


def ban(
    addresses: Addresses = None,
    jail: Jail = "",
    file: File = "",
    config: ConfigDir = "/etc/fail2ban",
    socket: SocketPath = "",
) -> None:
    """Ban addresses in a jail, or in every jail."""
    path = socket_of(config, socket)
    chosen = _chosen(addresses, file)
    count = sum(_in_parts(path, ["set", name, "banip"], chosen) for name in _jails(path, jail))
    print(f"{count} newly banned")


def unban(
    addresses: Addresses = None,
    jail: Jail = "",
    file: File = "",
    config: ConfigDir = "/etc/fail2ban",
    socket: SocketPath = "",
) -> None:
    """Lift bans, and forget that they were."""
    path = socket_of(config, socket)
    words = ["set", jail, "unbanip"] if jail else ["unban"]
    print(f"{_in_parts(path, words, _chosen(addresses, file))} lifted")


def allow(
    addresses: Addresses = None,
    jail: Jail = "",
    file: File = "",
    config: ConfigDir = "/etc/fail2ban",
    socket: SocketPath = "",
) -> None:
    """Never ban addresses, until the next start; lift their bans.

    For good: write them into ``ignoreip``.
    """
    path = socket_of(config, socket)
    chosen = _chosen(addresses, file)
    for name in _jails(path, jail):
        for part in _parts(chosen):
            ask(path, "set", name, "addignoreip", *part)
            ask(path, "set", name, "unbanip", *part)
    print(f"{len(chosen)} allowed until the next start; for good: ignoreip in jail.local")


def _chosen(addresses: list[str] | None, file: str) -> list[str]:
    found = list(addresses or ())
    if file:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        except OSError as error:
            fail(str(error))
        lines = (line.partition("#")[0] for line in text.splitlines())
        found += [word for line in lines for word in line.split()]
    if not found:
        fail("expected addresses, or --file", code=2)
    return found


def _jails(path: str, jail: str) -> list[str]:
    if jail:
        return [jail]
    (_, names) = ask(path, "status")[1]
    return [name.strip() for name in str(names).split(",") if name.strip()]


def _in_parts(path: str, words: list[Any], addresses: list[str]) -> int:
    return sum(map(int, ask_all(path, ([*words, *part] for part in _parts(addresses)))))


def _parts(addresses: list[str]) -> list[list[str]]:
    return [addresses[at : at + _AT_ONCE] for at in range(0, len(addresses), _AT_ONCE)]
