"""Whose network a banned address belongs to, by Team Cymru's DNS service (``status J cymru``).

A TXT record of the reversed address below ``origin.asn.cymru.com`` or ``origin6…`` reads
``ASN | PREFIX | COUNTRY | REGISTRY | DATE`` (https://www.team-cymru.com/ip-asn-mapping).
"""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING, Any, Final

from banward.subject import Subject

if TYPE_CHECKING:
    import dns.asyncresolver

__all__ = ["origins"]

LABELS: Final = ("Banned ASN list", "Banned Country list", "Banned RIR list")

_ZONES: Final = {4: "origin.asn.cymru.com.", 6: "origin6.asn.cymru.com."}
_COLUMNS: Final = (0, 2, 3)
_AT_ONCE: Final = 20
_SECONDS: Final = 3.0


async def origins(
    subjects: list[str], resolver: dns.asyncresolver.Resolver | None = None
) -> list[tuple[str, list[str]]]:
    """The three lines that the flavor adds, with one entry for each banned subject.

    Args:
        subjects: canonical texts; a network counts as its first address.
        resolver: whom to ask; the one of the host if left out.

    Returns:
        The pairs of label and list. ``nxdomain`` stands for an address that nobody announces,
        ``unknown`` for an id that is no address, ``error`` for a question without an answer.
    """
    import dns.asyncresolver  # noqa: PLC0415 - heavy, and this flavor is seldom asked for

    asked = resolver or dns.asyncresolver.Resolver()
    gate = asyncio.Semaphore(_AT_ONCE)
    rows = await asyncio.gather(*(_origin(subject, asked, gate) for subject in subjects))
    return [(label, [row[i] for row in rows]) for i, label in enumerate(LABELS)]


async def _origin(
    subject: str, resolver: dns.asyncresolver.Resolver, gate: asyncio.Semaphore
) -> list[str]:
    """The three entries of one subject."""
    import dns.exception  # noqa: PLC0415 - as above
    import dns.resolver  # noqa: PLC0415 - as above

    name = _question(subject)
    if not name:
        return ["unknown"] * len(LABELS)
    try:
        async with gate:
            answer: Any = await resolver.resolve(name, "TXT", lifetime=_SECONDS)
    except dns.resolver.NXDOMAIN:
        return ["nxdomain"] * len(LABELS)
    except dns.exception.DNSException:
        return ["error"] * len(LABELS)
    columns = answer[0].strings[0].decode("ascii", "replace").split("|")
    return [columns[i].strip() if i < len(columns) else "unknown" for i in _COLUMNS]


def _question(subject: str) -> str:
    network = Subject.parse(subject).network
    if network is None:
        return ""
    address = ipaddress.ip_address(network.network_address)
    reverse = address.reverse_pointer.removesuffix("in-addr.arpa").removesuffix("ip6.arpa")
    return reverse + _ZONES[address.version]
