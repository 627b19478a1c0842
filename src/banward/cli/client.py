"""``fail2ban-client``: sends the words of a command and prints the answer.

What is not needed for that is loaded only where it is: a monitor that pings every second has to
cost next to nothing.
"""

from __future__ import annotations

import os
import sys

from banward import COMPATIBLE_VERSION
from banward.cli.client_asking import Client
from banward.cli.client_link import LinkError
from banward.cli.client_output import FAILED, Output
from banward.cli.client_settings import SettingsError, early, socket_path
from banward.cli.options import UsageError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final

    from banward.cli.options import Options

__all__ = ["command", "main", "on_terminal", "run"]


_FLOWS: Final = {"start": "start", "restart": "restart", "reload": "reload", "help": "show_help"}
"""Commands that take more than a question to the server; ``start JAIL`` is none of them."""

_WITH_WORDS: Final = ("restart", "reload", "help")


def command(client: Client, words: Sequence[str]) -> int:
    """Do what the words of a command say, and return the exit code."""
    flow = _FLOWS.get(words[0])
    if flow and (len(words) == 1 or words[0] in _WITH_WORDS):
        from banward.cli import client_flows  # noqa: PLC0415 - most commands need it not

        done: int = getattr(client_flows, flow)(client, list(words[1:]))
        return done
    try:
        return client.ask(list(words))
    except LinkError as error:
        return client.output.error(str(error))


def run(program: str, words: Sequence[str]) -> int:
    """Run a command line, and return the exit code."""
    try:
        options = parse(program, words)
    except UsageError:
        _show_usage(program)
        return _init_failed()
    if (told := _information(options)) is not None:
        return told
    output = Output(options.verbosity)
    _catch_signals(output)
    client = Client(options, output)
    try:
        _settle(client)
        code = _work(client)
    except SettingsError as error:
        output.say(f"ERROR: {error}")
        if error.detail:
            output.error(error.detail)
        code = output.error("Init of command line failed")
    output.log("DEBUG", f"The exit code is {code}")
    return code


def _settle(client: Client) -> None:
    """Find the server; with ``-v`` or a level on the command line everything is looked at."""
    options = client.options
    if options.verbosity > 0 or "loglevel" in options.values or options.has("d"):
        client.socket = early(options, client.output)["socket"]
    else:
        client.socket = socket_path(options)


def _work(client: Client) -> int:
    """What is asked for, once the command line is understood."""
    options = client.options
    if options.has("d") or options.has("dp") or options.has("t"):
        from banward.cli import client_config  # noqa: PLC0415 - most commands need it not

        code = client_config.check(client)
        if code or not options.command or not options.has("t"):
            return code
    if options.has("i"):
        from banward.cli.client_terminal import converse  # noqa: PLC0415 - as above

        return converse(client, command)
    if not options.command and not options.is_server:
        _show_usage(options.program)
        return FAILED
    return command(client, options.command or ["start"])


def _information(options: Options) -> int | None:
    """What a command line can tell without a server; None if it asks for none of that."""
    if options.has("h"):
        _show_usage(options.program)
        return 0
    if options.has("V"):
        print(COMPATIBLE_VERSION.replace(".dev", "."))
        return 0
    if options.has("version"):
        print(f"Fail2Ban v{COMPATIBLE_VERSION}")
        return 0
    if options.has("complete"):
        return _complete(options)
    if "str2sec" in options.values:
        return _seconds(options.values["str2sec"])
    return None


def _complete(options: Options) -> int:
    """What the completion of shells asks for: a word on each line."""
    from banward.cli.client_complete import complete  # noqa: PLC0415 - as above

    for word in complete(options.program, options.command):
        print(word)
    return 0


def _seconds(text: str) -> int:
    from banward.timespan import seconds  # noqa: PLC0415 - as above

    try:
        print(seconds(text))
    except ValueError as error:
        print(f"ERROR: {error}")
        return _init_failed()
    return 0


def _init_failed() -> int:
    """The line for what is wrong before any log is set up."""
    print("Init of command line failed", file=sys.stderr)
    return FAILED


def _show_usage(program: str) -> None:
    from banward.cli.client_usage import usage  # noqa: PLC0415 - as above

    print(usage(program))


def _catch_signals(output: Output) -> None:
    """End with a word about it (1.6)."""
    import signal  # noqa: PLC0415 - kept with what it is for

    def end(number: int, _: object) -> None:
        output.say("")
        output.log("WARNING", f"Caught signal {number}. Exiting")
        sys.exit(FAILED)

    handler: Callable[[int, Any], None] = end
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def main() -> int:
    """The entry point of ``fail2ban-client``."""
    return on_terminal(lambda: run("fail2ban-client", sys.argv[1:]))


def on_terminal(work: Callable[[], int]) -> int:
    """Do the work of a program: what a terminal can't show comes out as escapes.

    A reader that had enough, as ``head`` does, ends it without a word.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer must not be written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
