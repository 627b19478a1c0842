"""What takes the client more than one question: start, restart, reload, test and dump.

The rules are those of server-and-client.md 1.4, 1.5 and 1.8.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from banward.cli.client_link import Link, LinkError, answers
from banward.cli.client_output import FAILED
from banward.cli.client_settings import config_dir
from banward.config import read_configuration, shipped_rules, stream
from banward.control.failure import Failure
from banward.masking import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.cli.client import Client
    from banward.config import Configuration

__all__ = ["check", "deadline", "read", "reload", "restart", "show_help", "start", "tell_places"]

_OPTIONS: Final = ("--restart", "--unban", "--if-exists")
_WAIT: Final = 30.0
_NO_JAIL_LEFT: Final = "all-jails-skipped"
_STEP: Final = 0.05
_WIDTH: Final = 1000


def show_help(client: Client, _: list[str]) -> int:
    """Print the usage text."""
    from banward.cli.client_usage import usage  # noqa: PLC0415 - only here

    client.output.say(usage(client.options.program))
    return 0


# Reading the configuration --------------------------------------------------------------------


def read(
    client: Client, *, jail: str | None = None, test: bool = False, dump: bool = False
) -> Configuration:
    """Read the configuration, and write on standard error what is to be said about it."""
    overrides = {
        name: value
        for name, value in client.options.values.items()
        if name in {"loglevel", "logtarget", "syslogsocket", "socket", "pidfile"}
    }
    configuration = read_configuration(
        config_dir(client.options),
        fallback=shipped_rules(),
        jail=jail,
        test=test,
        dump=dump,
        overrides=overrides,
    )
    for line in configuration.log:
        client.output.log(line.level, line.text, line.logger)
    return configuration


def check(client: Client) -> int:
    """``-d`` and ``-t``: show the commands, tell whether the configuration is sound (1.8)."""
    options, output = client.options, client.output
    test, dump = options.has("t"), options.has("d") or options.has("dp")
    configuration = read(client, test=test, dump=dump)
    fatal = configuration.fatal
    if dump and fatal and fatal.kind != _NO_JAIL_LEFT:
        output.say("ERROR: The configuration stream failed because of the invalid syntax.")
    elif dump:
        _dump(client, configuration)
    if not test:
        return output.error("Init of command line failed") if configuration.fatal else 0
    untold = not dump and tell_places(client, configuration)
    if not configuration.is_broken and not untold:
        if not options.command:
            output.say("OK: configuration test is successful")
        return 0
    if options.command:
        return output.error("ERROR: test configuration failed")
    output.say("ERROR: test configuration failed")
    return FAILED


def tell_places(client: Client, configuration: Configuration) -> bool:
    """Write what keeps a jail from running that fail2ban itself says nothing of, and where it is.

    Returns:
        True if there is any.
    """
    from banward.cli.checking import check as check_all  # noqa: PLC0415 - only here

    told = {(p.kind, p.place, p.message) for p in configuration.problems}
    found = check_all(config_dir(client.options)).problems
    errors = (problem for problem in found if problem.level == "error")
    untold = [p for p in errors if (p.kind, p.place, p.message) not in told]
    for line in (line for problem in untold for line in str(problem).splitlines()):
        client.output.error(line)
    return bool(untold)


def _dump(client: Client, configuration: Configuration) -> None:
    show: Callable[[object], str] = str
    if client.options.has("dp"):
        import pprint  # noqa: PLC0415 - only here

        show = pprint.PrettyPrinter(indent=2, width=_WIDTH).pformat
    for command in stream(configuration):
        client.output.say(show(masked(command)))


# Start, restart, reload -----------------------------------------------------------------------


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
    end = deadline(client)
    while answers(client.socket):
        if time.monotonic() > end:
            return False
        time.sleep(_STEP)
    return True


def deadline(client: Client) -> float:
    """Until when to wait for a server to come or go, on the monotonic clock."""
    from banward.timespan import seconds  # noqa: PLC0415 - only here

    given = client.options.values.get("timeout")
    return time.monotonic() + (_WAIT if given is None else float(seconds(given)))


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
