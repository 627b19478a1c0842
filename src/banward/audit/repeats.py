"""Which texts the repetitions of a regex can share among them in more than one way. Pure.

A repetition within a repetition, alternatives within one, or three in a row that take the same:
only there can the work grow faster than with the square of the length.
"""

from __future__ import annotations

import re
from typing import Any, Final

from banward.audit.example import nodes_of
from banward.matching.loosen import REPEATS

__all__ = ["Repeats"]

_ROW: Final = 3
_LONG: Final = 24
"""A repetition that goes on for longer may take as long as a line is."""


class Repeats:
    """The repetitions of a regex.

    Args:
        tree: its parse tree (``banward.matching.literals.parse_tree``).
    """

    def __init__(self, tree: Any) -> None:
        nodes = [node for node in nodes_of(tree) if str(node[0]) in REPEATS]
        nested = [node for node in nodes if _is_nested(node)]
        many = [node for node in nodes if int(node[1][1]) > _LONG]
        self._nested = [_compiled(tree.state, node) for node in nested]
        self._row = [_compiled(tree.state, node) for node in many] if len(many) >= _ROW else []

    def __bool__(self) -> bool:
        """Whether there is any such text."""
        return bool(self._nested or self._row)

    def share(self, text: str) -> bool:
        """Whether many copies of a text may be taken in more than two ways at each place."""
        twice = text * 2
        takers = sum(regex.fullmatch(twice) is not None for regex in self._row)
        return takers >= _ROW or any(regex.fullmatch(twice) for regex in self._nested)


def _is_nested(repeat: Any) -> bool:
    """Whether a repetition holds another, or alternatives, and either goes on for long."""
    most = int(repeat[1][1])
    for inner in nodes_of(repeat[1][2]):
        name = str(inner[0])
        if name == "BRANCH" and most > _LONG:
            return True
        if name in REPEATS:
            fewer, more = sorted((most, int(inner[1][1])))
            if fewer > 1 and more > _LONG:
                return True
    return False


def _compiled(state: Any, node: Any) -> re.Pattern[str]:
    """A regex of one node."""
    # There is no public way to it; ``parse_tree`` gives no tree where this changes.
    parser, compiler = re._parser, re._compiler  # type: ignore[attr-defined]  # noqa: SLF001
    made: re.Pattern[str] = compiler.compile(parser.SubPattern(state, [node]))
    return made
