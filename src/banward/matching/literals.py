"""Pieces of text that a regex can't match without, derived from its parse tree. Knows no line.

A set of literals is *needed* if every text that the regex matches contains one of them. What can't
be proven is not claimed: then there is no set. Only ASCII within one line is looked at, so that the
same holds for the bytes of the line in any encoding that extends ASCII.

    sequence     the longest run of parts whose texts are all known, or the best need of one part
    alternatives one need of each
    repetition   the need of what is repeated, if that has to be there at least once
"""

from __future__ import annotations

import itertools
import os.path
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

__all__ = ["SHORTEST", "Needs", "Split", "fewer", "needs_of", "parse_tree", "weigh", "whole"]

SHORTEST: Final = 3
"""Shorter literals stand in too many lines."""

_MOST: Final = 32  # literals in one set
_LONGEST: Final = 64  # characters of a literal that are looked at
_ENOUGH: Final = 12  # characters; a longer literal leaves out hardly more lines
_DEAR: Final = 4  # one character of a literal is worth as many literals less
_FEW: Final = 4  # characters of a set such as [aA] that are told one by one

# Words that stand in many lines that are no failure, and what they are worth less.
_COMMON: Final = frozenset({"from", "for", "user", "by", "with", "client", "error", "host"})
_COMMON_LESS: Final = 3

Split = Callable[[str], Iterable[str]]
"""Says of a literal in the text that regexes see, which pieces of it stand in the raw line: one of
them at least."""


class Needs(NamedTuple):
    """Literals of which every match needs one.

    Args:
        literals: the literals; in lower case if ``any_case``.
        any_case: whether they may be in capitals as well.
    """

    literals: frozenset[str]
    any_case: bool = False

    def join(self, other: Needs) -> Needs:
        """What is needed if either this or the other is."""
        any_case = self.any_case or other.any_case
        literals = self.literals | other.literals
        return Needs(_lower(literals) if any_case else literals, any_case)


class _Part(NamedTuple):
    """What a part of a regex matches.

    Args:
        texts: all texts that it matches; None if they are not few, or not known.
        needs: what every match of it needs, if that can be said.
    """

    texts: Needs | None
    needs: Needs | None = None


_EMPTY = Needs(frozenset({""}))
_UNKNOWN = _Part(None)


def whole(literal: str) -> Iterable[str]:
    """The ``Split`` for text that nothing is cut out of."""
    return (literal,)


def parse_tree(regex: re.Pattern[str]) -> Any:
    """The parse tree of a regex as Python's own compiler sees it; None if it can't be had."""
    try:
        # There is no public way to it. Where it changes, filters go line by line.
        parser = re._parser  # type: ignore[attr-defined]  # noqa: SLF001
        return parser.parse(regex.pattern, regex.flags)
    except (AttributeError, re.error, OverflowError, RecursionError, ValueError):
        return None


def needs_of(regex: re.Pattern[str], split: Split = whole) -> Needs | None:
    """The literals that every match of a regex needs, or None if there are none of any use.

    Args:
        regex: the regex.
        split: which pieces of a literal are looked for.
    """
    tree = parse_tree(regex)
    if tree is None:
        return None
    return _Reader(split, any_case=bool(tree.state.flags & re.IGNORECASE)).read(tree).needs


def weigh(needs: Needs | None) -> int:
    """How good a set is at leaving lines out; 0 for none."""
    if needs is None or not needs.literals:
        return 0
    worst = min(map(_worth, needs.literals))
    return 0 if worst < SHORTEST else worst * _DEAR - len(needs.literals)


def _worth(literal: str) -> int:
    bare = literal.strip(" :=([\"'").lower()
    return min(len(literal), _ENOUGH) - (_COMMON_LESS if bare in _COMMON else 0)


def _lower(literals: Iterable[str]) -> frozenset[str]:
    return frozenset(literal.lower() for literal in literals)


class _Reader:
    """Reads a parse tree from the leaves up.

    Args:
        split: which pieces of a literal are looked for.
        any_case: whether capitals make no difference.
    """

    def __init__(self, split: Split, *, any_case: bool) -> None:
        self._split = split
        self._any_case = any_case

    def read(self, items: Iterable[tuple[Any, Any]]) -> _Part:
        """A sequence: neighbours whose texts are known are joined, the best need is kept."""
        run, best, is_run = _EMPTY, None, True
        tail = _EMPTY  # the end of the run that is one text alone
        for code, value in items:
            part = self._part(str(code), value)
            joined = _product(run, part.texts)
            if joined is None:
                best = self._better(best, run)
                joined = part.texts or _EMPTY
                is_run = False
            single = part.texts is not None and len(part.texts.literals) == 1
            best = max(best if single else self._better(best, tail), part.needs, key=weigh)
            tail = (_product(tail, part.texts) if single else None) or _EMPTY
            run = joined
        best = self._better(self._better(best, tail), run)
        return _Part(run if is_run else None, best)

    def _better(self, best: Needs | None, texts: Needs) -> Needs | None:
        """The better one of a need, and of the pieces that stand in the raw line for texts."""
        pieces = Needs(
            frozenset(piece for text in texts.literals for piece in self._split(text)),
            texts.any_case,
        )
        return max(best, pieces, key=weigh) if weigh(pieces) else best

    def _part(self, code: str, value: Any) -> _Part:
        reader = _READERS.get(code)
        return _UNKNOWN if reader is None else reader(self, value)

    # One for each kind of node.

    def literal(self, value: int) -> _Part:
        """One character."""
        return self._one_of([value])

    def characters(self, value: list[tuple[Any, Any]]) -> _Part:
        """One of a set."""
        characters: list[int] = []
        for code, item in value:
            if str(code) == "LITERAL":
                characters.append(item)
            elif str(code) == "RANGE" and item[1] - item[0] < _FEW:
                characters.extend(range(item[0], item[1] + 1))
            else:
                return _UNKNOWN
        return self._one_of(characters)

    def nothing(self, _value: Any) -> _Part:
        """A place, which takes no room."""
        return _Part(_EMPTY)

    def ahead(self, value: tuple[int, Any]) -> _Part:
        """What is looked at has to be there, but takes no room."""
        return _Part(_EMPTY, self.read(value[1]).needs)

    def group(self, value: tuple[Any, int, int, Any]) -> _Part:
        """A bracket, with flags of its own."""
        _, add, remove, items = value
        inside = (self._any_case or bool(add & re.IGNORECASE)) and not remove & re.IGNORECASE
        return _Reader(self._split, any_case=inside).read(items)

    def atomic(self, value: Any) -> _Part:
        """A bracket that gives nothing back."""
        return self.read(value)

    def branch(self, value: tuple[Any, list[Any]]) -> _Part:
        """One of several."""
        return _either([self.read(items) for items in value[1]])

    def condition(self, value: tuple[int, Any, Any]) -> _Part:
        """One of two, by whether a group took part."""
        return _either([self.read(items or []) for items in value[1:]])

    def repeat(self, value: tuple[int, int, Any]) -> _Part:
        """A part several times."""
        least, most, items = value
        part = self.read(items)
        if (least, most) == (1, 1):
            return part
        if (least, most) == (0, 1):
            return _Part(_union([part.texts, _EMPTY]))
        if least == 0:
            return _UNKNOWN
        texts: Needs | None = _EMPTY if least == most else None
        for _ in range(least if texts else 0):
            texts = None if texts is None else _product(texts, part.texts)
        return _Part(texts, part.needs)

    def _one_of(self, codes: list[int]) -> _Part:
        """Few characters; only those that stand in a line as the byte of the same number."""
        if not 0 < len(codes) <= _FEW or not all(map(_is_plain, codes)):
            return _UNKNOWN
        texts = map(chr, codes)
        return _Part(Needs(_lower(texts) if self._any_case else frozenset(texts), self._any_case))


_READERS: Final[dict[str, Callable[[_Reader, Any], _Part]]] = {
    "LITERAL": _Reader.literal,
    "IN": _Reader.characters,
    "AT": _Reader.nothing,
    "ASSERT": _Reader.ahead,
    "ASSERT_NOT": _Reader.nothing,
    "SUBPATTERN": _Reader.group,
    "ATOMIC_GROUP": _Reader.atomic,
    "BRANCH": _Reader.branch,
    "GROUPREF_EXISTS": _Reader.condition,
    "MAX_REPEAT": _Reader.repeat,
    "MIN_REPEAT": _Reader.repeat,
    "POSSESSIVE_REPEAT": _Reader.repeat,
}


def _is_plain(code: int) -> bool:
    return chr(code).isascii() and chr(code) not in "\r\n"


def _product(first: Needs, second: Needs | None) -> Needs | None:
    """The texts of two neighbours, one behind the other; None if that are too many."""
    if second is None or len(first.literals) * len(second.literals) > _MOST:
        return None
    pairs = itertools.product(first.literals, second.literals)
    literals = frozenset(map("".join, pairs))
    if max(map(len, literals)) > _LONGEST:
        return None
    any_case = first.any_case or second.any_case
    return Needs(_lower(literals) if any_case else literals, any_case)


def _union(sets: Iterable[Needs | None]) -> Needs | None:
    """What is needed if one of several is; None if one of them is not known, or too many are."""
    joined = Needs(frozenset())
    for needs in sets:
        if needs is None:
            return None
        joined = joined.join(needs)
    return joined if len(joined.literals) <= _MOST else None


def _either(parts: list[_Part]) -> _Part:
    return _Part(_union(part.texts for part in parts), _union(part.needs for part in parts))


def fewer(literals: frozenset[str]) -> frozenset[str]:
    """The same need with fewer literals: what holds another goes, what begins alike is joined.

    Args:
        literals: literals of which a line needs one.
    """
    bare = [one for one in literals if not any(o != one and o in one for o in literals)]
    joined: list[str] = []
    for literal in sorted(bare):
        common = os.path.commonprefix([joined[-1], literal]) if joined else ""
        if len(common) >= _ENOUGH:
            joined[-1] = common
        else:
            joined.append(literal)
    return frozenset(joined)
