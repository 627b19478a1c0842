"""Facts of this host that decide who must not be banned: own addresses, gateways, resolvers.

Read from ``/proc`` and ``/etc/resolv.conf`` (proc(5), resolv.conf(5)); names are looked up. What
is not there is not known and left out.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "gateways",
    "ipv6_allowed",
    "name_servers",
    "named_addresses",
    "own_addresses",
    "text_of",
]

# In /proc/net/fib_trie an own address is a leaf followed by "/32 host LOCAL".
_LOCAL4 = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")
# The second is where systemd-resolved names those that it asks itself (systemd-resolved(8)).
_RESOLVERS = ("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
_GATEWAY_FLAG = 0x2  # RTF_GATEWAY, route(8)


def own_addresses() -> frozenset[str]:
    """The addresses of all interfaces."""
    found = set(_LOCAL4.findall(text_of("/proc/net/fib_trie")))
    found.update(_address6(words[0]) for words in _table("/proc/net/if_inet6"))
    return frozenset(found)


def named_addresses() -> frozenset[str]:
    """The addresses of ``localhost`` and of the host's names; may ask the DNS, and wait."""
    names = {"localhost", socket.gethostname(), socket.getfqdn()}
    return frozenset(address for name in names for address in _addresses_of(name))


def gateways() -> frozenset[str]:
    """The addresses of the gateways in the routing tables."""
    found = set()
    for words in list(_table("/proc/net/route"))[1:]:
        if int(words[3], 16) & _GATEWAY_FLAG:
            packed = bytes.fromhex(words[2])[::-1]
            found.add(str(ipaddress.IPv4Address(packed)))
    for words in _table("/proc/net/ipv6_route"):
        gateway = _address6(words[4])
        if gateway != "::":
            found.add(gateway)
    return frozenset(found)


def name_servers() -> frozenset[str]:
    """The name servers in use."""
    lines = [line for path in _RESOLVERS for line in text_of(path).splitlines()]
    return frozenset(
        words[1].partition("%")[0]
        for words in map(str.split, lines)
        if len(words) > 1 and words[0] == "nameserver"
    )


def ipv6_allowed(setting: str) -> bool:
    """Whether IPv6 may be used (server-and-client.md 1.2).

    Args:
        setting: ``allowipv6``: ``auto`` or a boolean word.
    """
    if setting.lower() != "auto":
        return setting.lower() in {"1", "on", "true", "yes"}
    return text_of("/proc/sys/net/ipv6/conf/all/disable_ipv6").strip() != "1"


def _addresses_of(name: str) -> Iterator[str]:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    for answer in answers:
        yield str(answer[4][0]).partition("%")[0]


def _address6(digits: str) -> str:
    return str(ipaddress.IPv6Address(int(digits, 16)))


def _table(path: str) -> Iterator[list[str]]:
    return (line.split() for line in text_of(path).splitlines())


def text_of(path: Path | str) -> str:
    """What a file of the system says, an empty text if it can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
