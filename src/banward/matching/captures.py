"""What the groups of prefregex and failregex say together; knows no line and no session.

Alternates and tuples are those of config-and-filters.md 2.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from banward.matching.tags import group_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Captures", "Data"]

Data = dict[str, Any]
"""Names of groups to text; None for groups that took no part; a tuple for a composite one."""

_NUMBER = re.compile(r"_\d+\Z")


class Captures:
    """Joins the groups of a match to one set of data.

    Args:
        found: the groups of the failregex.
        given: the groups of the prefregex, without ``content``.

    Attributes:
        has_more: whether there are alternates or tuples to ``fill`` in.
    """

    __slots__ = ("_alternates", "_shared", "_tuples", "has_more")

    def __init__(self, found: Collection[str], given: Collection[str] = ()) -> None:
        names = {*found, *given}
        self._shared = tuple(name for name in found if name in given)
        self._alternates = _targets(names, "alt_")
        self._tuples = _targets(names, "tuple_")
        self.has_more = bool(self._alternates or self._tuples)

    def join(self, prefix: Mapping[str, str | None], found: Data) -> Data:
        """The data of one match: the prefix is the default, alternates and tuples are filled in.

        Args:
            prefix: groups of the prefregex, without ``content``.
            found: groups of the failregex.
        """
        data: Data = {**prefix, **found} if prefix else found
        for name in self._shared:
            if data[name] is None:
                data[name] = prefix[name]
        if self.has_more:
            self.fill(data)
        return data

    def alternatives(self, names: Collection[str]) -> tuple[str, ...] | None:
        """Groups that have alternates; if all of them captured something, nothing is filled in.

        Args:
            names: the groups that took part.

        Returns:
            The groups; None if something is filled in all the same.
        """
        wanted = tuple(target for name, target in self._alternates if name in names)
        return None if self._tuples or not set(wanted) <= set(names) else wanted

    @property
    def concerned(self) -> set[str]:
        """The groups that others are filled from, and those that are filled."""
        return {name for pair in (*self._alternates, *self._tuples) for name in pair}

    def fill(self, data: Data) -> None:
        """Fill alternates and tuples in; a group that took no part may be missing.

        Args:
            data: what was captured.
        """
        for name, target in self._alternates:
            if data.get(name) and not data.get(target):
                data[target] = data[name]
        for target in dict.fromkeys(target for _, target in self._tuples):
            data[target] = (
                data.get(target),
                *(data.get(name) for name, whose in self._tuples if whose == target),
            )


def _targets(names: Collection[str], mark: str) -> list[tuple[str, str]]:
    """Groups with this mark in front, sorted, each with the name that it fills."""
    marked = sorted(name for name in names if name.startswith(mark))
    return [(name, group_name(_NUMBER.sub("", name[len(mark) :]))) for name in marked]
