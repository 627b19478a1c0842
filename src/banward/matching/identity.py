"""Who failed, read from what a match captured; looks no names up.

The rules are those of config-and-filters.md 2.3 ("Identity from the text"), 2.4 and 2.7.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from banward.subject import Subject

if TYPE_CHECKING:
    from banward.matching.captures import Data

__all__ = ["NOBODY", "USEDNS", "Identity", "identify"]

# An IPv4 address in its canonical form, which needs no further reading.
_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_CANONICAL: Final = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}", re.ASCII).fullmatch

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
    fid = data.get("fid")
    address = _address(data)
    if address is None and data.get("dns") is not None:
        if usedns != "raw":
            return _named(data["dns"], usedns)
        address = data["dns"]
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


def _address(data: Data) -> str | None:
    text = data.get("ip4")
    length = data.get("cidr")
    if text is not None and length is None and _CANONICAL(text):
        return str(text)
    if text is None:
        text = data.get("ip6")
    if text is None:
        return None
    subject = Subject.parse(text)
    if length is not None and subject.family:
        network = Subject.parse(f"{text}/{length}")
        return network.text if network.family else subject.text
    return subject.text
