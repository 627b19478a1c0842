"""The flavor ``cymru`` asks DNS for each banned address; a server on loopback answers here."""

import asyncio
import socket

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from banward.control.cymru import origins

RECORDS = {
    "1.2.0.192.origin.asn.cymru.com.": "64500 | 192.0.2.0/24 | US | arin | 2001-01-01",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.origin6.asn.cymru.com.": (
        "64501 | 2001:db8::/32 | DE | ripencc |"
    ),
    "2.2.0.192.origin.asn.cymru.com.": "64502",
}


@pytest.fixture(autouse=True)
def _loopback() -> None:
    """The name server of these tests is reached over loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("127.0.0.1", 53))
        except OSError:
            pytest.skip("loopback is down in this network namespace")


class Responder(asyncio.DatagramProtocol):
    """A name server with a few records; what it does not know does not exist."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text()
        reply = dns.message.make_response(query)
        if name.startswith("9."):
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in RECORDS:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            reply.answer = [dns.rrset.from_text(name, 60, "IN", "TXT", f'"{RECORDS[name]}"')]
        self.transport.sendto(reply.to_wire(), addr)  # type: ignore[attr-defined]


async def look_up(subjects: list[str]) -> list[tuple[str, list[str]]]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Responder, local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    resolver.retry_servfail = False
    try:
        return await origins(subjects, resolver)
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("subject", "row"),
    [
        ("192.0.2.1", ["64500", "US", "arin"]),
        ("2001:db8::/64", ["64501", "DE", "ripencc"]),
        ("192.0.2.2", ["64502", "unknown", "unknown"]),
        ("198.51.100.1", ["nxdomain"] * 3),
        ("192.0.2.9", ["error"] * 3),
        ("an-id", ["unknown"] * 3),
    ],
)
def test_each_subject_has_an_entry_in_each_list(subject: str, row: list[str]) -> None:
    """Number, country and registry, or a word for what is missing."""
    assert asyncio.run(look_up([subject])) == [
        ("Banned ASN list", row[:1]),
        ("Banned Country list", row[1:2]),
        ("Banned RIR list", row[2:]),
    ]


def test_entries_are_in_the_order_of_the_bans() -> None:
    """However the answers come."""
    subjects = ["an-id", "192.0.2.1", "198.51.100.1", "192.0.2.1"]
    _, (_, countries), _ = asyncio.run(look_up(subjects))
    assert countries == ["unknown", "US", "nxdomain", "US"]


def test_nobody_banned_is_nobody_asked() -> None:
    """Three empty lists."""
    assert [entries for _, entries in asyncio.run(look_up([]))] == [[], [], []]
