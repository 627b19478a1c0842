"""The bytes of a file, unpacked on the way if its name says that it is packed. Knows no lines."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple, cast

from banward.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Opened", "open_bytes"]

_Errors = tuple[type[Exception], ...]
_Unpacked = tuple[IO[bytes], _Errors]


class Opened(NamedTuple):
    """A file that is open.

    Args:
        raw: the file as it is.
        plain: its bytes, unpacked.
        errors: what reading may raise.
    """

    raw: IO[bytes]
    plain: IO[bytes]
    errors: _Errors = (OSError, EOFError)


def open_bytes(path: Path) -> Opened:
    """Open a file.

    Args:
        path: the file; ``.gz``, ``.bz2``, ``.xz`` and ``.zst`` are unpacked.

    Raises:
        OSError: it can't be opened.
        SourceError: what it is packed with is not installed.
    """
    raw = path.open("rb")
    unpack = _UNPACKERS.get(path.suffix)
    if unpack is None:
        return Opened(raw, raw)
    try:
        plain, errors = unpack(raw)
    except SourceError:
        raw.close()
        raise
    return Opened(raw, plain, (OSError, EOFError, *errors))


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


_UNPACKERS: dict[str, Callable[[IO[bytes]], _Unpacked]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".xz": _xz,
    ".zst": _zstandard,
}
