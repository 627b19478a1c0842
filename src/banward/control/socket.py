"""The control socket: many clients at once, each served in the order of its requests.

It knows the protocol (server-and-client.md 6) and hands requests to the dispatcher. A slow
command keeps nobody waiting but the client that sent it, and a client that is silent costs
nothing. Whoever sends a pickle of more than plain values is cut off.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from banward.control import wire
from banward.control.framing import CLOSE, END, FrameError, Splitter
from banward.control.listening import Listener, Peer
from banward.errors import WireError

if TYPE_CHECKING:
    import socket

    from banward.control.commands import Dispatcher

__all__ = ["ControlSocket"]

_log = logging.getLogger("fail2ban.asyncserver")

_CHUNK: Final = 65536
_LARGE: Final = 65536
"""Bytes of a request whose decoding takes longer than a hundredth of a second."""

_FAREWELL: Final = 5.0
"""Seconds that a client has to take the last answer before the server ends."""


class ControlSocket:
    """Serves a socket file.

    Args:
        dispatcher: runs the requests.
        path: where the file is.
        group: name of the group whose members may connect beside root, or an empty text.
        readonly: refuse every command that changes something.
    """

    def __init__(
        self, dispatcher: Dispatcher, path: str, *, group: str = "", readonly: bool = False
    ) -> None:
        self._dispatcher = dispatcher
        self._listener = Listener(path, group)
        self._readonly = readonly
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()

    async def open(self, *, force: bool = False, given: socket.socket | None = None) -> None:
        """Begin to serve.

        Args:
            force: remove the file of a server that is gone (``-x``).
            given: a listening socket that was inherited.

        Raises:
            ListenError: the socket can't be made.
        """
        made = self._listener.open(force=force, given=given)
        self._server = await asyncio.start_unix_server(self._talk, sock=made)

    async def close(self) -> None:
        """End: no new clients, the answers that are due, then all connections and the file."""
        if self._server:
            self._server.close()
        if busy := set(self._busy):
            await asyncio.wait(busy, timeout=_FAREWELL)
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._listener.remove()

    # One client -------------------------------------------------------------------------------

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None  # noqa: S101 - a coroutine of a server runs in a task
        self._talks.add(talk)
        try:
            if self._may_talk(writer):
                await self._serve(reader, writer, talk)
        except OSError as error:
            _log.debug("a client is gone: %s", error)
        except asyncio.CancelledError:
            pass  # the server ends
        finally:
            self._talks.discard(talk)
            self._busy.discard(talk)
            writer.close()

    def _may_talk(self, writer: asyncio.StreamWriter) -> bool:
        peer = Peer(writer.get_extra_info("socket"))
        if peer.may_connect(self._listener.group):
            return True
        _log.warning("Refused a client with user id %d, process %d", peer.uid, peer.pid)
        return False

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, talk: asyncio.Task[None]
    ) -> None:
        splitter = Splitter()
        while data := await reader.read(_CHUNK):
            self._busy.add(talk)
            goes_on = await self._answer_all(data, splitter, writer)
            self._busy.discard(talk)
            if not goes_on:
                return

    async def _answer_all(
        self, data: bytes, splitter: Splitter, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer what is complete; False if the conversation ends."""
        try:
            messages = splitter.feed(data)
        except FrameError as error:
            await _send(writer, _refusal(error))
            return False
        for message in messages:
            if message == CLOSE:
                return False
            answer, goes_on = await self._answer(message)
            await _send(writer, answer)
            if not goes_on:
                return False
        return True

    async def _answer(self, message: bytes) -> tuple[bytes, bool]:
        """The answer to one message, and whether the client may go on."""
        if self._dispatcher.stopping:
            return wire.encode(["SHUTDOWN"]), True
        try:
            request = await _decoded(message)
        except WireError as error:
            return _refusal(error), not isinstance(error, wire.HostileError)
        answer = await self._dispatcher.answer(request, readonly=self._readonly)
        return await _encoded(answer), not self._dispatcher.stopping


async def _decoded(message: bytes) -> Any:
    """The request of a message; a large one is read beside the loop, which others need.

    Raises:
        WireError: it is none.
    """
    if len(message) < _LARGE:
        return wire.decode_request(message)
    return await asyncio.to_thread(wire.decode_request, message)


async def _send(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer + END)
    await writer.drain()


def _refusal(error: Exception) -> bytes:
    """The answer to what is no request (6.4): a text, not a pair."""
    _log.error("PROTO-error: load message failed: %s", error)
    return wire.encode(f"ERROR: {error}")


async def _encoded(answer: Any) -> bytes:
    """The bytes of an answer; a long one is written beside the loop, which others need."""
    try:
        if wire.is_long(answer):
            return await asyncio.to_thread(wire.encode, answer)
        return wire.encode(answer)
    except WireError as error:
        _log.error("Caught unhandled exception: %s", error)
        return wire.encode(f"ERROR: {error}")
