"""Reads stores as tests want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banward.records import StoredBan
    from banward.storage.base import Store

__all__ = ["current"]

SIZE = 7
"""How many bans come together: few, so that many have to be put together."""


def current(store: Store, jail: str, now: float) -> list[StoredBan]:
    """The bans of a jail that may hold still."""
    return [ban for piece in store.current(jail, now, SIZE) for ban in piece]
