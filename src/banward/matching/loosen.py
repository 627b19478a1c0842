r"""A regex as one for Hyperscan that matches in every raw line in whose text the regex matches.

What is made matches at least as much, never less: texts and choices between texts are kept in their
order, and between them anything may stand. (Hyperscan 5.4 loses matches of regexes that begin with
several sets and options; what is made here has none.) Only lines of ASCII are thought of. The text
of a line is what is left without its date, so where the date may have stood, anything may stand.
It ends with a newline that may not stand there in the raw line (what ``<F-CONTENT>`` captured gets
one), so nothing that may take a newline is left at the end; then all before it takes none either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from banward.matching.charsets import UnknownNodeError, characters_of_part
from banward.matching.literals import SHORTEST, parse_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["REPEATS", "loosen"]

_ANYTHING: Final = r"[^\n]*"
_NEVER: Final = r"[\x80-\xff]"  # in a line of ASCII
_FEW: Final = 4  # characters of a set such as [aA] that are told one by one
_MOST_PIECES: Final = 2
_TOKENS: Final = re.compile(r"\(\?:|\)|\||\[\^\\n\]\*|\[[^\]]*\]|\\x..|[^\\]")
_GAPS: Final = re.compile(r"(?:\[\^\\n\]\*)+")
_LONGEST: Final = 15_000  # characters of a regex; Hyperscan takes 16,000
_ASCII: Final = tuple(map(chr, range(128)))


class _Context(NamedTuple):
    """What holds for a part of a regex."""

    mark: str
    flags: int

    def changed(self, add: int, remove: int) -> _Context:
        return self._replace(flags=(self.flags | add) & ~remove)


def loosen(regex: re.Pattern[str], mark: str = "") -> str | None:
    """A regex for Hyperscan, in byte mode without flags, that matches no less; None if none can be.

    Args:
        regex: the regex of a filter.
        mark: the character behind which the date was cut out of the line, if it may have stood
            within what the regex matches; empty if it stood at the begin of the line.
    """
    tree = parse_tree(regex)
    if tree is None:
        return None
    try:
        items = _ends(_ends(tuple(tree), first=True), first=False)
        text = _sequence(items, _Context(mark, regex.flags))
    except UnknownNodeError:
        return None
    text = _best(text)
    return text if 0 < len(text) <= _LONGEST else None


def _best(text: str) -> str:
    """The longest pieces without a gap, in their order: few, and none that is short."""
    pieces = [piece for piece in _pieces(text) if _least(piece) >= SHORTEST]
    chosen = sorted(pieces, key=_least, reverse=True)[:_MOST_PIECES]
    return _ANYTHING.join(piece for piece in pieces if piece in chosen)


def _pieces(text: str) -> list[str]:
    """The parts of a regex between gaps that are in no bracket."""
    pieces, depth, begin = [], 0, 0
    for found in _TOKENS.finditer(text):
        depth += {"(?:": 1, ")": -1}.get(found[0], 0)
        if found[0] == _ANYTHING and depth == 0:
            pieces.append(text[begin : found.start()])
            begin = found.end()
    return [*pieces, text[begin:]]


def _least(piece: str) -> int:
    """How many characters a piece is at least."""
    shortest: list[list[int]] = [[0]]
    for found in _TOKENS.finditer(piece):
        if found[0] == "(?:":
            shortest.append([0])
        elif found[0] == "|":
            shortest[-1].append(0)
        elif found[0] == ")":
            inner = min(shortest.pop())
            shortest[-1][-1] += inner
        elif found[0] != _ANYTHING:
            shortest[-1][-1] += 1
    return min(shortest[0])


def _sequence(items: Iterable[tuple[Any, Any]], context: _Context) -> str:
    text = "".join(_part(str(code), value, context) for code, value in items)
    return _GAPS.sub(lambda _: _ANYTHING, text)


def _part(code: str, value: Any, context: _Context) -> str:
    writer = _WRITERS.get(code)
    if writer is None:
        raise UnknownNodeError(code)
    return writer(value, context)


# What stands at the ends and may be missing is cut off, and of what repeats only what must be there
# is kept: so there are few places where a match begins or ends.


def _ends(items: Sequence[tuple[Any, Any]], *, first: bool) -> tuple[tuple[Any, Any], ...]:
    rest = list(items)
    while rest:
        end = 0 if first else -1
        code, value = rest[end]
        shortened = _shortened(str(code), value, first=first)
        if shortened is not None:
            rest[end] = code, shortened
            break
        del rest[end]
    return tuple(rest)


def _shortened(code: str, value: Any, *, first: bool) -> Any:
    """The part at an end with what has to be there only; None if nothing has to."""
    if code in _NO_ROOM or (not first and _may_take_newline(code, value)):
        return None
    if code in REPEATS:
        least, _, items = value
        inside = items if first else _ends(tuple(items), first=False)
        return (least, least, items) if least and len(inside) == len(items) else None
    if code == "SUBPATTERN":
        group, add, remove, items = value
        inside = _ends(tuple(items), first=first)
        return (group, add, remove, inside) if inside else None
    if code == "BRANCH":
        branches = [_ends(tuple(items), first=first) for items in value[1]]
        return (value[0], branches) if all(branches) else None
    return value


def _may_take_newline(code: str, value: Any) -> bool:
    if code == "IN":
        parts = value[1:] if str(value[0][0]) == "NEGATE" else value
        holds = any("\n" in characters_of_part(str(code), item) for code, item in parts)
        return holds is (parts is value)
    return not (code in _HOLDING or (code == "LITERAL" and chr(value) != "\n"))


# One for each kind of node.


def _literal(value: int, context: _Context) -> str:
    return _one_of([chr(value)], context)


def _anything(_value: Any, _context: _Context) -> str:
    return _ANYTHING


def _nothing(_value: Any, _context: _Context) -> str:
    return ""


def _group(value: tuple[Any, int, int, Any], context: _Context) -> str:
    _, add, remove, items = value
    return _sequence(items, context.changed(add, remove))


def _atomic(value: Any, context: _Context) -> str:
    return _sequence(value, context)


def _branch(value: tuple[Any, list[Any]], context: _Context) -> str:
    return _either([_sequence(items, context) for items in value[1]])


def _condition(value: tuple[int, Any, Any], context: _Context) -> str:
    return _either([_sequence(items or (), context) for items in value[1:]])


def _either(texts: Sequence[str]) -> str:
    """One of several texts; if one of them may be nothing, so may all."""
    if any(text in {"", _ANYTHING} for text in texts):
        return _ANYTHING
    return f"(?:{'|'.join(texts)})"


def _repeat(value: tuple[Any, Any, Any], context: _Context) -> str:
    least, most, items = value
    if least == 0:
        return _ANYTHING
    inside = _sequence(items, context)
    return inside if most == 1 else f"{inside}{_ANYTHING}"


def _characters(value: list[tuple[Any, Any]], context: _Context) -> str:
    """A set, asked letter by letter of ``re`` itself."""
    negated = bool(value) and str(value[0][0]) == "NEGATE"
    parts = value[1:] if negated else value
    chosen = {c for code, item in parts for c in characters_of_part(str(code), item)}
    if context.flags & re.IGNORECASE and not negated:
        chosen |= {other for c in chosen for other in (c.lower(), c.upper())}
    elif context.flags & re.IGNORECASE:
        chosen = {c for c in chosen if c.lower() in chosen and c.upper() in chosen}
    return _one_of([c for c in _ASCII if (c in chosen) is not negated], context)


def _one_of(characters: Sequence[str], context: _Context) -> str:
    """One of some characters; behind the mark of a date that date may have stood."""
    if context.flags & re.IGNORECASE:
        both = {other for c in characters for other in (c, c.lower(), c.upper())}
        characters = [c for c in _ASCII if c in both]
    known = sorted(ord(c) for c in characters if c.isascii())
    if not known:
        return _NEVER
    if len(known) > _FEW:
        return _ANYTHING
    gap = _ANYTHING if context.mark and ord(context.mark) in known else ""
    return (_sign(known[0]) if len(known) == 1 else f"[{''.join(map(_sign, known))}]") + gap


def _sign(code: int) -> str:
    return chr(code) if chr(code).isalnum() or chr(code) == " " else rf"\x{code:02x}"


_NO_ROOM: Final = {"AT", "ASSERT", "ASSERT_NOT"}
_HOLDING: Final = {"SUBPATTERN", "BRANCH", "MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
REPEATS: Final = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_WRITERS: Final[dict[str, Callable[[Any, _Context], str]]] = {
    "LITERAL": _literal,
    "NOT_LITERAL": _anything,
    "ANY": _anything,
    "IN": _characters,
    "AT": _nothing,
    "ASSERT": _nothing,
    "ASSERT_NOT": _nothing,
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": _atomic,
    "BRANCH": _branch,
    "GROUPREF_EXISTS": _condition,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _repeat,
}
