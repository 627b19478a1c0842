"""``fail2ban-client -i``: commands from the terminal, with history and completion (1.3)."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.cli.client_complete import ask, following
from banward.cli.client_output import FAILED
from banward.cli.client_usage import INTRODUCTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from banward.cli.client_asking import Client

__all__ = ["converse"]

_PROMPT: Final = "fail2ban> "
_HISTORY: Final = "~/.fail2ban-client_history"
_MOST_LINES: Final = 1000
_END: Final = ("exit", "quit")


def converse(client: Client, run: Callable[[Client, list[str]], int]) -> int:
    """Run the command of the command line, then read commands until the end.

    Args:
        client: says where to write, and where the server is.
        run: does what the words of a command say.

    Returns:
        0 if the user said ``exit``, 255 if the input ended.
    """
    if client.options.command:
        run(client, client.options.command)
    client.output.say(f"{INTRODUCTION}\n")
    with _history(client):
        while True:
            try:
                line = input(_PROMPT)
            except EOFError:
                client.output.say("")
                return FAILED
            if _run_line(client, run, line):
                return 0


def _run_line(client: Client, run: Callable[[Client, list[str]], int], line: str) -> bool:
    """Run what a line says; true if it ends the conversation."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        client.output.error(str(error))
        return False
    if words and words[0] in _END:
        return True
    if words:
        run(client, words)
    return False


@contextlib.contextmanager
def _history(client: Client) -> Iterator[None]:
    """Keep lines from one conversation to the next, and complete words, where that is possible."""
    try:
        import readline  # noqa: PLC0415 - not every Python has it
    except ImportError:
        yield
        return
    path = str(Path(_HISTORY).expanduser())
    readline.set_history_length(_MOST_LINES)
    readline.set_completer_delims(" \t\n")
    readline.set_completer(_completer(client, readline.get_line_buffer))
    readline.parse_and_bind("tab: complete")
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            readline.write_history_file(path)


def _completer(client: Client, line: Callable[[], str]) -> Callable[[str, int], str | None]:
    """A function as readline wants it: the words that may follow, one call for each."""
    found: list[str] = []

    def complete(text: str, state: int) -> str | None:
        if state == 0:
            words = line().split()
            before = words[:-1] if text else words
            known = following(before, lambda question: ask(client.socket, question))
            found[:] = [word for word in known if word.startswith(text)]
        return f"{found[state]} " if state < len(found) else None

    return complete
