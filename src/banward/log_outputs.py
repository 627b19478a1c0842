"""Where lines of the log go: streams, files, syslog, the journal; knows no target by name.

A log that can't be written must not end the server, so each output leaves out what it can't write.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from typing import TYPE_CHECKING, Any, Final

from banward.log_lines import LineFormatter
from banward.printable import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["File", "Journal", "Stream", "Syslog", "held", "tell", "tell_all"]

_SEVERITIES: Final = ((50, 2), (40, 3), (30, 4), (25, 5), (18, 6), (0, 7))
"""From which level on a record has a severity of syslog (RFC 5424, section 6.2.1)."""

_LONGEST_DATAGRAM: Final = 60_000
_SEND_SECONDS: Final = 1.0


class _Quiet(logging.Handler):
    """A log that can't be written must not end the server, nor fill another output."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - of logging
        """Leave the record out."""


class _Text(_Quiet, logging.StreamHandler):  # type: ignore[type-arg]
    """Text that goes to a stream.

    Attributes:
        is_held: whether lines wait for ``flush`` until many are there.
    """

    is_held = False
    _moment = 0  # milliseconds since the epoch, for which ``_around`` holds

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._frames: dict[tuple[str, int], str | None] = {}
        self._around: dict[tuple[str, int], tuple[str, str]] = {}
        self._waiting: list[str] = []

    def tell(self, name: str, level: int, messages: Sequence[str]) -> bool:
        """Write messages as records with them would be, without making any; false if not done.

        Args:
            name: name of the logger.
            level: the level.
            messages: the messages.
        """
        moment = int(time.time() * 1000)
        if moment != self._moment:
            self._tick(moment)
        kind = name, level
        around = self._around.get(kind) or self._frame(kind)
        if around is None:
            return False
        before, after = around[0], f"{around[1]}{self.terminator}"
        if not "".join(messages).isprintable():
            messages = list(map(harmless, messages))
        self._waiting.append(f"{before}{(after + before).join(messages)}{after}")
        if not self.is_held:
            self.flush()
        return True

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 - of logging
        """Write lines in another way."""
        super().setFormatter(fmt)
        self._tick(0)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, after the messages that were told before it."""
        self._put()
        super().emit(record)

    def flush(self) -> None:
        """Write what is there, unless it is held back."""
        if not self.is_held:
            self._put()
            super().flush()

    def _put(self) -> None:
        """Hand the messages that wait to the stream."""
        with self.lock or contextlib.nullcontext():
            # Another thread may append meanwhile: the list stays the same.
            lines = self._waiting[:]
            del self._waiting[: len(lines)]
            if lines:
                with contextlib.suppress(OSError, ValueError):
                    self.stream.write("".join(lines))

    def _tick(self, moment: int) -> None:
        """Forget what held for another millisecond, or another second."""
        self._around = {}
        if moment // 1000 != self._moment // 1000:
            self._frames = {}
        self._moment = moment

    def _frame(self, kind: tuple[str, int]) -> tuple[str, str] | None:
        """What stands around messages of a logger and a level at this moment."""
        second, milliseconds = divmod(self._moment, 1000)
        formatter = self.formatter
        if not isinstance(formatter, LineFormatter):
            return None
        if kind not in self._frames:
            self._frames[kind] = formatter.frame(*kind, second)
        frame = self._frames[kind]
        if frame is None:
            return None
        around = self._around[kind] = formatter.framed(frame, milliseconds)
        return around


class Stream(_Text):
    """Standard output or standard error."""


class File(_Text, logging.FileHandler):
    """A file, opened for appending."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "a", encoding="utf-8", errors="backslashreplace")

    def close(self) -> None:
        """Close the file; what a full disk did not take is lost."""
        with contextlib.suppress(OSError):
            super().close()

    def reopen(self) -> None:
        """Close the file and open what has its name by now; logrotate moved it away."""
        self.acquire()
        try:
            old, self.stream = self.stream, self._open()
            old.close()
        finally:
            self.release()


class _Datagrams(_Quiet):
    """Syslog or journal: each record is a datagram; a restart of the receiver does not matter."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(_SEND_SECONDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        try:
            self.socket.sendto(self.datagram(record), self.path)
        except OSError:
            self.handleError(record)

    def datagram(self, record: logging.LogRecord) -> bytes:
        """The record as the receiver wants it."""
        raise NotImplementedError

    def text(self, record: logging.LogRecord) -> bytes:
        """The formatted record as bytes that fit."""
        return self.format(record).encode("utf-8", "backslashreplace")[:_LONGEST_DATAGRAM]

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
        super().close()


class Syslog(_Datagrams):
    """``<PRI>`` and text, ended by a NUL byte."""

    def __init__(self, path: str, facility: int) -> None:
        super().__init__(path)
        self.facility = facility

    def datagram(self, record: logging.LogRecord) -> bytes:
        """The record as syslog wants it."""
        return b"<%d>%b\0" % (self.facility * 8 + _severity(record.levelno), self.text(record))


class Journal(_Datagrams):
    """Fields of the journal's own protocol (systemd, "Native Journal Protocol")."""

    def datagram(self, record: logging.LogRecord) -> bytes:
        """The record as the journal wants it; its text has no line break but for tracebacks."""
        text = self.text(record).replace(b"\n", b"\\n")
        fields = b"SYSLOG_IDENTIFIER=fail2ban\nPRIORITY=%d\nMESSAGE=%b\n"
        return fields % (_severity(record.levelno), text)


def tell(logger: logging.Logger, level: int, message: str) -> None:
    """Log a message of a kind that comes by the thousand; the log is the same as with a record.

    Args:
        logger: a logger without handlers of its own.
        level: the level.
        message: the whole text.
    """
    tell_all(logger, level, (message,))


def tell_all(logger: logging.Logger, level: int, messages: Sequence[str]) -> None:
    """Log messages of one moment, as ``tell`` does.

    Args:
        logger: a logger without handlers of its own.
        level: the level.
        messages: the whole texts.
    """
    if not messages or not logger.isEnabledFor(level):
        return
    handlers = logging.root.handlers
    only = handlers[0] if len(handlers) == 1 else None
    if isinstance(only, _Text) and only.tell(logger.name, level, messages):
        return
    for message in messages:
        logger.log(level, "%s", message)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Write lines that are logged meanwhile at the end, together."""
    handlers = [handler for handler in logging.getLogger().handlers if isinstance(handler, _Text)]
    for handler in handlers:
        handler.is_held = True
    try:
        yield
    finally:
        for handler in handlers:
            handler.is_held = False
            handler.flush()


def _severity(level: int) -> int:
    return next((severity for least, severity in _SEVERITIES if level >= least), 7)
