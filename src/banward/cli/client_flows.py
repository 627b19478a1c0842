"""What takes the client more than one question: start, restart, reload.

The rules are those of server-and-client.md 1.4 and 1.5.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from banward.cli.client_config import read, tell_places
from banward.cli.client_link import Link, LinkError, answers
from banward.cli.client_output import FAILED
from banward.config import stream
from banward.control.failure import Failure

if TYPE_CHECKING:
    from banward.cli.client_asking import Client

__all__ = ["reload", "restart", "show_help", "start"]

_OPTIONS: Final = ("--restart", "--unban", "--if-exists")
_STEP: Final = 0.05


def show_help(client: Client, _: list[str]) -> int:
    """Print the usage text."""
    from banward.cli.client_usage import usage  # noqa: PLC0415 - only here

    client.output.say(usage(client.options.program))
    return 0


def start(client: Client, _: list[str]) -> int:
    """Start the server with all enabled jails, here or in the background.

    Where fail2ban would refuse all (1.4), the jails that are sound run; the exit code and the
    messages are those of the refusal.
    """
    from banward.cli import client_spawn  # noqa: PLC0415 - only here

    if answers(client.socket):
        return client.output.error("Server already running")
    configuration = read(client)
    if configuration.fatal and client.options.is_server:
        client.output.error("Async configuration of server failed")
    if configuration.fatal and all(jail.skipped for jail in configuration.jails):
        return FAILED
    if client.options.foreground:
        return client_spawn.run_here(client, configuration)
    return client_spawn.run_in_background(client, configuration)


def restart(client: Client, words: list[str]) -> int:
    """Stop and start the server; with more words it is ``reload --restart``."""
    if words:
        return reload(client, ["--restart", *words])
    _announce(client, "stop")
    try:
        _stop(client)
    except LinkError as error:
        client.output.error(str(error))
    if not _wait_until_gone(client):
        return client.output.error("Could not stop server")
    _announce(client, "load configuration")
    _announce(client, "start")
    return start(client, [])


def _stop(client: Client) -> None:
    """Stop for a moment: bans stay in force if the server knows how to leave them."""
    with Link(client.socket) as link:
        answer = link.ask(["stop", "--keep-bans"])
        if isinstance(answer, tuple) and isinstance(answer[1], Failure):
            answer = link.ask(["stop"])
        client.show(["stop"], answer)


def _wait_until_gone(client: Client) -> bool:
    end = client.deadline
    while answers(client.socket):
        if time.monotonic() > end:
            return False
        time.sleep(_STEP)
    return True


def reload(client: Client, words: list[str]) -> int:
    """Read the configuration again and send it to the running server (1.5)."""
    options: list[str] = []
    while words and words[0] in _OPTIONS:
        options.append(words[0])
        words = words[1:]
    if len(words) > 1:
        return client.output.error(f"Unexpected argument(s) for reload: {words}")
    if not answers(client.socket):
        return client.output.error("Could not find server")
    _announce(client, "reload")
    jail = words[0] if words and words[0] != "--all" else None
    configuration = read(client, jail=jail)
    if configuration.fatal:
        return FAILED
    command: list[Any] = ["reload", jail or "--all", options, stream(configuration, report=True)]
    try:
        code = client.ask(command)
    except LinkError as error:
        return client.output.error(str(error))
    if code:
        tell_places(client, configuration)
    return code


def _announce(client: Client, what: str) -> None:
    """In the terminal, say what goes on."""
    if client.options.has("i"):
        client.output.say(f"  ## {what} ... ")
