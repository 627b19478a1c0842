"""Which lines of a block may concern which jail: one look at the block for all of them.

A jail needs literals (``literals.py``); a line that holds none of them can't match. Knows no regex.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from banward.matching.literals import fewer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banward.matching.literals import Needs

__all__ = ["Prefilter"]

_FOREIGN = re.compile(rb"[\x80-\xff][^\n]*")


class Prefilter:
    """The literals of several jails.

    Args:
        needs: what each jail needs, by its name.
    """

    def __init__(self, needs: Mapping[str, Needs]) -> None:
        self._jails = tuple(needs)
        self._exact: defaultdict[bytes, list[str]] = defaultdict(list)
        self._any_case: defaultdict[bytes, list[str]] = defaultdict(list)
        for jail, (literals, any_case) in needs.items():
            table = self._any_case if any_case else self._exact
            for literal in fewer(literals):
                table[literal.encode("ascii")].append(jail)

    def candidates(self, data: bytes, start: int = 0) -> dict[str, list[int]]:
        """Where the lines begin that may concern a jail.

        Args:
            data: whole lines in an encoding that extends ASCII.
            start: where to begin in them.

        Returns:
            For each jail the indices of the first bytes of its lines, in order.
        """
        found: dict[str, set[int]] = {jail: set() for jail in self._jails}
        for literal, jails in self._exact.items():
            _note(found, jails, _lines_with(data, literal, start))
        if self._any_case:
            self._look_in_any_case(data, start, found)
        return {jail: sorted(begins) for jail, begins in found.items()}

    def _look_in_any_case(self, data: bytes, start: int, found: dict[str, set[int]]) -> None:
        lower = data.lower()
        for literal, jails in self._any_case.items():
            _note(found, jails, _lines_with(lower, literal, start))
        if not data.isascii():
            # A few letters beyond ASCII have a capital or small form in it, such as the long s.
            jails = list({jail for names in self._any_case.values() for jail in names})
            begins = (data.rfind(b"\n", 0, m.start()) + 1 for m in _FOREIGN.finditer(data, start))
            _note(found, jails, begins)


def _note(found: dict[str, set[int]], jails: list[str], begins: Iterator[int]) -> None:
    first, *others = jails
    before = set(begins)
    found[first] |= before
    for jail in others:
        found[jail] |= before


def _lines_with(data: bytes, literal: bytes, start: int) -> Iterator[int]:
    """Where the lines begin that hold a literal."""
    at = data.find(literal, start)
    while at >= 0:
        yield data.rfind(b"\n", start, at) + 1 or start
        end = data.find(b"\n", at)
        at = data.find(literal, end) if end >= 0 else -1
