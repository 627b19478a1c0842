"""Which characters of ASCII one node of a regex's parse tree takes. Knows no other character."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ASCII",
    "CATEGORIES",
    "UnknownNodeError",
    "characters_of",
    "characters_of_part",
    "written",
]

ASCII: Final = frozenset(map(chr, range(128)))

CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
"""Names of categories in a parse tree, and how they are written."""


class UnknownNodeError(Exception):
    """A part of a regex that can't be said in another way."""


def characters_of(code: str, value: Any, flags: int) -> frozenset[str] | None:
    """The characters that a node takes; None for a node that does not take one character.

    Args:
        code: name of the node, such as ``IN``.
        value: what belongs to it.
        flags: flags of ``re`` that hold there.

    Raises:
        UnknownNodeError: that can't be said.
    """
    match code:
        case "ANY":
            return ASCII if flags & re.DOTALL else ASCII - {"\n"}
        case "LITERAL":
            return _union([(code, value)], flags)
        case "NOT_LITERAL":
            return ASCII - _union([("LITERAL", value)], flags)
        case "IN":
            parts = [(str(kind), item) for kind, item in value]
            negated = parts[0][0] == "NEGATE"
            return ASCII - _union(parts[1:], flags) if negated else _union(parts, flags)
    return None


def characters_of_part(code: str, item: Any) -> Iterable[str]:
    """The characters that one part of a set takes, in this case.

    Raises:
        UnknownNodeError: it is no part that is known.
    """
    if code == "LITERAL":
        return (chr(item),)
    if code == "RANGE":
        return [c for c in ASCII if item[0] <= ord(c) <= item[1]]
    sign = CATEGORIES.get(str(item)) if code == "CATEGORY" else None
    if sign is None:
        raise UnknownNodeError(code)
    return _in_category(sign)


def _union(parts: Iterable[tuple[str, Any]], flags: int) -> frozenset[str]:
    parts = list(parts)
    chosen = {c for code, item in parts for c in characters_of_part(code, item)}
    if flags & re.IGNORECASE:
        if any(_reaches_beyond(code, item) for code, item in parts):
            # A few letters beyond ASCII have a capital or small form in it, such as the long s.
            raise UnknownNodeError("letters beyond ASCII")
        chosen |= {other for c in chosen for other in (c.lower(), c.upper())}
    return ASCII & chosen


def _reaches_beyond(code: str, item: Any) -> bool:
    last = item[1] if code == "RANGE" else item if code == "LITERAL" else 0
    return bool(last >= len(ASCII))


@functools.cache
def _in_category(sign: str) -> frozenset[str]:
    return frozenset(c for c in ASCII if re.match(sign, c))


def written(characters: frozenset[str]) -> str:
    """A regex, for ``re`` and PCRE2, that takes one of some characters of ASCII, or none if none.

    Args:
        characters: the characters; the others are named if they are fewer.
    """
    if not characters:
        return "(?!)"
    if len(characters) == 1:
        return _sign(ord(next(iter(characters))))
    others = ASCII - characters
    if len(others) < len(characters):
        return f"[^{_ranges(others)}]" if others else r"[\x00-\x7f]"
    return f"[{_ranges(characters)}]"


def _ranges(characters: Iterable[str]) -> str:
    spans: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(
        _sign(first) if first == last else f"{_sign(first)}-{_sign(last)}" for first, last in spans
    )


def _sign(code: int) -> str:
    return chr(code) if chr(code).isalnum() or chr(code) == " " else rf"\x{code:02x}"
