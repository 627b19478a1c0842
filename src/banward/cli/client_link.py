"""The client's end of the control socket: one request, one answer; words what can go wrong.

It knows the protocol (server-and-client.md 6), not what commands mean.
"""

# Paths are texts here: pathlib would cost a quick command half its time again.
# ruff: noqa: PTH110

from __future__ import annotations

import os
import socket

from banward.control import wire
from banward.control.framing import FrameError, Splitter
from banward.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final, Self

__all__ = ["Link", "LinkError", "answers"]

_CHUNK: Final = 65536
_PING_SECONDS: Final = 5.0  # where nobody listens, that is known at once


class LinkError(Exception):
    """The server can't be reached, or answered what can't be read; the text is for the user."""


class Link:
    """A connection to the server.

    Args:
        path: the control socket.
        timeout: seconds to wait for each answer, None for ever.
        brief: word errors as ``ping`` does.
    """

    def __init__(self, path: str, *, timeout: float | None = None, brief: bool = False) -> None:
        self._path = path
        self._brief = brief
        self._answers: list[bytes] = []
        self._splitter = Splitter()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)

    def __enter__(self) -> Self:
        try:
            self._connect()
        except LinkError:
            self._socket.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._socket.sendall(wire.CLOSE + wire.END)
        except OSError:
            pass  # the server closed first, as it does after "stop"
        finally:
            self._socket.close()

    def _connect(self) -> None:
        if not os.path.exists(self._path):
            raise LinkError(f"Failed to access socket path: {self._path}. Is fail2ban running?")
        try:
            self._socket.connect(self._path)
        except PermissionError as error:
            text = f"Permission denied to socket: {self._path}, (you must be root)"
            raise LinkError(text) from error
        except OSError as error:
            raise self._broken(error) from error

    def _broken(self, error: OSError) -> LinkError:
        if self._brief:
            return LinkError(str(error))
        return LinkError(f"[{error}] Unable to contact server. Is it running?")

    def ask(self, words: list[Any]) -> Any:
        """Send a command, and return the answer: a pair, or what the server says instead.

        Raises:
            LinkError: the connection broke, or the answer can't be read.
        """
        self._send(words)
        return self._receive()

    def ask_all(self, commands: Iterable[list[Any]]) -> Iterator[Any]:
        """Send commands, and give their answers; while one is at work, the next is on its way.

        Raises:
            LinkError: the connection broke, or an answer can't be read.
        """
        waiting = 0
        for words in commands:
            self._send(words)
            waiting += 1
            if waiting > 1:
                waiting -= 1
                yield self._receive()
        for _ in range(waiting):
            yield self._receive()

    def _send(self, words: list[Any]) -> None:
        try:
            self._socket.sendall(wire.encode(words) + wire.END)
        except OSError as error:
            raise self._broken(error) from error

    def _receive(self) -> Any:
        try:
            while not self._answers:
                data = self._socket.recv(_CHUNK)
                if not data:
                    raise LinkError("the server closed the connection without an answer")
                self._answers += self._splitter.feed(data)
            return wire.decode_answer(self._answers.pop(0))
        except OSError as error:
            raise self._broken(error) from error
        except (WireError, FrameError) as error:
            raise LinkError(f"the answer can't be read: {error}") from error


def answers(path: str) -> bool:
    """Whether a server answers there; one that is busy gets a few seconds."""
    try:
        with Link(path, timeout=_PING_SECONDS) as link:
            return bool(link.ask(["ping"]) == (0, "pong"))
    except LinkError:
        return False
