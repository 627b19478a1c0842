"""Texts that a regex matches, part by part, built from its parse tree. Searches nothing itself.

A text is built by choices: which alternative of each branch, and whether optional parts are there.
What looks around is left out of account: whether a text really matches is for the caller to try.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from banward.audit.characters import Admits, admits_of, pick, taken_by
from banward.matching.loosen import REPEATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PEER", "Choices", "Part", "build", "children", "choices_of", "nodes_of", "text_of"]

PEER: Final = "192.0.2.1"
"""Who is really at the other end, in every example."""

_IDS: Final = frozenset({"ip4", "fid", "dns"})
_MANY: Final = 32  # repetitions from which on a part is taken to be free text
_MOST_BRANCHES: Final = 40
_FEW: Final = 3


class Part(NamedTuple):
    """A piece of an example.

    Args:
        text: its text.
        kind: ``fixed``, ``free`` (a repetition of single characters), ``id``, ``content``, or
            ``again`` for the place of no width in front of what repeats as a whole.
        takes: the ASCII characters that a free part takes.
        number: the number of the repetition in the order of the tree, from 0.
        groups: names of the groups around it.
        turn: for ``again``: the text that repeats.
    """

    text: str
    kind: str = "fixed"
    takes: frozenset[str] = frozenset()
    number: int = -1
    groups: tuple[str, ...] = ()
    turn: str = ""


class Choices(NamedTuple):
    """What is chosen where a regex leaves it open.

    Args:
        full: whether optional parts are there.
        branch: number of the branch that does not take its first alternative; -1 for none.
        alternative: which one it takes.
        fill: characters that free text is preferably made of.
    """

    full: bool
    branch: int = -1
    alternative: int = 0
    fill: str = "x1"


def text_of(parts: Iterable[Part]) -> str:
    """The text of parts."""
    return "".join(part.text for part in parts)


def build(tree: Any, choices: Choices) -> list[Part] | None:
    """One example; None if a part of the regex can't be filled.

    Args:
        tree: the parse tree.
        choices: what to take.
    """
    builder = _Builder(tree.state.groupdict, choices)
    try:
        builder.walk(tree, tree.state.flags)
    except _CannotFillError:
        return None
    return list(_merged(builder.parts))


def _merged(parts: list[Part]) -> Iterator[Part]:
    """Neighbours that are fixed text become one."""
    for fixed, group in itertools.groupby(parts, key=lambda part: part.kind == "fixed"):
        if fixed:
            yield Part(text_of(group))
        else:
            yield from group


def choices_of(tree: Any) -> Iterator[Choices]:
    """Choices that show every alternative of a regex in which something repeats.

    Args:
        tree: the parse tree.
    """
    branches = [value[1] for code, value in nodes_of(tree) if str(code) == "BRANCH"]
    for full in (False, True):
        yield Choices(full)
        yield Choices(full, fill=" x1")
    for number, alternatives in enumerate(branches[:_MOST_BRANCHES]):
        for alternative, items in enumerate(alternatives[1:_MOST_BRANCHES], 1):
            few = len(alternatives) <= _FEW
            if few or any(str(code) in REPEATS for code, _ in nodes_of(items)):
                yield Choices(full=True, branch=number, alternative=alternative)
                yield Choices(full=False, branch=number, alternative=alternative)


def nodes_of(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """The nodes of a tree or of a sequence of it, each before those below it."""
    for code, value in items:
        yield code, value
        for child in children(str(code), value):
            yield from nodes_of(child)


def children(code: str, value: Any) -> list[Any]:
    """The sequences below a node, in order.

    Args:
        code: name of the node.
        value: what the parser says of it.
    """
    if code in REPEATS:
        return [value[2]]
    if code == "BRANCH":
        return list(value[1])
    if code == "SUBPATTERN":
        return [value[3]]
    if code == "GROUPREF_EXISTS":
        return [items for items in value[1:] if items is not None]
    if code in {"ASSERT", "ASSERT_NOT"}:
        return [value[1]]
    return [value] if code == "ATOMIC_GROUP" else []


class _CannotFillError(Exception):
    """There is no text for a part."""


class _Builder:
    """Walks a tree once and writes one text.

    Args:
        names: numbers of the groups by name.
        choices: what to take.
    """

    def __init__(self, names: dict[str, int], choices: Choices) -> None:
        self.parts: list[Part] = []
        self._names = {number: name for name, number in names.items()}
        self._choices = choices
        self._branches = 0
        self._repeats = 0
        self._counts: dict[int, tuple[int, int]] = {}
        self._texts: dict[int, str] = {}
        self._groups: tuple[str, ...] = ()

    def walk(self, items: Iterable[tuple[Any, Any]], flags: int) -> None:
        for code, value in items:
            name = str(code)
            admits = admits_of(name, value, any_case=bool(flags & re.IGNORECASE))
            if admits is not None:
                first = (chr(value),) if name == "LITERAL" else self._choices.fill
                self._add(self._char(admits, first))
            elif name in REPEATS:
                self._repeat(value, flags)
            elif name in _WAYS:
                _WAYS[name](self, value, flags)

    def _add(self, text: str, kind: str = "fixed") -> None:
        self.parts.append(Part(text, kind, groups=self._groups))

    def _char(self, admits: Admits, first: Iterable[str]) -> str:
        char = pick(admits, first)
        if char is None:
            raise _CannotFillError
        return char

    def _skip(self, items: Any) -> None:
        """Count what is below a part that is left out."""
        key = id(items)
        if key not in self._counts:
            codes = [str(code) for code, _ in nodes_of(items)]
            self._counts[key] = codes.count("BRANCH"), sum(code in REPEATS for code in codes)
        branches, repeats = self._counts[key]
        self._branches += branches
        self._repeats += repeats

    def _repeat(self, value: Any, flags: int) -> None:
        least, most, items = value
        number = self._repeats
        self._repeats += 1
        admits = _single(items, flags)
        if admits is not None and most >= _MANY:
            self._skip(items)
            count = max(least, 1 if self._choices.full or least or self._wide(admits) else 0)
            text = self._char(admits, self._choices.fill) * count
            takes = taken_by(admits)
            self.parts.append(Part(text, "free", takes, number, self._groups))
            return
        wanted = self._choices.full or any(name in _IDS for name in self._inside(items))
        count = least or int(wanted and most > 0 and not _is_dress(items))
        if not count:
            self._skip(items)
        before, start = (self._branches, self._repeats), len(self.parts)
        for _ in range(count):
            self._branches, self._repeats = before
            self.walk(items, flags)
        if count and most >= _MANY:
            turn = text_of(self.parts[start:])
            self.parts.insert(start, Part("", "again", number=number, turn=turn))

    def _wide(self, admits: Admits) -> bool:
        return admits("x") and admits(".")

    def _inside(self, items: Any) -> Iterator[str]:
        for code, value in nodes_of(items):
            if str(code) == "SUBPATTERN" and value[0] in self._names:
                yield self._names[value[0]]

    def _group(self, value: Any, flags: int) -> None:
        number, add, remove, items = value
        name = self._names.get(number, "")
        start = len(self.parts)
        inside = (flags | add) & ~remove
        outer, self._groups = self._groups, (*self._groups, name) if name else self._groups
        if name in _IDS:
            self._skip(items)
            self._add(PEER, "id")
        elif name == "content":
            self._skip(items)
            self._add("", "content")
        else:
            self.walk(items, inside)
        self._groups = outer
        if number is not None:
            self._texts[number] = text_of(self.parts[start:])

    def _branch(self, value: Any, flags: int) -> None:
        number = self._branches
        self._branches += 1
        alternatives = value[1]
        chosen = self._alternative(number, alternatives)
        for index, items in enumerate(alternatives):
            if index == chosen:
                self.walk(items, flags)
            else:
                self._skip(items)

    def _alternative(self, number: int, alternatives: list[Any]) -> int:
        if number == self._choices.branch:
            return self._choices.alternative
        with_id = (n for n, items in enumerate(alternatives) if _IDS & set(self._inside(items)))
        return next(with_id, 0)

    def _atomic(self, value: Any, flags: int) -> None:
        self.walk(value, flags)

    def _reference(self, value: Any, _flags: int) -> None:
        self._add(self._texts.get(value, ""))

    def _condition(self, value: Any, flags: int) -> None:
        group, yes, no = value
        taken, other = (yes, no) if group in self._texts else (no, yes)
        if taken is yes:
            self.walk(yes, flags)
            self._skip(other or [])
        else:
            self._skip(yes)
            self.walk(no or [], flags)

    def _look(self, value: Any, _flags: int) -> None:
        self._skip(value[1])


_WAYS: Final = {
    "SUBPATTERN": _Builder._group,  # noqa: SLF001 the table belongs to the class
    "BRANCH": _Builder._branch,  # noqa: SLF001
    "ATOMIC_GROUP": _Builder._atomic,  # noqa: SLF001
    "GROUPREF": _Builder._reference,  # noqa: SLF001
    "GROUPREF_EXISTS": _Builder._condition,  # noqa: SLF001
    "ASSERT": _Builder._look,  # noqa: SLF001
    "ASSERT_NOT": _Builder._look,  # noqa: SLF001
}


def _is_dress(items: Any) -> bool:
    """Whether an optional part is what the tags allow around an address, ``[`` or ``::ffff:``."""
    start = [value for code, value in items if str(code) == "LITERAL"]
    return start in ([ord("[")], [ord("]")]) or start[:2] == [ord(":"), ord(":")]


def _single(items: Any, flags: int) -> Admits | None:
    """The test of a repeated part that takes one character a time, looking ahead or not."""
    rest = [(str(code), value) for code, value in items]
    while len(rest) > 1 and rest[0][0] in {"ASSERT", "ASSERT_NOT"}:
        rest = rest[1:]
    if len(rest) != 1:
        return None
    code, value = rest[0]
    if code == "SUBPATTERN":
        return _single(value[3], flags)
    if code == "BRANCH":
        tests = [_first(alternative, flags) for alternative in value[1]]
        known = [test for test in tests if test is not None]
        return (
            (lambda char: any(test(char) for test in known)) if len(known) == len(tests) else None
        )
    return admits_of(code, value, any_case=bool(flags & re.IGNORECASE))


def _first(items: Any, flags: int) -> Admits | None:
    """The test of an alternative that is one character; one behind a backslash is let pass."""
    if len(items) == 2 and str(items[0][0]) == "LITERAL" and items[0][1] == ord("\\"):  # noqa: PLR2004
        return lambda char: char == "\\"
    return _single(items, flags)
