"""``fail2ban-server``: starts the server; with any other command it is ``fail2ban-client``."""

# Paths are texts here: pathlib would cost a quick command half its time again.
# ruff: noqa: PTH123

from __future__ import annotations

import os
import sys

from banward.cli.client import on_terminal, run
from banward.cli.client_output import FAILED, Output
from banward.cli.options import UsageError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from banward.cli.options import Options

__all__ = ["main"]

_PROGRAM: Final = "fail2ban-server"
_LONGEST_NAME: Final = 15


def main() -> int:
    """The entry point of ``fail2ban-server``."""
    return on_terminal(lambda: _run(sys.argv[1:]))


def _run(words: list[str]) -> int:
    try:
        options = parse(_PROGRAM, words)
    except UsageError:
        return run(_PROGRAM, words)
    if name := options.values.get("pname"):
        _call_thread(name)
    if options.has("async"):
        return _serve(options)
    return run(_PROGRAM, words)


def _call_thread(name: str) -> None:
    """Name the main thread, as ``ps`` and ``top`` show it; the kernel takes 15 bytes."""
    try:
        with open("/proc/self/comm", "wb") as comm:
            comm.write(os.fsencode(name)[:_LONGEST_NAME])
    except OSError as error:
        Output().log("WARNING", f"The main thread can't be named: {error}")


def _serve(options: Options) -> int:
    """Be a server that waits for a client to send its configuration."""
    from banward.cli.client_spawn import server, settings_of  # noqa: PLC0415 - only here
    from banward.errors import BanwardError  # noqa: PLC0415 - only here

    settings = settings_of(options)
    told = os.dup(2) if options.foreground else _detach()
    os.umask(0o077)
    try:
        code: int = server().run(
            settings,
            stream=None,
            force=options.has("x"),
            foreground=options.foreground,
            single=options.has("single"),
            ready=lambda _: os.close(told),
        )
    except BanwardError as error:
        os.write(told, f"{error}\n".encode())
        return FAILED
    return code


def _detach() -> int:
    """Leave the terminal: own session, no open files, ``/`` as directory (daemon(7)).

    The client that started this process sees by its end that a start failed, so it does not fork
    away, unless it has to because it leads a process group.

    Returns:
        A copy of standard error for what is wrong with the start; to be closed after that.
    """
    import signal  # noqa: PLC0415 - only here

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if os.getpid() == os.getpgrp() and os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    told = os.dup(2)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    return told


if __name__ == "__main__":
    sys.exit(main())
