"""How far a long run is, on one line of the terminal that is gone at the end."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress"]

_EVERY = 0.2  # seconds between two pictures
_LINES = 1000  # lines between two looks at the time
_WIDE = 30  # characters of the bar


class Progress:
    """A bar on stderr; silent unless that is a terminal.

    Args:
        size: how many bytes there are to read, 0 if unknown: then lines are counted.
        done: how many of them were read.
        stream: where to draw.
    """

    def __init__(self, size: int, done: Callable[[], int], stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._on = self._stream.isatty()
        self._size = size
        self._done = done
        self._lines = 0
        self._next = time.monotonic() + _EVERY
        self._drawn = False

    def step(self) -> None:
        """One more line is done."""
        if not self._on:
            return
        self._lines += 1
        if self._lines % _LINES == 0 and time.monotonic() >= self._next:
            self._draw()

    def clear(self) -> None:
        """Wipe the bar, before something else is written."""
        if self._drawn:
            self._stream.write("\r\033[K")
            self._stream.flush()
            self._drawn = False

    def _draw(self) -> None:
        self._next = time.monotonic() + _EVERY
        self._drawn = True
        self._stream.write(f"\r\033[K{self._picture()}")
        self._stream.flush()

    def _picture(self) -> str:
        if not self._size:
            return f"{self._lines:,} lines"
        part = min(self._done() / self._size, 1.0)
        full = round(part * _WIDE)
        return f"[{'#' * full}{'.' * (_WIDE - full)}] {part:4.0%}  {self._lines:,} lines"
