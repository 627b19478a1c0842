"""What an action may ask about its jail (``enforcement.base.JailFacts``)."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from banward.enforcement.base import PastBan
from banward.records import Reason, Unban

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.warden.shared import Shared
    from banward.warden.view import Known

__all__ = ["FactsOf"]


class FactsOf:
    """The facts of one jail.

    Args:
        jail: the jail.
        shared: the database.
    """

    def __init__(self, jail: Known, shared: Shared) -> None:
        self._jail = jail
        self._shared = shared

    @property
    def name(self) -> str:
        """Name of the jail."""
        return self._jail.name

    @property
    def banned(self) -> int:
        """How many subjects are banned."""
        return len(self._jail.ledger)

    @property
    def banned_total(self) -> int:
        """Bans since the jail was created."""
        return self._jail.ledger.total

    @property
    def found(self) -> int:
        """Subjects that have failures within the window."""
        return len(self._jail.window)

    @property
    def found_total(self) -> int:
        """Failures since the jail was created."""
        return self._jail.window.total

    @property
    def bantime(self) -> float:
        """The jail's ban time in seconds, or ``ENDLESS``."""
        return self._jail.settings.bantime

    def history(self, subject: str, *, all_jails: bool) -> Sequence[PastBan]:
        """The stored bans of a subject in this jail or in all, oldest first."""
        jail = None if all_jails else self.name
        most = self._shared.server.dbmaxmatches
        rows = self._shared.stored(lambda store: store.history(subject, jail, most), ())
        return [PastBan(row.lines, row.failures) for row in rows]

    def reverse_name(self, address: str) -> str | None:
        """The DNS name of an address, None if it has none; may wait."""
        try:
            return socket.gethostbyaddr(address)[0]
        except OSError:
            return None

    def lifts(self) -> list[Unban]:
        """Orders to lift every ban that holds."""
        return [Unban(ban, Reason.STOPPED) for ban in self._jail.ledger]
