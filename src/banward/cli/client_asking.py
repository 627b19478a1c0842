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
_LONGEST: Final = 500


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
            return self.show(words, self._answer(link, words))

    def _answer(self, link: Link, words: list[Any]) -> Any:
        """The answer of the server; from ``-vv`` on it is told what goes out and comes in (1.3)."""
        if not self.output.shows("DEBUG"):
            return link.ask(words)
        from banward.masking import masked  # noqa: PLC0415 - only here

        self.output.log("DEBUG", f"Sending {_brief(masked(words))} to {self.socket}")
        began = time.monotonic()
        answer = link.ask(words)
        took = (time.monotonic() - began) * 1000
        self.output.log("DEBUG", f"The answer came after {took:.1f} ms")
        self.output.log("TRACE", f"The answer is {answer!r}")
        return answer

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


def _brief(words: list[Any]) -> str:
    """The words of a command; those of a whole configuration are too many to be shown."""
    text = repr(words)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _laid_out(words: list[Any], value: Any) -> str:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    try:
        return layout(words, value, ascii_only=encoding != "utf8")
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return str(value)  # the answer of another release has another shape
