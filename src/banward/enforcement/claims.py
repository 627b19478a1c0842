"""Keeps two actions from using one name in the kernel, where each would undo the other's bans.

Two jails may well give the same ``name`` to their actions. fail2ban then lets them share a chain;
here the second gets a name of its own.
"""

from __future__ import annotations

import itertools

__all__ = ["Claims"]


class Claims:
    """Who uses which name."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def claim(self, owner: str, name: str) -> str:
        """The name that an owner may use: the wanted one, or one with a number behind it.

        Args:
            owner: who asks; the same owner gets the same name again.
            name: what it would like.
        """
        others = (f"{name}-{number}" for number in itertools.count(2))
        for candidate in itertools.chain([name], others):
            if self._owners.setdefault(candidate, owner) == owner:
                return candidate
        raise AssertionError("numbers do not end")
