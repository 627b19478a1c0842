"""How lines end in an encoding. Knows no file."""

from __future__ import annotations

import codecs
import locale
import sys
from typing import Final, NamedTuple

from banward.errors import SourceError

__all__ = ["LF", "Newline", "codec_name", "newline_of"]


class Newline(NamedTuple):
    """The bytes that end a line.

    Args:
        mark: the bytes.
        width: bytes of one character; ``mark`` counts only at multiples of it, because its bytes
            may also be parts of two characters (UTF-16, UTF-32).
    """

    mark: bytes
    width: int = 1

    def find(self, data: bytes, start: int) -> int:
        """Index of the first newline at or after ``start``; -1 if there is none."""
        at = data.find(self.mark, start)
        while at >= 0 and at % self.width:
            at = data.find(self.mark, at + 1)
        return at

    def rfind(self, data: bytes, start: int, end: int) -> int:
        """Index of the last newline that lies within ``start`` and ``end``; -1 if none does."""
        at = data.rfind(self.mark, start, end)
        while at >= 0 and at % self.width:
            at = data.rfind(self.mark, start, at + len(self.mark) - 1)
        return at


LF: Final = Newline(b"\n")

_WIDE: Final = {"utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)} | {
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
}


def codec_name(encoding: str) -> str:
    """The normal name of an encoding; ``auto`` is that of the locale (config-and-filters.md 2.12).

    Raises:
        SourceError: Python knows no such encoding of text.
    """
    if encoding.lower() == "auto":
        encoding = locale.getpreferredencoding(do_setlocale=False)
    try:
        codec = codecs.lookup(encoding)
        "\n".encode(codec.name)
    except LookupError as error:
        raise SourceError(f"unknown encoding: {encoding}") from error
    return codec.name


def newline_of(encoding: str, head: bytes = b"") -> Newline:
    """How lines end.

    Args:
        encoding: name of the encoding, or ``auto``.
        head: the first bytes of the file, where a byte order mark may stand.

    Raises:
        SourceError: Python knows no such encoding.
    """
    name = codec_name(encoding)
    if name in _WIDE:
        little = sys.byteorder == "little"
        for is_little, bom in zip((True, False), _WIDE[name], strict=True):
            little = is_little if head.startswith(bom) else little
        name = f"{name}-{'le' if little else 'be'}"
    mark = "\n".encode(name)
    return LF if mark == LF.mark else Newline(mark, len(mark))
