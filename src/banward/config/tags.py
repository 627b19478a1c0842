"""``<name>``: the second expansion, over the values of a filter or action; knows no file.

The rules are those of spec config-and-filters.md 1.6. What a name stands for is the caller's
matter; this module finds tags from the inside out and refuses those that never end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banward.config.model import MAX_LENGTH, Problem, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.config.ini import Raw

__all__ = ["MAX_REPLACEMENTS", "expand_tags"]

MAX_REPLACEMENTS = 25
"""How often the same tag may be replaced within one value."""

_TAG = re.compile(r"<([^ <>]+)>")


def expand_tags(name: str, raw: Raw, look_up: Callable[[str], str | None]) -> Raw:
    """Replace all tags of a value that stand for something; others stay as they are.

    Args:
        name: the option whose value it is; its own tag is a circle.
        raw: the value.
        look_up: what a tag stands for, None for a tag that has to stay.

    Raises:
        ProblemError: a tag refers to itself, directly or through others.
    """
    text = raw.text
    counts: dict[str, int] = {}
    position = 0
    while tag := _TAG.search(text, position):
        found = look_up(tag[1])
        if found is None:
            position = tag.end()
            continue
        counts[tag[1]] = counts.get(tag[1], 0) + 1
        text = text.replace(tag[0], found)
        is_circle = tag[1] == name or counts[tag[1]] > MAX_REPLACEMENTS
        if is_circle or len(text) > MAX_LENGTH:
            raise _circle(name, tag[1], raw)
        # The text that was put in may complete a tag that begins before it.
        position = max(0, text.rfind("<", 0, tag.start()))
    return raw._replace(text=text)


def _circle(name: str, tag: str, raw: Raw) -> ProblemError:
    return ProblemError(
        Problem(
            kind="circular-tag",
            message=f"self referencing definitions: the tag <{tag}> leads to itself",
            place=raw.place,
            value=raw.text,
            expected="tags that come to an end",
            hint=f"write out what <{tag}> is to stand for, or give it another name",
            fatal=True,
            words="properties contain self referencing definitions and cannot be resolved, "
            f"fail tag: {name}, found: {tag}",
        )
    )
