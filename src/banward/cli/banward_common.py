"""What the words of ``banward`` share: options, the way to the server, output as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from banward.cli.client_link import Link, LinkError
from banward.config import read_server, shipped_rules
from banward.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["AsJson", "ConfigDir", "SocketPath", "ask", "ask_all", "fail", "print_json", "socket_of"]

ConfigDir = Annotated[
    str, typer.Option("-c", "--config", metavar="DIR", help="The configuration's folder.")
]
SocketPath = Annotated[
    str, typer.Option("-s", "--socket", metavar="FILE", help="The server's socket.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def socket_of(config: str, socket: str) -> str:
    """The path of the server's socket: as given, else as configured."""
    if socket:
        return socket
    try:
        server = read_server(config, fallback=shipped_rules())
    except ConfigError as error:
        fail(str(error))
    return str(server.get("socket"))


def ask(path: str, *words: Any) -> Any:
    """Ask the server, and end with a message if it is not there or refuses."""
    (answer,) = ask_all(path, [list(words)])
    return answer


def ask_all(path: str, commands: Iterable[list[Any]]) -> Iterator[Any]:
    """Ask the server many things, and end with a message at the first that it refuses."""
    try:
        with Link(path) as link:
            for code, answer in link.ask_all(commands):
                if code:
                    fail(str(getattr(answer, "text", answer)))
                yield answer
    except LinkError as error:
        fail(str(error))


def fail(message: str, code: int = 1) -> NoReturn:
    """End with a message on standard error."""
    print(f"banward: {message}", file=sys.stderr)
    raise typer.Exit(code)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
