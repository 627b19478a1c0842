"""The lines of LOG, from wherever they come, one after the other. Knows no filter.

A file is never held in memory as a whole. What a log may be stands in config-and-filters.md 4.1.
"""

from __future__ import annotations

import contextlib
import io
import locale
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast

import msgspec

from banward.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["JOURNAL", "Line", "Log", "open_log"]

JOURNAL = "systemd-journal"
"""A LOG that begins with this is the journal."""

_MANY = 5  # lines of a text that the report shows
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
        return _stream(sys.stdin.buffer, "-", encoding)
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
    try:
        raw = path.open("rb")
    except OSError as error:
        raise SourceError(f"{path}: can't be read: {error.strerror}") from error
    unpack = _UNPACKERS.get(path.suffix)
    plain, errors = (raw, ()) if unpack is None else unpack(raw)
    log = _stream(plain, str(path), encoding, errors)
    return Log(log.uses, log.lines, size=path.stat().st_size, done=raw.tell)


# Unpackers are imported only for files that need them, so that the command starts quickly.


def _gzip(raw: IO[bytes]) -> _Unpacked:
    import gzip  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)), (zlib.error,)


def _bzip2(raw: IO[bytes]) -> _Unpacked:
    import bz2  # noqa: PLC0415

    return cast("IO[bytes]", bz2.BZ2File(raw)), ()


def _xz(raw: IO[bytes]) -> _Unpacked:
    import lzma  # noqa: PLC0415

    return cast("IO[bytes]", lzma.LZMAFile(raw)), (lzma.LZMAError,)


def _zstandard(raw: IO[bytes]) -> _Unpacked:
    try:
        import zstandard  # noqa: PLC0415
    except ImportError as error:
        raise SourceError(
            f"{raw.name}: is packed with zstd, and the Python module zstandard is not installed "
            "(install python3-zstandard, or unpack the file with zstd -d)"
        ) from error
    reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return cast("IO[bytes]", reader), (zstandard.ZstdError,)


_Errors = tuple[type[Exception], ...]
_Unpacked = tuple[IO[bytes], _Errors]
_UNPACKERS: dict[str, Callable[[IO[bytes]], _Unpacked]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _zstandard,
}


def _stream(plain: IO[bytes], name: str, encoding: str, errors: _Errors = ()) -> Log:
    known = locale.getpreferredencoding() if encoding == "auto" else encoding
    try:
        text = io.TextIOWrapper(
            cast("IO[bytes]", io.BufferedReader(cast("io.RawIOBase", plain), 1 << 18)),
            known,
            errors="replace",
            newline="\n",
        )
    except LookupError as error:
        raise SourceError(f"unknown encoding: {encoding}") from error
    return Log(
        (("log file", name), ("encoding", known)),
        _whole_lines(text, name, (OSError, EOFError, *errors)),
    )


def _whole_lines(text: IO[str], name: str, errors: _Errors) -> Iterator[Line]:
    """Lines that are complete; the last one counts only with its newline (2.12)."""
    with contextlib.closing(text):
        while True:
            try:
                line = text.readline()
            except errors as error:
                raise SourceError(f"{name}: can't be read: {error}") from error
            if not line.endswith("\n"):
                return
            yield Line(line.rstrip("\r\n"))


def _journal(log: str, matches: tuple[str, ...]) -> Log:
    from banward.config import split_reference  # noqa: PLC0415 - only for the journal

    _, options = split_reference(log)
    try:
        from banward.sources.journal import read_journal  # noqa: PLC0415 - optional library
    except ImportError as error:
        raise SourceError("systemd library not found. Exiting...") from error
    uses = [("systemd journal", log)]
    if matches:
        uses.append(("journal match", " ".join(matches)))
    entries = read_journal(matches, **options)
    return Log(tuple(uses), (Line(text, stamp) for stamp, text in entries))
