"""Which lines of a block may concern which jail, by whole regexes at once: the optional Hyperscan.

Where every line holds some literal, as in the log of a web server, or many jails share a file,
this leaves out far more lines than literals do. The same is asked and answered as of ``Prefilter``.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Final

from banward.matching.rules import EVERY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

__all__ = ["Automaton", "library"]

_MOST: Final = 400  # regexes; more take seconds to compile
_SIGN_FIRST: Final = r"^[^\n0-9A-Za-z_]"
_FOREIGN = re.compile(rb"[\x80-\xff][^\n]*")


def library() -> ModuleType | None:
    """The package ``hyperscan``, None if it is not installed."""
    try:
        return importlib.import_module("hyperscan")
    except ImportError:
        return None


class Automaton:
    """The regexes of several jails as one automaton.

    Args:
        regexes: the loosened regexes of each jail (``loosen.py``), by the jail's name.

    Attributes:
        name: what ``banward rules cost`` calls it.

    Raises:
        ValueError: the library is missing, or can't take these regexes.
    """

    name: Final = "hyperscan"

    def __init__(self, regexes: Mapping[str, Sequence[str]]) -> None:
        hyperscan = library()
        if hyperscan is None:
            raise ValueError("the package hyperscan is not installed")
        self._jails = tuple(regexes)
        self._owners = [(jail, 1 << n) for jail, some in regexes.items() for n in range(len(some))]
        texts = [text.encode("ascii") for some in regexes.values() for text in some]
        if not 0 < len(texts) <= _MOST:
            raise ValueError(f"{len(texts)} regexes are none or too many")
        texts.append(_SIGN_FIRST.encode("ascii"))
        flags = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_MULTILINE
        self._database = hyperscan.Database()
        try:
            self._database.compile(
                expressions=texts, ids=list(range(len(texts))), flags=[flags] * len(texts)
            )
        except hyperscan.HyperscanError as error:
            raise ValueError(f"regexes that Hyperscan can't take: {error}") from error

    def candidates(self, data: bytes) -> dict[str, list[tuple[int, int]]]:
        """Where the lines begin that may concern a jail, and which of its regexes.

        Args:
            data: whole lines in an encoding that extends ASCII.

        Returns:
            As ``Prefilter.candidates``.
        """
        found: dict[str, dict[int, int]] = {jail: {} for jail in self._jails}
        begin = end = 0
        for at, number in self._ends(data):
            if at >= end:
                begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1 or len(data)
            if number == len(self._owners):
                # A date may stand behind this sign, and be cut out between it and what follows.
                _note_all(found, begin)
                continue
            jail, bit = self._owners[number]
            lines = found[jail]
            lines[begin] = lines.get(begin, 0) | bit
        if not data.isascii():
            # The automaton knows bytes, ``re`` letters.
            for foreign in _FOREIGN.finditer(data):
                _note_all(found, data.rfind(b"\n", 0, foreign.start()) + 1)
        return {jail: sorted(lines.items()) for jail, lines in found.items()}

    def _ends(self, data: bytes) -> list[tuple[int, int]]:
        """Where matches end, as the index of their last byte, and of which regex they are."""
        ends: list[tuple[int, int]] = []

        def note(number: int, _begin: int, end: int, _flags: int, _context: Any) -> None:
            ends.append((end - 1, number))

        self._database.scan(data, match_event_handler=note)
        ends.sort()
        return ends


def _note_all(found: Mapping[str, dict[int, int]], begin: int) -> None:
    for lines in found.values():
        lines[begin] = EVERY
