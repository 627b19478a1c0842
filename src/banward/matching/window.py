"""The last lines of a log as one text, for regexes over several lines (``maxlines``).

The rules are those of config-and-filters.md 2.9. Knows no regex.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Window", "WindowLine"]


class WindowLine(NamedTuple):
    """One line of a window.

    Args:
        text: what regexes see, with its newline.
        stored: the line as it stands in the log.
        offset: where it stands, in bytes.
    """

    text: str
    stored: str
    offset: float


class Window:
    """The last lines of one source.

    Args:
        size: how many lines at most.
    """

    def __init__(self, size: int) -> None:
        self._lines: deque[WindowLine] = deque(maxlen=size)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[WindowLine]:
        return iter(self._lines)

    @property
    def text(self) -> str:
        """The text of all lines."""
        return "".join(line.text for line in self._lines)

    @property
    def oldest(self) -> float | None:
        """Where the first line stands, in bytes; None if there is none."""
        return self._lines[0].offset if self._lines else None

    def push(self, line: WindowLine) -> None:
        """Add a line; the oldest one goes if there are too many."""
        self._lines.append(line)

    def clear(self) -> None:
        """Forget all lines."""
        self._lines.clear()

    def take(self, start: int, end: int, skipped: Iterable[tuple[int, int]]) -> list[WindowLine]:
        """Remove the lines that a match touches, save those that it skipped.

        Args:
            start: where the match begins in ``text``.
            end: where it ends.
            skipped: spans captured by ``<SKIPLINES>``.

        Returns:
            The lines that make up the match, oldest first.
        """
        skips = [span for span in skipped if span[0] < span[1]]
        matched: list[WindowLine] = []
        kept: list[WindowLine] = []
        begin = 0
        for line in self._lines:
            close = begin + len(line.text)
            inside = any(first <= begin and close <= last for first, last in skips)
            touched = begin < max(end, start + 1) and start < close
            (matched if touched and not inside else kept).append(line)
            begin = close
        self._lines = deque(kept, self._lines.maxlen)
        return matched
