"""Questions about the parts of a regex's parse tree, as Python's own compiler makes it. Pure.

A part is the name of its kind and a value that hangs on it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from banward.matching.charsets import characters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "ENDLESS",
    "Part",
    "groups_in",
    "is_anchored",
    "is_calm",
    "is_group",
    "stays_calm",
    "takes_the_rest",
]

ENDLESS: Final = 1 << 30
"""As many characters or repetitions as there may be."""

Part = tuple[Any, Any]

_REPEATS: Final = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_PLACES: Final = {"SUBPATTERN": 3, "ASSERT": 1, "ASSERT_NOT": 1, **dict.fromkeys(_REPEATS, 2)}


def is_anchored(items: Sequence[Part]) -> bool:
    """Whether a regex can match at the begin of its text only."""
    if not items:
        return False
    code, value = str(items[0][0]), items[0][1]
    if code == "AT":
        return str(value) in {"AT_BEGINNING", "AT_BEGINNING_STRING"}
    if code == "BRANCH":
        return all(is_anchored(list(branch)) for branch in value[1])
    return code == "SUBPATTERN" and is_anchored(list(value[3]))


def is_calm(items: Iterable[Part]) -> bool:
    """Whether parts ask nothing of their place but whether the line ends there."""
    for code, value in items:
        kind = str(code)
        if kind in {"ASSERT", "ASSERT_NOT"} or (kind == "AT" and str(value) != "AT_END"):
            return False
        inside = _inside(kind, value)
        if not (stays_calm(inside[0]) if kind in _REPEATS else all(map(is_calm, inside))):
            return False
    return True


def stays_calm(items: Iterable[Part]) -> bool:
    """The same for parts that repeat: they do not begin again where the line ends."""
    return _begins_before_end(items) or is_calm(items)


def _begins_before_end(items: Iterable[Part]) -> bool:
    """Whether parts begin with a character that is no newline, so not where a line ends."""
    code, value = next(iter(items), ("", None))
    if str(code) not in {"LITERAL", "IN"}:
        return False
    characters = characters_of(str(code), value, 0)
    return characters is not None and "\n" not in characters


def takes_the_rest(items: Sequence[Part], flags: int) -> bool:
    """Whether the end of some parts takes all that is left of a line."""
    code, value = items[-1]
    if str(code) != "MAX_REPEAT" or int(value[1]) < ENDLESS:
        return False
    inside = list(value[2])
    return [str(kind) for kind, _ in inside] == ["ANY"] and not flags & re.DOTALL


def is_group(code: Any, value: Any, number: int) -> bool:
    """Whether a part is the group of this number."""
    return str(code) == "SUBPATTERN" and value[0] == number


def groups_in(items: Iterable[Part]) -> Iterator[int]:
    """The numbers of all groups in some parts."""
    for code, value in items:
        if str(code) == "SUBPATTERN" and value[0] is not None:
            yield value[0]
        for inside in _inside(str(code), value):
            yield from groups_in(inside)


def _inside(code: str, value: Any) -> Sequence[Iterable[Part]]:
    """The sequences of parts within a part."""
    if code == "ATOMIC_GROUP":
        return (value,)
    if code == "BRANCH":
        return tuple(value[1])
    if code == "GROUPREF_EXISTS":
        return tuple(items for items in value[1:] if items is not None)
    place = _PLACES.get(code)
    return () if place is None else (value[place],)
