"""Starts a server: in this process, or in the background, where it gets its configuration.

The steps are those of server-and-client.md 1.4.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from banward.cli.client_config import tell_places
from banward.cli.client_link import Link, LinkError, answers
from banward.cli.client_output import FAILED
from banward.cli.client_settings import early
from banward.config import stream
from banward.control.failure import Failure
from banward.errors import BanwardError
from banward.lean import without
from banward.settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from banward.cli.client_asking import Client
    from banward.cli.options import Options
    from banward.config import Configuration

__all__ = ["run_here", "run_in_background", "server", "settings_of"]

_STEP: Final = 0.05
_BARE: Final = ServerSettings(dbfile="None")
_LEFT: Final = "Fail2ban seems to be in unexpected state (not running but the socket exists)"


def settings_of(options: Options) -> ServerSettings:
    """What a server that reads no configuration is told on its command line.

    There is no database until the configuration names it.
    """
    names = ("loglevel", "logtarget", "syslogsocket", "socket", "pidfile")
    given = {name: options.values[name] for name in names if name in options.values}
    return replace(_BARE, **given, extra=options.extra)


def server() -> ModuleType:
    """All of the server, which only the process that is it imports."""
    with without("ssl", "_hashlib"):
        from banward import app  # noqa: PLC0415
    return app


def run_here(client: Client, configuration: Configuration) -> int:
    """Be the server, in the foreground."""
    settings = _settings(client, configuration)
    if _is_left(client, settings):
        return FAILED

    def ready(problems: Sequence[str]) -> None:
        for problem in problems:
            client.output.error(problem)
        client.output.say("Server ready")

    os.umask(0o077)
    try:
        code: int = server().run(
            settings,
            stream=stream(configuration, report=True),
            force=client.options.has("x"),
            foreground=True,
            single=client.options.has("single"),
            ready=ready,
        )
    except BanwardError as error:
        client.output.error(str(error))
        return FAILED
    return code


def _settings(client: Client, configuration: Configuration) -> ServerSettings:
    found = early(client.options)
    extra = {setting.name: str(setting.value) for setting in configuration.server.extra}
    return replace(_BARE, **found, extra=extra)


def _is_left(client: Client, settings: ServerSettings) -> bool:
    """Whether another server left its socket, which only ``-x`` removes."""
    if client.options.has("x") or not Path(settings.socket).exists():
        return False
    client.output.error(_LEFT)
    return True


def run_in_background(client: Client, configuration: Configuration) -> int:
    """Start ``fail2ban-server``, wait until it answers, and send it the configuration."""
    settings = _settings(client, configuration)
    if _is_left(client, settings):
        return FAILED
    words = _command_line(client.options, settings)
    child = os.posix_spawn(words[0], words, os.environ)
    if not _wait_until_up(client, settings.socket, child):
        client.output.error("Failed to start server")
        return client.output.error(
            "Could not start server. Maybe an old socket file is still present. "
            f"Remove {settings.socket}, or start with the option -x"
        )
    try:
        code = _configure(client, settings.socket, stream(configuration, report=True))
        if code:
            tell_places(client, configuration)
        return FAILED if configuration.fatal else client.ask(["server-status"]) or code
    except LinkError as error:
        return client.output.error(str(error))


def _command_line(options: Options, settings: ServerSettings) -> list[str]:
    return [
        *_server(),
        *("--async", "-b"),
        *("-s", str(Path(settings.socket).absolute())),
        *("-p", str(Path(settings.pidfile).absolute())),
        *["-x"] * options.has("x"),
        *["--single"] * options.has("single"),
        *["-v"] * max(options.verbosity, 0),
        *("--loglevel", settings.loglevel),
        *("--logtarget", settings.logtarget),
        *("--syslogsocket", settings.syslogsocket),
        *(f"--extra={name}={value}" for name, value in settings.extra.items()),
    ]


def _server() -> list[str]:
    """The program: the one beside this, else the first in the path, else this package itself."""
    beside = Path(sys.argv[0]).absolute().parent / "fail2ban-server"
    if os.access(beside, os.X_OK):
        return [str(beside)]
    found = shutil.which("fail2ban-server")
    return [found] if found else [sys.executable, "-m", "banward.cli.server"]


def _wait_until_up(client: Client, socket: str, child: int) -> bool:
    """Wait until the server answers; it is in vain if the process ends with an error."""
    end = client.deadline
    while not answers(socket):
        done, status = os.waitpid(child, os.WNOHANG) if child else (0, 0)
        if status or time.monotonic() > end:
            return False
        child = 0 if done else child
        time.sleep(_STEP)
    return True


def _configure(client: Client, socket: str, commands: list[Any]) -> int:
    """Send the commands, and print what the server could not do of them."""
    with Link(socket) as link:
        match link.ask(["server-stream", commands]):
            case (0, problems):
                for problem in problems or ():
                    client.output.error(str(problem))
                return FAILED if problems else 0
            case (1, Failure() as failure):
                return client.refused(failure)
            case answer:
                return client.output.error(str(answer))
