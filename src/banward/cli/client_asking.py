"""What the parts of the client share: its options, where it writes, and how it asks the server."""

from __future__ import annotations

import sys
import time

from banward.cli.client_link import Link
from banward.cli.client_output import FAILED
from banward.cli.layout import layout
from banward.control.failure import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from banward.cli.client_output import Output
    from banward.cli.options import Options

__all__ = ["Client"]

_WAIT: Final = 30.0


class Client:
    """One command line, and its way to the server.

    Args:
        options: the command line.
        output: where to write.
    """

    def __init__(self, options: Options, output: Output) -> None:
        self.options = options
        self.output = output
        self.socket = ""

    def ask(self, words: list[Any]) -> int:
        """Send a command and print its answer.

        Raises:
            LinkError: there is no server, or no answer.
        """
        is_ping = words[0] == "ping"
        try:
            timeout = float(words[1]) if is_ping and len(words) > 1 else None
        except ValueError as error:
            return self.output.error(str(error))
        with Link(self.socket, timeout=timeout, brief=is_ping) as link:
            return self.show(words, link.ask(words))

    def show(self, words: list[Any], answer: Any) -> int:
        """Print an answer, and return the exit code that it means."""
        match answer:
            case (0, value):
                self.output.say(_laid_out(words, value))
                return 0
            case (1, Failure() as failure):
                self.refused(failure)
                self.output.say(failure.text)
                return FAILED
            case ["SHUTDOWN"]:
                return self.output.error("The server is shutting down")
        return self.output.error(str(answer))

    def refused(self, failure: Failure) -> int:
        """Write the line that tells of a command that failed on the server."""
        return self.output.error(f"NOK: {failure.shown_args!r}")

    @property
    def deadline(self) -> float:
        """Until when to wait for a server to come or go, on the monotonic clock."""
        from banward.timespan import seconds  # noqa: PLC0415 - only here

        given = self.options.values.get("timeout")
        return time.monotonic() + (_WAIT if given is None else float(seconds(given)))


def _laid_out(words: list[Any], value: Any) -> str:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    try:
        return layout(words, value, ascii_only=encoding != "utf8")
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return str(value)  # the answer of another release has another shape
