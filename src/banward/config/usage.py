"""Which names a set of files uses: in ``%(name)s``, in ``<tag>``, and in tags made of tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.config.sections import Sections

__all__ = ["Usage", "all_texts"]

_REFERENCE = re.compile(r"%\(([^)]+)\)s")
_TAG = re.compile(r"<([^ <>]+)>")
_INNER = "\0"  # stands for a tag inside of another


def all_texts(sections: Sections) -> list[str]:
    """The raw values of all options of a file set."""
    groups = [sections.defaults, *(sections.own(name) for name in sections.names)]
    former = [sections.known[name] for name in sections.names]
    return [raw.text for options in (*groups, *former) for raw in options.values()]


class Usage:
    """The names that texts refer to.

    Args:
        texts: raw values.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Find all names once."""
        self._names: set[str] = set()
        self._patterns: set[str] = set()
        for text in texts:
            self._add_references(text)
            self._add_tags(text)

    def __contains__(self, name: str) -> bool:
        """Whether a name is used; a tag made of other tags may be any name that fits."""
        folded = name.lower()
        return folded in self._names or any(
            re.fullmatch(pattern, folded) for pattern in self._patterns
        )

    def _add_references(self, text: str) -> None:
        for name in _REFERENCE.findall(text):
            self._names.add(name.rpartition("/")[2].lower())

    def _add_tags(self, text: str) -> None:
        while tags := _TAG.findall(text):
            for tag in tags:
                name = tag.rpartition("/")[2].lower()
                if _INNER in name:
                    self._patterns.add(".*".join(re.escape(p) for p in name.split(_INNER)))
                else:
                    self._names.add(name)
            text = _TAG.sub(_INNER, text)
