"""Looks host names up without holding anybody up, and remembers the answers by their TTL.

The system's own way (hosts file, ``nsswitch.conf``) is asked in threads; how long the answer
holds is asked of the name servers by dnspython, which is imported when the first name comes.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from banward.enforcement.threads import Threads

if TYPE_CHECKING:
    from banward.clock import Clock

__all__ = ["Answer", "Resolver"]

_DEFAULT_TTL: Final = 300.0
"""Seconds that an answer holds where no TTL is known (server-and-client.md 2.8)."""

_SHORTEST_TTL: Final = 30.0
_CAPACITY: Final = 1000
_PATIENCE: Final = 5.0
_AT_ONCE: Final = 16
"""Threads; clients write names whose name servers never answer, and nobody else may wait."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name.

    Args:
        addresses: canonical texts, IPv4 first; empty if the name has none.
        until: when it has to be asked again, in seconds since the epoch.
    """

    addresses: tuple[str, ...]
    until: float


class Resolver:
    """Names to addresses, with a cache of a thousand answers.

    Args:
        clock: tells the time.

    Attributes:
        ipv6: whether IPv6 addresses are wanted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ipv6 = True
        self._answers: dict[str, Answer] = {}
        self._threads = Threads(_AT_ONCE)

    async def addresses(self, name: str) -> Answer:
        """The addresses of a name; an empty answer if it has none or nobody answers in time."""
        now = self._clock.now()
        known = self._answers.get(name)
        if known and known.until > now:
            return known
        addresses, ttl = await asyncio.gather(self._ask_system(name), self._ask_ttl(name))
        answer = Answer(addresses, now + max(ttl, _SHORTEST_TTL))
        if len(self._answers) >= _CAPACITY:
            del self._answers[next(iter(self._answers))]
        self._answers[name] = answer
        return answer

    def forget(self) -> None:
        """Ask again for every name (a reload does that)."""
        self._answers.clear()

    async def _ask_system(self, name: str) -> tuple[str, ...]:
        family = socket.AF_UNSPEC if self.ipv6 else socket.AF_INET
        ask = partial(socket.getaddrinfo, name, None, family=family, type=socket.SOCK_STREAM)
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._threads.do(ask)
        except (OSError, UnicodeError, TimeoutError):
            return ()
        return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))

    async def _ask_ttl(self, name: str) -> float:
        import dns.asyncresolver  # noqa: PLC0415  (7 MB that most hosts never need)
        import dns.exception  # noqa: PLC0415

        try:
            answer = await dns.asyncresolver.resolve(name, "A", lifetime=_PATIENCE)
        except (dns.exception.DNSException, OSError):
            return _DEFAULT_TTL
        return float(answer.rrset.ttl) if answer.rrset else _DEFAULT_TTL
