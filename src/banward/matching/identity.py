"""Who failed, read from what a match captured; looks no names up.

The rules are those of config-and-filters.md 2.3 ("Identity from the text"), 2.4 and 2.7.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import msgspec

from banward.subject import Subject

if TYPE_CHECKING:
    from banward.matching.captures import Data

__all__ = ["NOBODY", "USEDNS", "Identity", "identify", "of_address"]

_REMEMBERED: Final = 4096  # answers

USEDNS = ("yes", "warn", "no", "raw")
"""The values of ``usedns``; any other is taken as ``no``."""


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who failed.

    Args:
        subject: canonical text of the address or id; a tuple for a composite id; None if only
            ``name`` is known or nothing can be.
        address: the address, where the match has one beside an id.
        name: a host name whose addresses failed; empty if none has to be looked up.
    """

    subject: str | tuple[str | None, ...] | None
    address: str = ""
    name: str = ""


NOBODY = Identity(None)
"""A match has only a name, and names are not looked up (``usedns = no``)."""


def identify(data: Data, usedns: str) -> Identity | None:
    """Say who failed: F-ID before IPv4 before IPv6 before a name.

    Args:
        data: what the match captured.
        usedns: ``yes``, ``warn``, ``no`` or ``raw``.

    Returns:
        The identity; None if no identifying group took part.
    """
    get = data.get
    return _identity(get("fid"), get("ip4"), get("ip6"), get("cidr"), get("dns"), usedns)


@functools.lru_cache(_REMEMBERED)
def of_address(text: str) -> str:
    """Who failed, where a match captures an address and nothing else that says so."""
    return Subject.parse(text).text


@functools.lru_cache(_REMEMBERED)
def _identity(
    fid: str | tuple[str | None, ...] | None,
    ip4: str | None,
    ip6: str | None,
    cidr: str | None,
    dns: str | None,
    usedns: str,
) -> Identity | None:
    """The identity by the groups that tell of it, each None if it took no part."""
    address = _address(ip4, ip6, cidr)
    if address is None and dns is not None:
        if usedns != "raw":
            return _named(dns, usedns)
        address = dns
    if fid is None:
        return None if address is None else Identity(address)
    subject = fid if usedns == "raw" or not isinstance(fid, str) else Subject.parse(fid).text
    if address is None or address == subject:
        return Identity(subject)
    return Identity(subject, address=address)


def _named(dns: str, usedns: str) -> Identity:
    """The identity of a name: its addresses, also where the match has an id (2.4)."""
    literal = Subject.parse(dns)
    if literal.family:
        return Identity(literal.text)
    return NOBODY if usedns == "no" else Identity(None, name=dns)


def _address(ip4: str | None, ip6: str | None, cidr: str | None) -> str | None:
    text = ip6 if ip4 is None else ip4
    if text is None:
        return None
    subject = Subject.parse(text)
    if cidr is not None and subject.family:
        network = Subject.parse(f"{text}/{cidr}")
        return network.text if network.family else subject.text
    return subject.text
