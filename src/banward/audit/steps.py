"""Counts the steps of a backtracking search, so that work is known without a clock.

The search is that of Python's ``re``: the same order, the same giving back. What ``re`` leaves out
by short cuts is counted, which changes the number but not how it grows.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any, Final

from banward.audit.characters import Admits, admits_of

__all__ = ["Steps"]

_Next = Callable[[int], bool]
_Node = Callable[[int, _Next], bool]
_WORD: Final = re.compile(r"\w")
_DEPTH: Final = 20_000


class _SpentError(Exception):
    """The budget is used up."""


class Steps:
    """The step counter of one regex.

    Args:
        tree: its parse tree.
        flags: its flags.
    """

    def __init__(self, tree: Any, flags: int) -> None:
        self._text = ""
        self._left = 0
        self._groups: dict[int, tuple[int, int]] = {}
        self._node = self._sequence(tree, flags)

    def count(self, text: str, budget: int) -> int:
        """The steps that a search takes; ``budget`` if it takes as many or more.

        Args:
            text: the text that is searched.
            budget: when to give up.
        """
        self._text, self._left = text, budget
        depth = sys.getrecursionlimit()
        sys.setrecursionlimit(max(depth, _DEPTH))
        try:
            for start in range(len(text) + 1):
                self._groups = {}
                if self._node(start, lambda _at: True):
                    break
        except (_SpentError, RecursionError):
            return budget
        finally:
            sys.setrecursionlimit(depth)
        return budget - self._left

    def _step(self) -> None:
        self._left -= 1
        if self._left <= 0:
            raise _SpentError

    def _sequence(self, items: Any, flags: int) -> _Node:
        nodes = [self._compile(str(code), value, flags) for code, value in items]

        def run(at: int, then: _Next, index: int = 0) -> bool:
            if index == len(nodes):
                return then(at)
            return nodes[index](at, lambda end: run(end, then, index + 1))

        return nodes[0] if len(nodes) == 1 else run

    def _compile(self, code: str, value: Any, flags: int) -> _Node:
        admits = admits_of(code, value, any_case=bool(flags & re.IGNORECASE))
        if admits is not None:
            return self._character(admits)
        return _WAYS[code](self, value, flags)

    def _character(self, admits: Admits) -> _Node:
        def run(at: int, then: _Next) -> bool:
            self._step()
            return at < len(self._text) and bool(admits(self._text[at])) and then(at + 1)

        return run

    def _at(self, value: Any, flags: int) -> _Node:
        name = str(value)
        test = (_LINE_PLACES if flags & re.MULTILINE else {}).get(name) or _PLACES[name]

        def run(at: int, then: _Next) -> bool:
            self._step()
            return test(self._text, at) and then(at)

        return run

    def _group(self, value: Any, flags: int) -> _Node:
        number, add, remove, items = value
        inside = (flags | add) & ~remove
        node = self._sequence(items, inside)
        if number is None:
            return node

        def run(at: int, then: _Next) -> bool:
            def close(end: int) -> bool:
                before = self._groups.get(number)
                self._groups[number] = (at, end)
                if then(end):
                    return True
                if before is None:
                    self._groups.pop(number, None)
                else:
                    self._groups[number] = before
                return False

            return node(at, close)

        return run

    def _branch(self, value: Any, flags: int) -> _Node:
        nodes = [self._sequence(items, flags) for items in value[1]]

        def run(at: int, then: _Next) -> bool:
            self._step()
            return any(node(at, then) for node in nodes)

        return run

    def _atomic(self, value: Any, flags: int) -> _Node:
        node = self._sequence(value, flags)

        def run(at: int, then: _Next) -> bool:
            ends: list[int] = []
            return node(at, lambda end: not ends.append(end)) and then(ends[-1])  # type: ignore[func-returns-value]

        return run

    def _look(self, value: Any, flags: int, *, wanted: bool = True) -> _Node:
        direction, items = value
        node = self._sequence(items, flags)
        width = _width(items) if direction < 0 else 0

        def run(at: int, then: _Next) -> bool:
            self._step()
            found = at >= width and node(at - width, lambda _end: True)
            return found == wanted and then(at)

        return run

    def _look_not(self, value: Any, flags: int) -> _Node:
        return self._look(value, flags, wanted=False)

    def _reference(self, value: Any, _flags: int) -> _Node:
        def run(at: int, then: _Next) -> bool:
            self._step()
            span = self._groups.get(value)
            if span is None:
                return False
            text = self._text[slice(*span)]
            return self._text.startswith(text, at) and then(at + len(text))

        return run

    def _condition(self, value: Any, flags: int) -> _Node:
        group, yes, no = value
        first, second = self._sequence(yes, flags), self._sequence(no or [], flags)
        return lambda at, then: (first if group in self._groups else second)(at, then)

    def _fail(self, _value: Any, _flags: int) -> _Node:
        return lambda _at, _then: False

    def _greedy(self, value: Any, flags: int) -> _Node:
        least, most, items = value
        if len(items) == 1:
            admits = admits_of(str(items[0][0]), items[0][1], any_case=bool(flags & re.IGNORECASE))
            if admits is not None:
                return self._run_of(admits, least, most)
        node = self._sequence(items, flags)

        def run(at: int, then: _Next, turn: int = 0, last: int = -1) -> bool:
            self._step()
            if turn < most and at != last and node(at, lambda end: run(end, then, turn + 1, at)):
                return True
            return turn >= least and then(at)

        return run

    def _run_of(self, admits: Admits, least: int, most: int) -> _Node:
        """Characters of one kind: as many as there are, then one less each time."""

        def run(at: int, then: _Next) -> bool:
            text, end = self._text, at
            limit = min(len(text), at + most)
            while end < limit and admits(text[end]):
                end += 1
            self._left -= end - at
            while end - at >= least:
                self._step()
                if then(end):
                    return True
                end -= 1
            return False

        return run

    def _lazy(self, value: Any, flags: int) -> _Node:
        least, most, items = value
        node = self._sequence(items, flags)

        def run(at: int, then: _Next) -> bool:
            turn = 0
            while True:
                self._step()
                if turn >= least and then(at):
                    return True
                ends: list[int] = []
                if turn >= most or not node(at, lambda end, ends=ends: not ends.append(end)):  # type: ignore[misc]
                    return False
                at, turn = ends[-1], turn + 1

        def deep(at: int, then: _Next, turn: int = 0, last: int = -1) -> bool:
            self._step()
            if turn >= least and then(at):
                return True
            return (
                turn < most and at != last and node(at, lambda end: deep(end, then, turn + 1, at))
            )

        single = len(items) == 1 and admits_of(str(items[0][0]), items[0][1]) is not None
        return run if single else deep

    def _possessive(self, value: Any, flags: int) -> _Node:
        return self._atomic([("MAX_REPEAT", value)], flags)


_WAYS: Final[dict[str, Callable[[Steps, Any, int], _Node]]] = {
    "AT": Steps._at,  # noqa: SLF001 the table belongs to the class
    "SUBPATTERN": Steps._group,  # noqa: SLF001
    "BRANCH": Steps._branch,  # noqa: SLF001
    "ATOMIC_GROUP": Steps._atomic,  # noqa: SLF001
    "ASSERT": Steps._look,  # noqa: SLF001
    "ASSERT_NOT": Steps._look_not,  # noqa: SLF001
    "GROUPREF": Steps._reference,  # noqa: SLF001
    "GROUPREF_EXISTS": Steps._condition,  # noqa: SLF001
    "FAILURE": Steps._fail,  # noqa: SLF001
    "MAX_REPEAT": Steps._greedy,  # noqa: SLF001
    "MIN_REPEAT": Steps._lazy,  # noqa: SLF001
    "POSSESSIVE_REPEAT": Steps._possessive,  # noqa: SLF001
}


def _is_boundary(text: str, at: int) -> bool:
    before = at > 0 and bool(_WORD.match(text[at - 1]))
    return before != (at < len(text) and bool(_WORD.match(text[at])))


_PLACES: Final[dict[str, Callable[[str, int], bool]]] = {
    "AT_BEGINNING": lambda _text, at: at == 0,
    "AT_BEGINNING_STRING": lambda _text, at: at == 0,
    "AT_END": lambda text, at: text[at:] in {"", "\n"},
    "AT_END_STRING": lambda text, at: at == len(text),
    "AT_BOUNDARY": _is_boundary,
    "AT_NON_BOUNDARY": lambda text, at: not _is_boundary(text, at),
}


_LINE_PLACES: Final[dict[str, Callable[[str, int], bool]]] = {
    "AT_BEGINNING": lambda text, at: text[at - 1 : at] in {"", "\n"},
    "AT_END": lambda text, at: text[at : at + 1] in {"", "\n"},
}
"""The same where the regex is for several lines."""


def _width(items: Any) -> int:
    """The width of a look-behind, which is fixed."""
    width: int = items.getwidth()[0]
    return width
