"""Lines of logs on a terminal: what does not print is shown as its escape.

Into a file or a pipe they go as they stand, for scripts that read them.
"""

from __future__ import annotations

import contextlib
import re
import sys
from typing import TYPE_CHECKING, Any

from banward.printable import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

__all__ = ["Terminal", "harmless_output"]

_PIECES = re.compile(r"[\n\t]|[^\n\t]+")


class Terminal:
    """A text stream to a terminal; whatever else it can is that of the stream.

    Args:
        stream: the stream.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text; its line breaks and tabs stay."""
        self._stream.write(
            "".join(p if p in "\n\t" else harmless(p) for p in _PIECES.findall(text))
        )
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write one text after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def harmless_output() -> Iterator[None]:
    """Make standard output harmless for as long as the context lasts, if it is a terminal."""
    if not sys.stdout.isatty():
        yield
        return
    with contextlib.redirect_stdout(Terminal(sys.stdout)):  # type: ignore[type-var]  # a stream to all who print
        yield
