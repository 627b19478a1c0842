"""Patterns whose search explodes on a line made for it: proven by counted steps, never by time.

For each repetition there are lines that fill it with many copies of what it takes and end so that
the match fails. If twice as many copies take more than ``BOUND`` times as many steps, the work
grows faster than with the square of the length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from banward.audit.column import column_of
from banward.audit.example import build, choices_of, text_of
from banward.audit.finding import Finding
from banward.audit.repeats import Repeats
from banward.audit.steps import Steps
from banward.matching.literals import parse_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.audit.example import Part
    from banward.matching.pattern import Pattern

__all__ = ["BOUND", "Pumped", "exploding", "growth", "pumped"]

BOUND: Final = 5.0
"""Twice the text may take this many times the steps; the square takes 4."""

_SIZES: Final = (6, 12, 24, 48)  # copies of the pump
_BUDGET: Final = 100_000
_SHOWN: Final = 24
_LONGEST: Final = 20  # characters of a pump
_EXAMPLES: Final = 8
_PUMPS: Final = (" ", "a", "1", ".", ":", "x ", "1.", "a:", "-", '"', '\\"', "\\x", ",", "xx", "[]")
_END: Final = "\x7f!"


class Pumped(NamedTuple):
    """A text that can be made as long as one likes.

    Args:
        before: what stands in front of the copies.
        pump: what is copied.
        end: what keeps a match from succeeding.
    """

    before: str
    pump: str
    end: str = _END

    def text(self, length: int) -> str:
        """The text at about this length.

        Args:
            length: how many characters.
        """
        left = length - len(self.before) - len(self.end)
        return f"{self.before}{self.pump * max(1, left // len(self.pump))}{self.end}"


def pumped(parts: list[Part]) -> Iterator[tuple[Part, Pumped]]:
    """Each repetition of an example, and what fills it.

    Args:
        parts: the example.
    """
    for number, part in enumerate(parts):
        before = text_of(parts[:number])
        if part.kind == "again" and part.turn:
            yield part, Pumped(before, part.turn)
        elif part.kind == "free":
            pumps = [pump for pump in _PUMPS if part.takes.issuperset(pump)]
            own = text_of(parts[number : number + 2])
            for pump in (*pumps, own[:_LONGEST]):
                if pump:
                    yield part, Pumped(before, pump)


def exploding(option: str, pattern: Pattern) -> Finding | None:
    """The first proof that a pattern explodes; None if there is none.

    Args:
        option: ``failregex``, ``prefregex`` or ``ignoreregex``.
        pattern: the pattern.
    """
    tree = parse_tree(pattern.regex)
    repeats = Repeats(tree) if tree is not None else None
    if not repeats:
        return None
    steps = Steps(tree, tree.state.flags)
    seen: set[Pumped] = set()
    for part, line in _attacks(tree):
        if line in seen or not repeats.share(line.pump):
            continue
        seen.add(line)
        if growth(steps, line.before, line.pump) > BOUND:
            return _finding(option, pattern, part, line)
    return None


def growth(steps: Steps, before: str, pump: str) -> float:
    """How many times the steps twice as many copies take, at the largest sizes that can be counted.

    Args:
        steps: counts the steps.
        before: the text in front of the copies.
        pump: what is copied.
    """
    last, ratio = 0, 1.0
    for size in _SIZES:
        taken = steps.count(f"{before}{pump * size}{_END}\n", _BUDGET)
        if taken >= _BUDGET:  # more than can be counted, which says something only beside few
            return BOUND + 1 if last * BOUND < _BUDGET else ratio
        ratio = taken / last if last else 1.0
        if last and size > _SIZES[0] and ratio < BOUND / 2:
            return ratio
        last = taken
    return ratio


def _attacks(tree: Any) -> Iterator[tuple[Part, Pumped]]:
    """A repetition and what fills it, in all examples."""
    built = (build(tree, choices) for choices in choices_of(tree))
    for parts in [parts for parts in built if parts is not None][:_EXAMPLES]:
        yield from pumped(parts)


def _finding(option: str, pattern: Pattern, part: Part, attack: Pumped) -> Finding:
    before, pump, _ = attack
    return Finding(
        kind="exploding-pattern",
        option=option,
        pattern=pattern.written,
        column=column_of(pattern, part.number),
        why="the work explodes: twice as long a text takes more than "
        f"{BOUND:g} times as many steps when {pump!r} repeats here",
        repair="let only one repetition take these characters: no repetition within a repetition, "
        "and between two of them something that neither takes",
        example=f"{before}{pump * _SHOWN}!",
    )
