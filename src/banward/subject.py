"""Who is banned: one canonical form for every way to write an address, network or other id.

The rules are those of the specification, server-and-client.md 2.8: IPv6 compressed and in lower
case, IPv4-mapped IPv6 as IPv4, brackets dropped, host bits of a network cleared, a full-length
prefix dropped. A zone id (``%eth0``) and a port behind an address say nothing of who it is and are
dropped too. Whatever is no address is an id of its own, compared letter by letter.
"""

from __future__ import annotations

import enum
import functools
import ipaddress
import re
import socket

import msgspec

__all__ = ["Family", "Network", "Subject"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Only what inet_pton reads too: ASCII digits, no zone id. (Python's ipaddress takes zone ids.)
_PLAIN = re.compile(r"[0-9A-Fa-f:.]+\Z", re.ASCII)
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_CANONICAL = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}\Z", re.ASCII)
# What may follow an address: a port behind a bracket or IPv4, a zone id (RFC 4007, section 11).
_PORT = re.compile(r"\A(\[[^\]]*\]|[0-9]+(?:\.[0-9]+){3}):[0-9]{1,5}\Z", re.ASCII)
_ZONE = re.compile(r"\A([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)%[\w.\-]{1,15}\Z", re.ASCII)
# What inet_aton(3), and with it many a program, takes for an address in spite of its form.
_PART = r"(?:0[xX][0-9A-Fa-f]+|[0-9]+)"
_LAX = re.compile(rf"{_PART}(?:\.{_PART}){{1,3}}\Z|0[xX][0-9A-Fa-f]+\Z", re.ASCII)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


class Family(enum.StrEnum):
    """The address family of a subject; the text is that of the tag ``<family>``."""

    INET4 = "inet4"
    INET6 = "inet6"


_INET4 = Family.INET4


class Subject(msgspec.Struct, frozen=True, gc=False):
    """An address, a network, or an id that is neither.

    Args:
        text: the canonical text, the key under which it is counted and banned.
        family: its address family; None for an id that is no address.
        is_network: true if it covers more than one address.
    """

    text: str
    family: Family | None = None
    is_network: bool = False

    def __str__(self) -> str:
        return self.text

    @property
    def is_ambiguous(self) -> bool:
        """Whether it is no address, but programs may read it as one: ``127.1``, ``010.0.0.1``."""
        return self.family is None and bool(_LAX.match(self.text))

    @property
    def network(self) -> Network | None:
        """The addresses that it covers (a single one as a network of full length), or None."""
        return ipaddress.ip_network(self.text) if self.family else None

    @property
    def range(self) -> tuple[int, int, int] | None:
        """Version, first address as a number, and prefix length; None if it is no address."""
        if self.family is _INET4 and not self.is_network:
            return 4, int.from_bytes(socket.inet_aton(self.text)), 32
        network = self.network
        if network is None:
            return None
        return network.version, int(network.network_address), network.prefixlen

    @staticmethod
    @functools.lru_cache(maxsize=4096)
    def parse(text: str) -> Subject:
        """Read any way of writing an address or network; anything else is an id as it stands."""
        if _CANONICAL.match(text):
            return Subject(text, _INET4)
        address, slash, mask = _bare(_PORT.sub(r"\1", text)).partition("/")
        address = _ZONE.sub(r"\1", _bare(address))
        if not _PLAIN.match(address) or (slash and not _PLAIN.match(mask)):
            return Subject(text)
        try:
            network = ipaddress.ip_network(f"{address}/{mask}" if slash else address, strict=False)
        except ValueError:
            return Subject(text)
        return Subject._of(network)

    @staticmethod
    def _of(network: Network) -> Subject:
        if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
            low = int(network.network_address) & 0xFFFF_FFFF
            network = ipaddress.IPv4Network((low, network.prefixlen - 96))
        family = Family.INET4 if network.version == 4 else Family.INET6  # noqa: PLR2004
        if network.prefixlen == network.max_prefixlen:
            return Subject(str(network.network_address), family)
        return Subject(str(network), family, is_network=True)


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text
