"""Who must not be banned by a log at this moment: what the host lives by, and who administers it.

Looks are remembered for a while. What asks the DNS, the addresses of the host's own names, is
looked up beside the event loop; until there is an answer the one before holds.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from banward.decisions.fuses import Fuses
from banward.enforcement.threads import OneThread
from banward.warden import host, logins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.clock import Clock

__all__ = ["Protection"]

_OWN_FOR: Final = 300.0
_LOGINS_FOR: Final = 5.0
"""Seconds for which sessions are believed: one that begins must be safe at once."""

_PATIENCE: Final = 5.0
"""Seconds for which the start waits for the addresses of the host's names."""

_LOOPBACK: Final = ("127.0.0.0/8", "::1")


class Protection:
    """The fuses, and what they know of the host.

    Args:
        clock: tells the time.

    Attributes:
        fuses: what is never banned, as it was looked up last.
    """

    def __init__(self, clock: Clock) -> None:
        self.fuses = Fuses()
        self._clock = clock
        self._thread = OneThread()
        self._asking: asyncio.Task[None] | None = None
        self._own: frozenset[str] = frozenset()
        self._named: frozenset[str] = frozenset()  # addresses of the host's names
        self._own_until = 0.0
        self._logins_until = 0.0

    async def configure(self, extra: Mapping[str, str]) -> None:
        """Make fuses as the server's settings say, and look at the host anew.

        Args:
            extra: ``max_ban_rate`` and ``never_ban``.
        """
        rate = extra.get("max_ban_rate", "")
        self.fuses = Fuses(max_ban_rate=int(rate) if rate.isdecimal() else 0)
        self._own_until = self._logins_until = 0.0
        self.own_addresses()
        self.fuses.protect("never_ban", extra.get("never_ban", "").replace(",", " ").split())
        if self._asking and not self._named:
            await asyncio.wait([self._asking], timeout=_PATIENCE)

    def own_addresses(self) -> frozenset[str]:
        """The addresses of this host, looked up at most every five minutes (2.8).

        The fuses learn at the same time what else the host lives by.
        """
        now = self._clock.now()
        if not now < self._own_until <= now + _OWN_FOR:  # also if the clock was set back
            self._own_until = now + _OWN_FOR
            self._know_own()
            self.fuses.protect("the gateway", host.gateways())
            self.fuses.protect("a name server in use", host.name_servers())
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask_names(), name="names of the host")
        return self._own

    def _know_own(self) -> None:
        self._own = host.own_addresses() | self._named
        self.fuses.protect("an address of this host", (*_LOOPBACK, *self._own))

    async def _ask_names(self) -> None:
        self._named = await self._thread.do(host.named_addresses)
        self._know_own()

    def ready_fuses(self) -> Fuses:
        """The fuses, which know what the host lives by at this moment."""
        self.own_addresses()
        now = self._clock.now()
        if not now < self._logins_until <= now + _LOGINS_FOR:
            self._logins_until = now + _LOGINS_FOR
            self.fuses.protect("the session of an administrator", logins.admin_peers())
        return self.fuses

    def reason(self, subject: str) -> str:
        """Why the fuses would refuse to ban a subject at this moment; an empty text if not."""
        refusal = self.ready_fuses().refuse(subject, self._clock.now())
        return refusal.text if refusal else ""
