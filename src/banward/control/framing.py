"""Where one message ends: markers in a stream of bytes (server-and-client.md 6.2). Pure.

There is no length field; a message ends with a marker of 17 bytes, which may come in pieces. It
knows nothing of what is in a message.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = ["CLOSE", "END", "LIMIT", "FrameError", "Splitter"]

END: Final = b"<F2B_END_COMMAND>"
"""Ends every message."""

CLOSE: Final = b"<F2B_CLOSE_COMMAND>"
"""A message of just these bytes ends the conversation."""

LIMIT: Final = 64 * 1024 * 1024
"""Bytes that one message may have; a configuration of hundreds of jails has less than one MiB."""


class FrameError(Exception):
    """More bytes came without a marker than any message has."""


class Splitter:
    """Cuts what is received into messages.

    Args:
        limit: bytes that a message may have.
    """

    __slots__ = ("_buffer", "_limit", "_searched")

    def __init__(self, limit: int = LIMIT) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._limit = limit

    def feed(self, data: bytes) -> list[bytes]:
        """Take what was received, and return the messages that are complete, without markers.

        Raises:
            FrameError: a message is longer than the limit.
        """
        self._buffer += data
        messages = []
        while (end := self._buffer.find(END, self._searched)) >= 0:
            messages.append(bytes(self._buffer[:end]))
            del self._buffer[: end + len(END)]
            self._searched = 0
        self._searched = max(0, len(self._buffer) - len(END) + 1)
        if len(self._buffer) > self._limit:
            raise FrameError(f"no end of the message within {self._limit} bytes")
        return messages
