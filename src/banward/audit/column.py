"""Where a repetition of a parse tree stands in the pattern as it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from banward.audit.example import children
from banward.matching.literals import parse_tree
from banward.matching.loosen import REPEATS
from banward.matching.tags import expand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from banward.matching.pattern import Pattern

__all__ = ["column_of"]

# What can stand in a regex text, a repetition being what is looked for.
_TOKENS: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P?[<=!:#>]|(?P<repeat>[*+?]|\{\d*,?\d*\})[?+]?|.",
    re.DOTALL,
)


def column_of(pattern: Pattern, number: int) -> int:
    """The column of a repetition in the written pattern, from 1; 0 if it can't be said.

    Args:
        pattern: the pattern.
        number: the repetition in the order of the tree, from 0.
    """
    expansion = expand(pattern.written)
    places = [token.start() for token in _TOKENS.finditer(expansion.text) if token["repeat"]]
    order = list(_finished(parse_tree(pattern.regex), [0]))
    if number < 0 or len(places) != len(order) or expansion.text != pattern.regex.pattern:
        return 0
    return expansion.origin(places[order.index(number)]) + 1


def _finished(items: Iterable[tuple[Any, Any]], count: list[int]) -> Iterator[int]:
    """Numbers of repetitions in the order in which their signs stand in the text."""
    for code, value in items:
        number = count[0]
        is_repeat = str(code) in REPEATS
        count[0] += is_repeat
        for child in children(str(code), value):
            yield from _finished(child, count)
        if is_repeat:
            yield number
