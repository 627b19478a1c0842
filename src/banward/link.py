"""What passes between the warden and its watcher: typed frames. Knows no process and no loop.

    warden ── Configure, Acknowledge, Shutdown ──▶ watcher
    warden ◀── Progress, JailState, Notice, Quarantine, SourceEvent ── watcher

A frame is four bytes of length (big endian) and one msgpack array that begins with the name of
its struct. The watcher parses what attackers write, so the warden believes nothing else: a frame
that is no known struct, or is longer than ``MOST_BYTES``, is a ``LinkError``.
"""

from __future__ import annotations

import enum
import struct
from typing import Final, Generic, TypeVar

import msgspec

from banward.errors import LinkError
from banward.records import Position, Progress
from banward.settings import WatchSettings  # noqa: TC001  (msgspec reads the hints)

__all__ = [
    "MOST_BYTES",
    "Acknowledge",
    "Configure",
    "FrameReader",
    "JailState",
    "Notice",
    "Order",
    "Quarantine",
    "Report",
    "Shutdown",
    "SourceEvent",
    "SourceEventKind",
    "orders",
    "pack",
    "reports",
]

MOST_BYTES: Final = 64 * 1024 * 1024
"""The longest frame. A block of log is 1 MiB, its matches are a few times as long."""

_LENGTH: Final = struct.Struct(">I")


class Configure(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Follow the sources of these jails, and of no others.

    A jail that was followed before goes on where it is; ``positions`` count for sources that the
    watcher does not follow for that jail yet.

    Args:
        jails: all jails that are to be followed.
        positions: where to go on, by jail and source, as the database holds it.
        quarantined: regexes that must not be tried, as (jail, pattern as configured).
        careful: jails whose filter hung a watcher: the regex at work is noted for the warden.
    """

    jails: tuple[WatchSettings, ...]
    positions: dict[tuple[str, str], Position] = {}
    quarantined: tuple[tuple[str, str], ...] = ()
    careful: tuple[str, ...] = ()


class Acknowledge(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """So many further frames of ``Progress`` were handled; the watcher may read on."""

    count: int


class Shutdown(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Read nothing more, send what was found, and end."""


class Notice(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A line for the log.

    Args:
        level: level of ``logging`` or fail2ban (server-and-client.md 1.2).
        logger: name without ``fail2ban.``, such as ``filter``.
        message: the text.
    """

    level: int
    logger: str
    message: str


class Quarantine(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A regex ran too long on a line and is tried no more until its jail is changed.

    Args:
        jail: name of the jail.
        index: number of the regex among those of its kind, from 0.
        pattern: the regex as configured.
        source: where the line stands.
        line: the line, shortened; empty if it is not known.
    """

    jail: str
    index: int
    pattern: str
    source: str
    line: str


class JailState(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """What the watcher does for a jail; sent for each jail of a ``Configure``, and on a change.

    Args:
        jail: name of the jail.
        backend: what is at work: ``pyinotify``, ``polling`` or ``systemd``.
        sources: paths that are followed, also those that are missing at present.
        error: why nothing is followed, else empty.
    """

    jail: str
    backend: str
    sources: tuple[str, ...] = ()
    error: str = ""


class SourceEventKind(enum.StrEnum):
    """What happened to a source."""

    ADDED = "added"
    REMOVED = "removed"
    ROTATED = "rotated"
    MISSING = "missing"
    RETURNED = "returned"
    CAUGHT_UP = "caught up"
    CUT = "lines cut"
    UNREADABLE = "unreadable"


class SourceEvent(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Something happened to a source; for metrics and views, the log gets a ``Notice``.

    Args:
        kind: what.
        source: path of the file, or ``systemd-journal``.
        jails: who follows it.
        count: how many, for lines cut.
        detail: the reason or place, as the log tells it.
    """

    kind: SourceEventKind
    source: str
    jails: tuple[str, ...] = ()
    count: int = 0
    detail: str = ""


Order = Configure | Acknowledge | Shutdown
"""What the warden sends."""

Report = Progress | JailState | Notice | Quarantine | SourceEvent
"""What the watcher sends."""

Frame = TypeVar("Frame")


class FrameReader(Generic[Frame]):
    """Cuts a stream of bytes into frames; use ``orders()`` or ``reports()``.

    Args:
        kind: the union of structs that may come.
    """

    def __init__(self, kind: type[Frame]) -> None:
        self._decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(kind)
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take further bytes, and give the frames that they complete.

        Raises:
            LinkError: a frame is too long, or no known struct.
        """
        self._held += data
        frames = []
        begin = 0
        while len(self._held) - begin >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._held, begin)
            if size > MOST_BYTES:
                raise LinkError(f"a frame of {size} bytes, more than {MOST_BYTES}")
            end = begin + _LENGTH.size + size
            if len(self._held) < end:
                break
            body = bytes(self._held[begin + _LENGTH.size : end])
            begin = end
            frames.append(self._decode(body))
        del self._held[:begin]
        return frames

    def _decode(self, body: bytes) -> Frame:
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise LinkError(f"a frame that is no known message: {error}") from error


def orders() -> FrameReader[Order]:
    """The reader of the watcher's side."""
    return FrameReader(Order)  # type: ignore[arg-type]  # a union is no type for mypy


def reports() -> FrameReader[Report]:
    """The reader of the warden's side."""
    return FrameReader(Report)  # type: ignore[arg-type]  # a union is no type for mypy


def pack(frame: Order | Report) -> bytes:
    """The bytes of a frame.

    Raises:
        LinkError: it would be longer than ``MOST_BYTES``.
    """
    body = msgspec.msgpack.encode(frame)
    if len(body) > MOST_BYTES:
        raise LinkError(f"a frame of {len(body)} bytes, more than {MOST_BYTES}")
    return _LENGTH.pack(len(body)) + body
