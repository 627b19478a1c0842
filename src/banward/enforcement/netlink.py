"""How messages of netlink look that the kernel's packet filter takes and gives.

The forms are those of linux/netlink.h, linux/netfilter/nfnetlink.h and nf_tables.h, and of
netlink(7). It knows no socket.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ATTRIBUTE",
    "FAMILIES",
    "GENERIC",
    "HEADER",
    "NESTED",
    "NETFILTER",
    "attribute",
    "attributes",
    "families_header",
    "message",
    "messages",
    "text",
]

NETFILTER: Final = 12
"""The protocol, for a socket of the family ``AF_NETLINK``."""

HEADER: Final = struct.Struct("=IHHII")
"""``struct nlmsghdr``: length, kind, flags, number, sender."""

ATTRIBUTE: Final = struct.Struct("=HH")
"""``struct nlattr``: length, kind."""

GENERIC: Final = 4
"""Bytes of ``struct nfgenmsg``, which follows the header."""

NESTED: Final = 0x8000
"""Marks the kind of an attribute that holds others (``NLA_F_NESTED``)."""

_TYPE_MASK: Final = 0x3FFF

FAMILIES: Final = {"inet": 1, "ip": 2, "arp": 3, "netdev": 5, "bridge": 7, "ip6": 10}
"""Numbers of the families that a table may have (``NFPROTO_…``)."""


def families_header(family: int, resource: int = 0) -> bytes:
    """``struct nfgenmsg``, version 0.

    Args:
        family: its number.
        resource: number of the subsystem, where a batch begins or ends.
    """
    return struct.pack("=BB", family, 0) + resource.to_bytes(2, "big")


def message(kind: int, flags: int, number: int, body: bytes) -> bytes:
    """One message.

    Args:
        kind: what it is.
        flags: ``NLM_F_…``.
        number: by which its answer is known.
        body: all behind the header, of a length that is a multiple of four.
    """
    return HEADER.pack(HEADER.size + len(body), kind, flags, number, 0) + body


def attribute(kind: int, data: bytes) -> bytes:
    """One attribute.

    Raises:
        struct.error: the data are longer than 65,531 bytes.
    """
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(data), kind) + data + bytes(-len(data) % 4)


def text(kind: int, value: str) -> bytes:
    """An attribute with a text."""
    return attribute(kind, value.encode() + b"\0")


def messages(data: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """The messages of a datagram: kind, flags, number, where the body begins and ends."""
    at = 0
    while at + HEADER.size <= len(data):
        length, kind, flags, number, _ = HEADER.unpack_from(data, at)
        if length < HEADER.size:
            return
        yield kind, flags, number, at + HEADER.size, at + length
        at += (length + 3) & ~3


def attributes(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The kind of each attribute, and where its value begins and ends."""
    while at + ATTRIBUTE.size <= end:
        length, kind = ATTRIBUTE.unpack_from(data, at)
        if length < ATTRIBUTE.size or at + length > end:
            return
        yield kind & _TYPE_MASK, at + ATTRIBUTE.size, at + length
        at += (length + 3) & ~3
