"""Which lines of a block may concern which jail: one look at the block for all of them.

A jail needs literals (``literals.py``); a line that holds none of them can't match. Knows no regex.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from banward.matching.literals import fewer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from banward.matching.literals import Needs

__all__ = ["Prefilter"]

_FOREIGN = re.compile(rb"[\x80-\xff][^\n]*")


class Prefilter:
    """The literals of several jails.

    Args:
        needs: what each failregex of each jail needs, by the jail's name and its number.

    Attributes:
        name: what ``banward rules cost`` calls it.
    """

    name: Final = "literals"

    def __init__(self, needs: Mapping[str, Mapping[int, Needs]]) -> None:
        self._jails = tuple(needs)
        self._exact: _Table = {}
        self._any_case: _Table = {}
        for jail, regexes in needs.items():
            for any_case, table in ((False, self._exact), (True, self._any_case)):
                chosen = {n: need for n, need in regexes.items() if need.any_case is any_case}
                for literal, mask in _masks(chosen).items():
                    table.setdefault(literal.encode("ascii"), []).append((jail, mask))

    def candidates(self, data: bytes, start: int = 0) -> dict[str, list[tuple[int, int]]]:
        """Where the lines begin that may concern a jail, and which of its regexes.

        Args:
            data: whole lines in an encoding that extends ASCII.
            start: where to begin in them.

        Returns:
            For each jail, in order, the index of the first byte of a line, and a number whose bit
            n is set if the failregex n may match.
        """
        found: dict[str, dict[int, int]] = {jail: {} for jail in self._jails}
        for literal, owners in self._exact.items():
            _note(found, owners, _lines_with(data, literal, start))
        if self._any_case:
            self._look_in_any_case(data, start, found)
        return {jail: sorted(lines.items()) for jail, lines in found.items()}

    def _look_in_any_case(self, data: bytes, start: int, found: dict[str, dict[int, int]]) -> None:
        lower = data.lower()
        for literal, owners in self._any_case.items():
            _note(found, owners, _lines_with(lower, literal, start))
        if not data.isascii():
            # A few letters beyond ASCII have a capital or small form in it, such as the long s.
            everyone = [owner for owners in self._any_case.values() for owner in owners]
            lines = [data.rfind(b"\n", 0, m.start()) + 1 for m in _FOREIGN.finditer(data, start)]
            _note(found, everyone, lines)


_Table = dict[bytes, list[tuple[str, int]]]
"""The jails that a literal is for, each with the bits of the regexes that need it."""


def _masks(needs: Mapping[int, Needs]) -> dict[str, int]:
    """The literals to look for, each with the bits of the regexes that it may be for."""
    every = frozenset(literal for need in needs.values() for literal in need.literals)
    masks = dict.fromkeys(fewer(every), 0)
    for number, need in needs.items():
        for literal in need.literals:
            stands_for = next(short for short in masks if short in literal)
            masks[stands_for] |= 1 << number
    return masks


def _note(
    found: dict[str, dict[int, int]], owners: list[tuple[str, int]], begins: Iterable[int]
) -> None:
    if len(owners) > 1:
        begins = list(begins)
    for jail, mask in owners:
        lines = found[jail]
        for begin in begins:
            lines[begin] = lines.get(begin, 0) | mask


def _lines_with(data: bytes, literal: bytes, start: int) -> Iterator[int]:
    """Where the lines begin that hold a literal."""
    at = data.find(literal, start)
    while at >= 0:
        yield data.rfind(b"\n", start, at) + 1 or start
        end = data.find(b"\n", at)
        at = data.find(literal, end) if end >= 0 else -1
