"""Words in pointed brackets that are no tag, but nearly one: ``<HSOT>``, ``<host>``. Pure.

Whatever is no tag stands for itself in a pattern (config-and-filters.md 2.3), so that a slip of the
pen finds nothing and nobody says why.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from banward.audit.finding import Finding
from banward.matching.tags import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["unknown_tags"]

_WORD: Final = re.compile(r"</?([A-Za-z][\w-]*)/?>")
_ALIKE: Final = 0.7  # 0 for not at all, 1 for the same


def unknown_tags(option: str, pattern: str) -> Iterator[Finding]:
    """A finding for each word that was probably meant to be a tag.

    Args:
        option: ``failregex``, ``prefregex`` or ``ignoreregex``.
        pattern: the pattern as it is written, after interpolation.
    """
    for found in _WORD.finditer(pattern):
        word = found[1]
        if word in TAGS or (word.isupper() and word.startswith("F-")):
            continue
        near = get_close_matches(word.upper(), TAGS, n=1, cutoff=_ALIKE)
        if near:
            yield Finding(
                kind="unknown-tag",
                option=option,
                pattern=pattern,
                column=found.start() + 1,
                why=f"{found[0]} is no tag and stands for itself",
                repair=f"did you mean <{near[0]}>? Tags are written in capitals",
                example="",
            )
