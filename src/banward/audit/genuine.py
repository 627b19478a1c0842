"""Lines as a service would write them, built from the patterns of a filter. Tries them, no more."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from banward.audit.example import PEER, Part, build, choices_of, text_of
from banward.matching.literals import parse_tree

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from banward.audit.engine import Tried

__all__ = ["examples", "genuine", "heads_of", "join"]

_MOST_EXAMPLES: Final = 24
_MOST_HEADS: Final = 24


def genuine(trial: Tried) -> Iterator[tuple[list[Part], tuple[int, int]]]:
    """Examples that name the peer; which of the parts are the pattern's own.

    Args:
        trial: the pattern.
    """
    found = 0
    heads = heads_of(trial)
    for inner in examples(trial.fail.regex):
        for number, head in enumerate(heads):
            parts, borders = join(head, inner)
            if trial.who(text_of(parts)) == PEER:
                found += 1
                heads.insert(0, heads.pop(number))
                yield parts, borders
                break
        if found >= _MOST_EXAMPLES:
            return


def heads_of(trial: Tried) -> list[list[Part]]:
    """Examples of what stands around a pattern.

    Args:
        trial: the pattern.
    """
    heads = examples(trial.prefix.regex) if trial.prefix else [[Part("", "content")]]
    return heads[:_MOST_HEADS]


@functools.lru_cache(maxsize=64)
def examples(regex: re.Pattern[str]) -> list[list[Part]]:
    """Texts that a regex may match, all different.

    Args:
        regex: the regex.
    """
    tree = parse_tree(regex)
    if tree is None:
        return []
    built = (build(tree, choices) for choices in choices_of(tree))
    return list({text_of(parts): parts for parts in built if parts is not None}.values())


def join(head: list[Part], inner: list[Part]) -> tuple[list[Part], tuple[int, int]]:
    """The prefix with a pattern's example as its content, or behind it.

    Args:
        head: an example of the prefix.
        inner: an example of the pattern.

    Returns:
        All parts, and from where to where the pattern's own reach.
    """
    at = next((n for n, part in enumerate(head) if part.kind == "content"), len(head))
    before, after = head[:at], head[at + 1 :]
    outer = [part._replace(number=-1) for part in before], [p._replace(number=-1) for p in after]
    return [*outer[0], *inner, *outer[1]], (at, at + len(inner))
