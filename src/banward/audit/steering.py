"""Patterns that name whom the attacker wants named: proven by a line that the engine gets wrong.

A genuine line is built from the pattern, its peer being 192.0.2.1. Then one free part of it is
given the text of an attacker: a piece of the same line, with the address 198.51.100.66. The
pattern is steerable if the engine names the forged address. Which parts are taken to be written
by the attacker:

    the part takes the whole forged text by its own characters, as ``.*`` does; or
    it holds a user name or the like (``<F-USER>``) and takes nearly any character: the one that
    ends it, such as a blank or a quote, may then stand in the name as well; or
    nothing ends the pattern, and the text goes on behind it.

A pattern without an anchor is found in the middle of what the attacker writes. What he writes is in
one line, also where a pattern is for several.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from banward.audit.example import PEER, Part, text_of
from banward.audit.finding import Finding
from banward.audit.genuine import genuine
from banward.matching.literals import parse_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.audit.engine import Tried

__all__ = ["FORGED", "steering"]

FORGED: Final = "198.51.100.66"
"""Whom the attacker wants named, in every example."""

_WROTE: Final = "x wrote: "
_USER: Final = re.compile(r"user|agent|url|uri|helo|referr?er|login")
_NEAR: Final = 7  # parts on each side of the address
_ANYTHING: Final = " ~|\"'(){}[]<>=;,:./"
_ODD: Final = "(=;"
_ANCHORS: Final = frozenset({"AT_BEGINNING", "AT_BEGINNING_STRING", "AT_BEGINNING_LINE"})


def steering(trial: Tried) -> Finding | None:
    """The first proof that a pattern can be steered; None if there is none.

    Args:
        trial: the pattern.
    """
    if "mlfgained" in trial.fail.groups:
        return None  # a login that was granted is no failure
    for parts, borders in genuine(trial):
        for free, line in _forged(trial, parts, borders):
            if trial.who(line) == FORGED and trial.prove(line) == FORGED:
                return _finding(trial, free, line)
    return None


def _forged(
    trial: Tried, parts: list[Part], borders: tuple[int, int]
) -> Iterator[tuple[Part | None, str]]:
    """Lines in which one part holds the text of an attacker."""
    ids = [n for n, part in enumerate(parts) if part.kind == "id"]
    if not ids:
        return
    first, last = borders
    own = text_of(parts[first:last]).replace(PEER, FORGED)
    is_inside = first <= ids[0] < last and not trial.is_whole and "\n" not in own
    if is_inside and not _is_anchored(parse_tree(trial.fail.regex)):
        yield None, f"{text_of(parts[:first])}{_WROTE}{own}{text_of(parts[last:])}"
    for number, part in enumerate(parts):
        if part.kind == "free" and set(_ODD) <= part.takes and not _is_skipped(part):
            before, after = text_of(parts[:number]), text_of(parts[number + 1 :])
            for text in _texts(parts, ids, number):
                if _may_hold(part, text, before, after):
                    yield part, f"{before}{text}{after}"
    if trial.who(f"{text_of(parts)}{_ANYTHING}") != PEER:
        return
    for text in _texts(parts, ids, len(parts)):
        yield Part("", "tail"), f"{text_of(parts)}{text}"


def _texts(parts: list[Part], ids: list[int], at: int) -> Iterator[str]:
    """What an attacker writes at a part: pieces of the line around the address, forged."""
    given = set()
    low, high = ids[0], ids[-1]
    before = (*range(at + 1, low + 1), 0)
    starts = before if at < low else range(low, max(low - _NEAR, -1), -1)
    for start in starts:
        for end in dict.fromkeys((*range(high + 1, min(len(parts), high + _NEAR)), len(parts))):
            piece = _line_with(text_of(parts[start:end]).replace(PEER, FORGED))
            for text in (f"x{piece}", f"x{piece}x", f"x {piece} x"):
                if text not in given:
                    given.add(text)
                    yield text


def _is_skipped(part: Part) -> bool:
    """Whether a part is a line of ``<SKIPLINES>``: it is no client that writes how one begins."""
    return any(group.startswith("skiplines") for group in part.groups)


def _line_with(piece: str) -> str:
    """Of some lines that which holds the forged address: nobody can write the end of a line."""
    return next((line for line in piece.split("\n") if FORGED in line), "")


def _may_hold(part: Part, text: str, before: str, after: str) -> bool:
    """Whether a free part may hold such a text."""
    if part.takes.issuperset(text):
        return True
    if not part.takes.union(after[:1]).issuperset(text):
        return False
    is_user = any(map(_USER.search, part.groups))
    escaped = before.endswith('"') and before[-2:-1] in {"=", ":"} and '"' not in part.takes
    return is_user and not escaped


def _is_anchored(tree: Any) -> bool:
    """Whether a regex can match only at the start of its text.

    Args:
        tree: the parse tree, or a sequence of it.
    """
    for code, value in tree:
        name = str(code)
        if name == "AT":
            if str(value) in _ANCHORS:
                return True
        elif name == "SUBPATTERN":
            return _is_anchored(value[3])
        elif name == "ATOMIC_GROUP":
            return _is_anchored(value)
        elif name == "BRANCH":
            return all(map(_is_anchored, value[1]))
        elif name not in {"ASSERT", "ASSERT_NOT"}:
            return False
    return False


_REPAIRS: Final = {
    "none": (
        "the pattern is not anchored: it is found in the middle of what a client writes",
        "begin it with ^ and what the service writes before it",
    ),
    "tail": (
        "nothing ends the pattern: behind the true address a client's text may hold another",
        "write what follows the address up to $, and let the free text before it hold the words "
        "around the address only once: (?:(?! from ).)*",
    ),
    "free": (
        "free text that a client writes may hold the words around the address, and another address",
        "let the free text not hold those words: (?:(?! from ).)* instead of .*, or end the "
        "pattern with $ behind the address",
    ),
}


def _finding(trial: Tried, free: Part | None, line: str) -> Finding:
    kind = "none" if free is None else free.kind
    why, repair = _REPAIRS[kind]
    written = trial.written
    column = 1 if free is None else trial.column(free.number)
    if free is not None and kind == "tail":
        column = len(written) + 1
    return Finding(
        kind="unanchored-pattern" if free is None else "steerable-pattern",
        option=trial.option,
        pattern=written,
        column=column,
        why=f"{why}; here the peer is {PEER}, and {FORGED} is named",
        repair=repair,
        example=trial.line(line),
    )
