"""The lines of one block of bytes, cut out and decoded only when somebody wants them."""

from __future__ import annotations

import codecs
import functools
import locale
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Block", "Lines", "codec_of", "extends_ascii"]

_LF: Final = b"\n"
_WIDE: Final = {"utf-16", "utf-32"}
_EXTEND_ASCII: Final = ("ascii", "utf-8", "iso8859", "cp125", "koi8")


def codec_of(encoding: str) -> str:
    """The normal name of an encoding; ``auto`` is that of the locale (2.12).

    Raises:
        LookupError: Python knows no such encoding.
    """
    name = locale.getpreferredencoding(do_setlocale=False) if encoding == "auto" else encoding
    return codecs.lookup(name).name


def extends_ascii(codec: str) -> bool:
    """Whether a character of ASCII is the one byte of the same number, and no other is.

    Args:
        codec: name as ``codec_of`` gives it. Encodings that are not known to are said not to.
    """
    return codec.startswith(_EXTEND_ASCII) and not codec.startswith("utf-8-sig")


class Block:
    """Whole lines as bytes, in one encoding.

    Args:
        data: the bytes; every line ends with a newline.
        codec: name of the encoding, as ``codec_of`` gives it.

    Attributes:
        data: the bytes.
        codec: name of the encoding.
    """

    def __init__(self, data: bytes, codec: str) -> None:
        self.data = data
        self.codec = codec
        self._is_ascii = data.isascii()
        self._reading, self._mark = _line_end(data, codec)
        self._width = len(self._mark)
        if self._is_ascii and self._mark == _LF and extends_ascii(codec):
            self._reading = "ascii"

    def end_of(self, position: int) -> int:
        """Index behind the newline of the line that a position lies in."""
        at = self.data.find(self._mark, position)
        while at % self._width and at >= 0:
            at = self.data.find(self._mark, at + 1)
        return len(self.data) if at < 0 else at + self._width

    def next_line(self, position: int) -> int:
        """Index of the first line that begins at a position or behind it."""
        return 0 if position <= 0 else self.end_of(position - self._width)

    def text(self, begin: int, end: int) -> str:
        """The line between two indices without its end; bytes that are no text become U+FFFD."""
        return self.data[begin:end].decode(self._reading, "replace").rstrip("\r\n")

    def line_at(self, begin: int) -> tuple[int, str]:
        """Index behind the line that begins at an index, and the line without its end."""
        if self._ascii is None:
            end = self.end_of(begin)
            return end, self.text(begin, end)
        end = self._ascii.find("\n", begin)
        if end < 0:
            end = len(self._ascii)
        return end + 1, self._ascii[begin:end].rstrip("\r")

    @functools.cached_property
    def _ascii(self) -> str | None:
        """All of the block as text, if each byte of it is a character; decoded at most once."""
        return self.data.decode("ascii") if self._reading == "ascii" else None

    def between(self, begin: int, end: int) -> Lines:
        """The lines between two indices, at which lines begin."""
        return Lines(self, begin, end)

    def begin_of(self, position: int) -> int:
        """Index of the first byte of the line that a position lies in."""
        at = self.data.rfind(self._mark, 0, position)
        while at >= 0 and at % self._width:
            at = self.data.rfind(self._mark, 0, at + self._width - 1)
        return 0 if at < 0 else at + self._width

    def undecodable(self) -> bytes:
        """The first line that is no text in this encoding; empty if all are."""
        if self._is_ascii and self._reading == "ascii":
            return b""
        try:
            self.data.decode(self._reading)
        except UnicodeDecodeError as error:
            begin = self.begin_of(error.start)
            return self.data[begin : self.end_of(begin)]
        return b""


class Lines:
    """Some neighbouring lines of a block, decoded as they are asked for.

    Args:
        block: the block.
        begin: index of the first byte of the first line.
        end: index behind the newline of the last one.
    """

    __slots__ = ("_begin", "_block", "_end")

    def __init__(self, block: Block, begin: int, end: int) -> None:
        self._block = block
        self._begin = begin
        self._end = end

    def __iter__(self) -> Iterator[str]:
        begin = self._begin
        while begin < self._end:
            end = self._block.end_of(begin)
            yield self._block.text(begin, end)
            begin = end

    def __reversed__(self) -> Iterator[str]:
        end = self._end
        while end > self._begin:
            begin = self._block.begin_of(end - 1)
            yield self._block.text(begin, end)
            end = begin


def _line_end(data: bytes, codec: str) -> tuple[str, bytes]:
    """Codec and newline of a block; how it ends tells the byte order of a wide encoding."""
    if codec in _WIDE:
        codec += "-be" if data.endswith(_LF) else "-le"
    try:
        return codec, "\n".encode(codec)
    except UnicodeEncodeError:
        return codec, _LF
