from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.sheets import HEAD, evidence_at, heads, key_of, opened, sealed
from banward.subject import Subject

SUBJECTS = [
    "192.0.2.1",
    "192.0.2.10",
    "192.0.2.0/24",
    "2001:db8::1",
    "2001:db8::/32",
    "::c000:201",
    "ann",
    "1.2.3.4\0",
    "a\udcffb",
    "",
]


def test_keys_are_as_different_as_subjects():
    """Addresses, networks and other ids have keys of sixteen bytes, each its own."""
    keys = {key_of(subject) for subject in SUBJECTS}

    assert len(keys) == len(SUBJECTS)
    assert {len(key) for key in keys} == {16}


@given(st.ip_addresses())
def test_the_key_of_an_address_is_the_address(address):
    """An IPv4 address stands in IPv6, where no canonical subject can stand."""
    number = int.from_bytes(key_of(Subject.parse(str(address)).text))

    assert number & (1 << address.max_prefixlen) - 1 == int(address) & (1 << 128) - 1
    assert address.version == 6 or number >> 32 == 0xFFFF


def test_keys_are_those_of_other_days():
    """What is stored is found again by later releases."""
    assert key_of("192.0.2.1").hex() == "00000000000000000000ffffc0000201"
    assert key_of("2001:db8::1").hex() == "20010db8000000000000000000000001"
    assert key_of("ann").hex() == "ff6a484673b118bd3942bbd944dbe08b"


def head(name, evidence=b"", count=1):
    return HEAD.pack(key_of(name), 1.5, 2.5, count, 4, len(evidence)) + evidence


def test_heads_are_found_with_their_evidence():
    """Times, figures and evidence of each head come back, in the order of writing."""
    sheet = opened(sealed(head("a", b"first") + head("b") + head("a", b"second", 2)))
    found = list(heads(sheet))

    assert [one.key for one in found] == [key_of("a"), key_of("b"), key_of("a")]
    assert (found[0].first, found[0].last, found[2].count, found[0].failures) == (1.5, 2.5, 2, 4)
    assert [evidence_at(sheet, one.at) for one in found] == [b"first", b"", b"second"]


@pytest.mark.parametrize("place", [0, 20, 50, -1])
def test_a_damaged_sheet_is_empty(place):
    """One changed byte, and nothing of the sheet is believed."""
    stored = bytearray(sealed(head("a", b"first")))
    stored[place] ^= 1

    assert opened(bytes(stored)) == b""


@pytest.mark.parametrize("stored", [b"", b"abc", sealed(b"")])
def test_a_sheet_that_is_no_sheet_is_empty(stored):
    """Neither nothing nor a rest of a sheet holds a head."""
    assert list(heads(opened(stored))) == []
