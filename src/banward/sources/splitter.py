"""Bytes of a log in pieces → whole lines. Pure; its memory is bounded whatever the log holds.

A line counts once its newline is there. Of a line longer than the limit only the beginning is
kept: what follows up to its newline is read past, so that no text in the middle of a line is ever
taken for the beginning of one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from banward.sources.newline import LF, Newline

__all__ = ["LONGEST", "Lines", "Splitter"]

LONGEST: Final = 64 * 1024
"""How many bytes of a line are kept."""


class Lines(NamedTuple):
    """Whole lines.

    Args:
        data: the lines, each with its newline.
        size: how many bytes of the log they stand for.
        cut: how many bytes at the end of the last line were left out.
    """

    data: bytes
    size: int
    cut: int = 0


class Splitter:
    """Takes the bytes of a log one piece after the other.

    Args:
        newline: how lines end.
        longest: bytes of a line that are kept; a multiple of the newline's width.
    """

    def __init__(self, newline: Newline = LF, longest: int = LONGEST) -> None:
        self._newline = newline
        self._longest = longest
        self._held = b""
        self._skipped = 0  # bytes read past after a beginning of ``longest`` bytes
        self._head = b""

    @property
    def pending(self) -> int:
        """How many bytes of a line without an end were taken so far."""
        return len(self._head) + self._skipped + len(self._held)

    def reset(self) -> None:
        """Forget the line that has no end yet."""
        self._held = self._head = b""
        self._skipped = 0

    def feed(self, data: bytes) -> list[Lines]:
        """Take the next bytes.

        Returns:
            The lines that they complete, in order. A line that was cut is the last of its group,
            so that within a group the bytes stand as in the log.
        """
        data = self._held + data if self._held else data
        groups: list[Lines] = []
        begin = self._end_long_line(data, groups) if self._head else 0
        while not self._head:
            end = self._whole(data, begin)
            if end > begin:
                groups.append(Lines(data[begin:end], end - begin))
            if len(data) - end <= self._longest:
                self._held = data[end:]
                break
            self._head = data[end : end + self._longest]
            begin = self._end_long_line(data, groups, end + self._longest)
        return groups

    def _whole(self, data: bytes, begin: int) -> int:
        """Where the last line ends that is whole, with no line before it that is too long."""
        width = len(self._newline.mark)
        while True:
            end = self._newline.rfind(data, begin, begin + self._longest + width)
            if end < 0:
                return begin
            begin = end + width

    def _end_long_line(self, data: bytes, groups: list[Lines], start: int = 0) -> int:
        """Go past the rest of a long line, and return where the next one begins in ``data``."""
        newline = self._newline
        at = newline.find(data, start)
        if at < 0:
            rest = (len(data) - start) % newline.width  # half a character stays
            self._skipped += len(data) - start - rest
            self._held = data[len(data) - rest :]
            return len(data)
        cut = self._skipped + at - start
        size = len(self._head) + cut + len(newline.mark)
        groups.append(Lines(self._head + newline.mark, size, cut))
        self.reset()
        return at + len(newline.mark)
