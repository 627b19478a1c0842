"""What the parts of a jail, and what jails share, may know of a jail.

The jail has them all and knows their classes; they know it only so far. Each asks for the least of
these that it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.decisions.ledger import Ledger
    from banward.detection.window import Window
    from banward.records import Ban
    from banward.settings import JailSettings
    from banward.warden.notes import Notes

__all__ = ["Adopter", "Adopting", "Known", "Movable", "Stored"]


class Known(Protocol):
    """A jail with what it was told, and with those whom it counts and bans."""

    @property
    def name(self) -> str:
        """Name of the jail."""

    @property
    def settings(self) -> JailSettings:
        """What it was told, as it is at present."""

    @property
    def window(self) -> Window:
        """Who failed."""

    @property
    def ledger(self) -> Ledger:
        """Who is banned."""


class Stored(Known, Protocol):
    """A jail whose counters and notes are stored."""

    @property
    def notes(self) -> Notes:
        """What it decided that is no ban."""


class Movable(Stored, Protocol):
    """A jail that can be moved in time."""

    def shift(self, seconds: float) -> None:
        """Move what is known in time, since the clock was set."""


class Adopter(Protocol):
    """Whoever takes up bans that nobody decided."""

    def adopt(self, ends: Mapping[str, float | None]) -> list[Ban]:
        """Take up bans that the kernel holds and the database lost."""


class Adopting(Known, Protocol):
    """A jail that takes up bans which its actions found."""

    @property
    def deciding(self) -> Adopter:
        """Its decisions."""
