"""The lines of LOG, from wherever they come, one after the other. Knows no filter.

A file is never held in memory as a whole. What a log may be stands in config-and-filters.md 4.1.
"""

from __future__ import annotations

import codecs
import io
import locale
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from banward.cli.regex_unpack import Opened, open_bytes
from banward.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["JOURNAL", "Line", "Log", "open_log"]

JOURNAL = "systemd-journal"
"""A LOG that begins with this is the journal."""

_MANY = 5  # lines of a text that the report shows
_BUFFER = 1 << 18  # bytes
_WIDE = 53  # characters of a line that the report shows


class Line(NamedTuple):
    """One line of a log.

    Args:
        text: the line without its end.
        stamp: its time in seconds since the epoch, where the source knows it.
    """

    text: str
    stamp: float | None = None


class Log(msgspec.Struct, frozen=True):
    """A log that can be read once.

    Args:
        uses: what the report says is used, as label and value.
        lines: the lines.
        size: how many bytes there are to read, 0 if unknown.
        done: how many of them were read.
        shown: lines for the report below ``uses``.
    """

    uses: tuple[tuple[str, str], ...]
    lines: Iterator[Line]
    size: int = 0
    done: Callable[[], int] = lambda: 0
    shown: tuple[str, ...] = ()


def open_log(log: str, *, encoding: str, maxlines: int, journalmatch: tuple[str, ...]) -> Log:
    """Find out what LOG is, and open it.

    Args:
        log: the argument.
        encoding: name of the encoding; ``auto`` for that of the locale.
        maxlines: lines that a regex may span; above 1 a text is taken as several lines.
        journalmatch: matches for the journal.

    Raises:
        SourceError: it can't be read, or the encoding is unknown.
    """
    if log.startswith(JOURNAL):
        return _journal(log, journalmatch)
    if log == "-":
        return _standard_input(encoding)
    if Path(log).is_file():
        return _file(Path(log), encoding)
    if "\n" in log or maxlines > 1:
        return _text(log)
    return Log((("single line", _cut(log)),), iter([Line(log.rstrip("\r\n"))]))


def _cut(text: str) -> str:
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 3]}..."


def _text(log: str) -> Log:
    lines = log.removesuffix("\n").split("\n")
    shown = [f"|  {number}: {_cut(line)}" for number, line in enumerate(lines[:_MANY], 1)]
    if len(lines) > _MANY:
        shown.append("| ...")
    shown.append("`-")
    return Log(
        (("multi line", f"{len(lines)} line(s)"),),
        (Line(line.rstrip("\r\n")) for line in lines),
        shown=tuple(shown),
    )


def _file(path: Path, encoding: str) -> Log:
    codec = _known(encoding)
    try:
        opened = open_bytes(path)
    except OSError as error:
        raise SourceError(f"{path}: can't be read: {error.strerror}") from error
    return Log(
        (("log file", str(path)), ("encoding", codec)),
        _whole_lines(opened, codec, str(path)),
        size=path.stat().st_size,
        done=opened.raw.tell,
    )


def _standard_input(encoding: str) -> Log:
    codec = _known(encoding)
    opened = Opened(sys.stdin.buffer, sys.stdin.buffer)
    return Log((("log file", "-"), ("encoding", codec)), _whole_lines(opened, codec, "-"))


def _known(encoding: str) -> str:
    """The encoding to read with, if Python knows it."""
    codec = locale.getpreferredencoding() if encoding == "auto" else encoding
    try:
        codecs.lookup(codec)
    except LookupError as error:
        raise SourceError(f"unknown encoding: {encoding}") from error
    return codec


def _whole_lines(opened: Opened, codec: str, name: str) -> Iterator[Line]:
    """Lines that are complete; the last one counts only with its newline (2.12)."""
    buffered = io.BufferedReader(cast("io.RawIOBase", opened.plain), _BUFFER)
    with opened.raw, io.TextIOWrapper(buffered, codec, errors="replace", newline="\n") as text:
        while True:
            try:
                line = text.readline()
            except opened.errors as error:
                raise SourceError(f"{name}: can't be read: {error}") from error
            if not line.endswith("\n"):
                return
            yield Line(line.rstrip("\r\n"))


def _journal(log: str, matches: tuple[str, ...]) -> Log:
    from banward.config import split_reference  # noqa: PLC0415 - only for the journal

    _, options = split_reference(log)
    from banward.sources.journal import read_journal  # noqa: PLC0415 - the same
    from banward.sources.journal_library import library_error  # noqa: PLC0415 - the same

    reason = library_error()
    if reason:
        raise SourceError(f"systemd library not found. Exiting... ({reason})")
    uses = [("systemd journal", log)]
    if matches:
        uses.append(("journal match", " ".join(matches)))
    entries = read_journal(matches, **options)
    return Log(tuple(uses), (Line(text, stamp) for stamp, text in entries))
