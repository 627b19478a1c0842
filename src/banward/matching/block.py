"""The lines of one block of bytes, cut out and decoded only when somebody wants them."""

from __future__ import annotations

import codecs
import locale
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Block", "Text", "codec_of"]

_LF = b"\n"
_WIDE = {"utf-16": 2, "utf-32": 4}


class Text(NamedTuple):
    """One line.

    Args:
        begin: index of its first byte in the block.
        end: index behind its newline.
        text: the line without its end, decoded.
        broken: true if it holds bytes that are no text in this encoding.
    """

    begin: int
    end: int
    text: str
    broken: bool = False


def codec_of(encoding: str) -> str:
    """The normal name of an encoding; ``auto`` is that of the locale (2.12).

    Raises:
        LookupError: Python knows no such encoding.
    """
    name = locale.getpreferredencoding(do_setlocale=False) if encoding == "auto" else encoding
    return codecs.lookup(name).name


class Block:
    """Whole lines as bytes, in one encoding.

    Args:
        data: the bytes; every line ends with a newline.
        codec: name of the encoding, as ``codec_of`` gives it.
    """

    def __init__(self, data: bytes, codec: str) -> None:
        self.data = data
        self._codec, self._mark = _line_end(data, codec)
        self._is_plain = data.isascii() and self._mark == _LF

    def lines(self, start: int = 0) -> Iterator[Text]:
        """The lines from the one on that begins at ``start``."""
        begin, size = start, len(self.data)
        while begin < size:
            end = self.end_of(begin)
            yield self.text(begin, end)
            begin = end

    def end_of(self, position: int) -> int:
        """Index behind the newline of the line that a position lies in."""
        width = len(self._mark)
        at = self.data.find(self._mark, position)
        while at >= 0 and at % width:
            at = self.data.find(self._mark, at + 1)
        return len(self.data) if at < 0 else at + width

    def next_line(self, position: int) -> int:
        """Index of the first line that begins at a position or behind it."""
        return 0 if position <= 0 else self.end_of(position - len(self._mark))

    def begin_of(self, position: int) -> int:
        """Index of the first byte of the line that a position lies in."""
        width = len(self._mark)
        at = self.data.rfind(self._mark, 0, position)
        while at >= 0 and at % width:
            at = self.data.rfind(self._mark, 0, at + width - 1)
        return 0 if at < 0 else at + width

    def text(self, begin: int, end: int) -> Text:
        """The line between two indices, decoded; bytes that are no text become U+FFFD."""
        raw = self.data[begin:end]
        if self._is_plain:
            return Text(begin, end, raw.decode("ascii").rstrip("\r\n"))
        text = raw.decode(self._codec, "replace")
        broken = "\ufffd" in text and raw != text.encode(self._codec, "replace")
        return Text(begin, end, text.rstrip("\r\n"), broken)


def _line_end(data: bytes, codec: str) -> tuple[str, bytes]:
    """Codec and newline of a block; how it ends tells the byte order of a wide encoding."""
    if codec in _WIDE:
        codec += "-be" if data.endswith(_LF) else "-le"
    try:
        return codec, "\n".encode(codec)
    except UnicodeEncodeError:
        return codec, _LF
