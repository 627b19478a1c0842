"""Which characters a node of a parse tree takes. Knows single characters only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from banward.matching.charsets import CATEGORIES

__all__ = ["Admits", "admits_of", "pick", "taken_by"]

Admits = Callable[[str], bool]
"""Whether a node takes one character."""


def _matcher(text: str) -> Admits:
    regex = re.compile(text)
    return lambda char: regex.match(char) is not None


_CATEGORIES: Final[dict[str, Admits]] = {name: _matcher(text) for name, text in CATEGORIES.items()}
_LIKELY: Final = "x1 a.:-/=\"'[](){}<>,;_@#\t\n"
_ALL: Final = (*_LIKELY, *(chr(code) for code in range(33, 127)))


def admits_of(code: str, value: Any, *, any_case: bool = False) -> Admits | None:
    """The test of a node for one character; None if the node is no single character.

    Args:
        code: name of the node.
        value: what the parser says of it.
        any_case: whether capitals make no difference.
    """
    if code == "ANY":
        return lambda char: char != "\n"
    if code == "LITERAL":
        return _literal(value, any_case=any_case)
    if code == "NOT_LITERAL":
        inner = _literal(value, any_case=any_case)
        return lambda char: not inner(char)
    if code == "IN":
        return _set(value, any_case=any_case)
    return None


def pick(admits: Admits, first: Iterable[str] = ()) -> str | None:
    """A likely character that is taken; None if no usual one is.

    Args:
        admits: the test.
        first: characters that are preferred.
    """
    return next((char for char in (*first, *_ALL) if admits(char)), None)


def taken_by(admits: Admits) -> frozenset[str]:
    """The ASCII characters that are taken.

    Args:
        admits: the test.
    """
    return frozenset(char for char in map(chr, range(1, 127)) if admits(char))


def _literal(value: int, *, any_case: bool) -> Admits:
    own = chr(value)
    if any_case:
        return lambda char: char.lower() == own.lower()
    return lambda char: char == own


def _set(items: list[tuple[Any, Any]], *, any_case: bool) -> Admits:
    negated = str(items[0][0]) == "NEGATE"
    tests = [_member(str(code), value) for code, value in items[negated:]]

    def admits(char: str) -> bool:
        forms = (char, char.lower(), char.upper()) if any_case else (char,)
        return any(test(form) for test in tests for form in forms) != negated

    return admits


def _member(code: str, value: Any) -> Admits:
    if code == "RANGE":
        low, high = map(chr, value)
        return lambda char: low <= char <= high
    if code == "CATEGORY":
        return _CATEGORIES[str(value)]
    return _literal(value, any_case=False)
