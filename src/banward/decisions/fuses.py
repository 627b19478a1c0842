"""What is never banned, whatever a log says: the last check before a ban. Reads no clock.

A filter can be deceived and an operator can mistype. The fuses refuse to ban what the host lives
by (its own addresses, its gateway, the resolvers, the session of the administrator, the proxies in
front of it), networks that are too broad, and more bans in a minute than is sane. What the host
lives by comes in as values.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from banward.records import Reason
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from banward.subject import Network

__all__ = ["Fuses", "Refusal"]

_WIDTHS: Final = {4: 32, 6: 128}
"""Bits of an address, by its version."""

_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a ban is refused.

    Args:
        reason: ``PROTECTED``, ``TOO_BROAD`` or ``TOO_MANY``.
        text: what exactly, for the log and for ``why``.
    """

    reason: Reason
    text: str


class Fuses:
    """The fuses of a server.

    Args:
        protected: what must stay reachable: a label in words (``"the default gateway"``) to the
            addresses and networks that it stands for.
        widest4: the shortest prefix of an IPv4 network that may be banned.
        widest6: the same for IPv6.
        max_ban_rate: how many bans a minute are allowed, 0 for any number.
    """

    def __init__(
        self,
        protected: Mapping[str, Iterable[str]] | None = None,
        *,
        widest4: int = 16,
        widest6: int = 32,
        max_ban_rate: int = 0,
    ) -> None:
        self._widest = {4: widest4, 6: widest6}
        self._rate = max_ban_rate
        self._recent: deque[float] = deque(maxlen=max_ban_rate or None)
        self._labels: dict[str, tuple[Network, ...]] = {}
        # By version and length, then by prefix: as many look-ups as there are lengths in use.
        self._known: dict[int, dict[int, dict[int, tuple[Network, str]]]] = {4: {}, 6: {}}
        for label, texts in (protected or {}).items():
            self.protect(label, texts)

    def protect(self, label: str, texts: Iterable[str]) -> None:
        """Say anew what a label stands for; what is no address is passed over."""
        networks = (Subject.parse(text).network for text in texts)
        self._labels[label] = tuple(network for network in networks if network)
        self._known = {4: {}, 6: {}}
        for name, members in self._labels.items():
            for network in members:
                of_length = self._known[network.version].setdefault(network.prefixlen, {})
                of_length.setdefault(_prefix(network, network.prefixlen), (network, name))

    def refuse(self, subject: str, now: float, *, forced: bool = False) -> Refusal | None:
        """Why a subject must not be banned; None if it may.

        Args:
            subject: canonical text.
            now: seconds since the epoch.
            forced: an operator says that he means it; then nothing is refused.
        """
        return None if forced else self.unfit(subject) or self.too_many(now)

    def unfit(self, subject: str) -> Refusal | None:
        """Why a subject must not be banned at any time; None if it may.

        Args:
            subject: canonical text.
        """
        who = Subject.parse(subject)
        where = who.range
        if where is not None:
            version, low, length = where
            if length < self._widest[version]:
                text = f"{subject} is broader than /{self._widest[version]}"
                return Refusal(Reason.TOO_BROAD, text)
            return self._protected(subject, version, low, length)
        if who.is_ambiguous:
            text = f"{subject} is no address, but programs take it for one"
            return Refusal(Reason.PROTECTED, text)
        return None

    def too_many(self, now: float) -> Refusal | None:
        """Why nobody more may be banned at this moment; None if somebody may."""
        if not self._rate or len(self._recent) < self._rate:
            return None
        if not 0 <= now - self._recent[0] < _MINUTE:
            return None
        text = f"{self._rate} bans were put in force within the last minute"
        return Refusal(Reason.TOO_MANY, text)

    def count(self, now: float) -> None:
        """Count a ban that is put in force; those that are restored or repaired are not."""
        if self._rate:
            self._recent.append(now)

    def free_at(self, now: float) -> float | None:
        """When one more ban is allowed, in seconds since the epoch; None if it is by now."""
        return self._recent[0] + _MINUTE if self.too_many(now) else None

    def _protected(self, subject: str, version: int, low: int, own_length: int) -> Refusal | None:
        width = _WIDTHS[version]
        for length, members in self._known[version].items():
            if length <= own_length:
                found = members.get(low >> (width - length))
            else:
                prefix = low >> (width - own_length)
                inner = (m for m in members.values() if _prefix(m[0], own_length) == prefix)
                found = next(inner, None)
            if found:
                return Refusal(Reason.PROTECTED, f"{subject} {_relation(found, own_length)}")
        return None


def _relation(found: tuple[Network, str], own_length: int) -> str:
    """How a subject lies to a network that is protected, in words."""
    network, name = found
    if network.prefixlen == own_length:
        return f"is {name}"
    word = "covers" if network.prefixlen > own_length else "lies within"
    return f"{word} {_shown(network)}, {name}"


def _prefix(network: Network, length: int) -> int:
    return int(network.network_address) >> (network.max_prefixlen - length)


def _shown(network: Network) -> str:
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address if whole else network)
