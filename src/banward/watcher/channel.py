"""The watcher's end of the link: sends without waiting, so that orders always get in."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from banward import evidence
from banward.errors import LinkError
from banward.link import Notice, Order, Report, orders, pack
from banward.records import Match, Progress

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

__all__ = ["Channel"]

_CHUNK: Final = 256 * 1024
_WARNING: Final = 30


class Channel:
    """A connected socket.

    Args:
        connection: the socket; it is closed by ``close``.

    Attributes:
        is_closed: true once the warden is gone.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        self._socket = connection
        self._reader = orders()
        self._waiting: deque[memoryview] = deque()
        self.is_closed = False

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._socket.fileno()

    @property
    def is_waiting(self) -> bool:
        """Whether something could not be sent yet."""
        return bool(self._waiting)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, report: Report) -> None:
        """Send a report, or keep it until the warden takes it."""
        try:
            data = pack(report)
        except LinkError:
            if not isinstance(report, Progress):
                raise
            for part in _shortened(report):
                self.send(part)
            return
        self._waiting.append(memoryview(data))
        self.flush()

    def flush(self) -> None:
        """Send what is kept, as far as the warden takes it."""
        try:
            while self._waiting:
                data = self._waiting[0]
                sent = self._socket.send(data)
                if sent == len(data):
                    self._waiting.popleft()
                else:
                    self._waiting[0] = data[sent:]
        except BlockingIOError:
            return
        except OSError:
            self.is_closed = True

    def receive(self) -> list[Order]:
        """The orders that came since the last call.

        Raises:
            LinkError: something came that is no order.
        """
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not data:
            self.is_closed = True
        return self._reader.feed(data)


def _shortened(progress: Progress) -> Iterable[Report]:
    """A progress that is too long for a frame, with the last line of each match only."""

    def short(match: Match) -> Match:
        last = evidence.pack(match.lines[-1:], match.fields)
        return msgspec.structs.replace(match, evidence=last)

    text = f"Too many lines matched in one block of {progress.source}, most are left out"
    yield Notice(_WARNING, "filter", text)
    yield msgspec.structs.replace(progress, matches=tuple(map(short, progress.matches)))
