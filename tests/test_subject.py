"""Who is banned: one form for every way to write it."""

import ipaddress

import pytest

from banward.subject import Family, Subject


@pytest.mark.parametrize(
    "text", ["0.0.0.0", "1.2.3.4", "255.255.255.255", "01.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4\n"]
)
def test_plain_addresses(text):
    """An IPv4 address that stands in its form already is one; what looks alike is an id."""
    parsed = Subject.parse(text)
    try:
        expected = Family.INET4 if str(ipaddress.IPv4Address(text)) == text else None
    except ValueError:
        expected = None
    assert (parsed.text, parsed.family, parsed.is_network) == (text, expected, False)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("192.0.2.1", (4, 0xC0000201, 32)),
        ("192.0.2.0/24", (4, 0xC0000200, 24)),
        ("2001:db8::1", (6, 0x20010DB8 << 96 | 1, 128)),
        ("::ffff:192.0.2.1", (4, 0xC0000201, 32)),
        ("some.name", None),
    ],
)
def test_what_it_covers(text, covered):
    """Version, number and prefix length of what is covered; none for an id."""
    assert Subject.parse(text).range == covered
