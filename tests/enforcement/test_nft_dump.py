from __future__ import annotations

import shutil
import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.enforcement.nft_dump import dump, elements_in


def nft(text):
    subprocess.run(["nft", text], check=True)


@pytest.mark.system
@pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft")
def test_addresses_and_their_ends_are_read_from_the_kernel(own_network):
    """Both families, with and without an end; a set that is not there is an error of its own."""

    def work():
        nft("add table inet t")
        nft("add set inet t four { type ipv4_addr; flags timeout; }")
        nft("add set inet t six { type ipv6_addr; flags timeout; }")
        empty = dump("inet", "t", "four", 0)
        nft("add element inet t four { 192.0.2.1 timeout 600s, 192.0.2.2 }")
        nft("add element inet t six { 2001:db8::1 timeout 5d }")
        missing = []
        for table, name in (("t", "five"), ("u", "four")):
            try:
                dump("inet", table, name, 0)
            except FileNotFoundError as error:
                missing.append(error.errno)
        return empty, dump("inet", "t", "four", 1000), dump("inet", "t", "six", 0), missing

    empty, (four, are_all), (six, _), missing = own_network(work)
    assert empty == ({}, True)
    assert are_all
    assert {text: round(end, -1) for text, end in four.items()} == {
        "192.0.2.1": 1600,
        "192.0.2.2": float("inf"),
    }
    assert {text: round(end, -2) for text, end in six.items()} == {"2001:db8::1": 432_000}
    assert missing == [2, 2]


@given(st.binary(max_size=200))
def test_any_bytes_are_elements_or_nothing(data):
    """Attributes that end early, overlap or have no length are passed over."""
    assert all(len(key) in {4, 16} for key, _ in elements_in(data))


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def element(key, left=None, comment=b""):
    """One element as the kernel lists it: key, time limit, what is left of it, comment."""
    parts = attribute(1, attribute(1, key))
    if left is not None:
        parts += attribute(4, bytes(8)) + attribute(5, left.to_bytes(8, "big"))
    return attribute(1, parts + (attribute(6, comment) if comment else b""))


keys = st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16)
limits = st.none() | st.integers(0, 2**63)
elements = st.tuples(keys, limits, st.sampled_from([b"", b"four", b"a comment"]))


@given(st.lists(elements, max_size=6) | elements.map(lambda one: [one] * 5))
def test_elements_are_read_whether_all_look_alike_or_not(given_elements):
    """Keys of both lengths, with and without an end or a comment, in any mixture."""
    listed = b"".join(element(*each) for each in given_elements)
    message = attribute(1, b"t\0") + attribute(2, b"s\0") + attribute(3, listed)

    assert list(elements_in(message)) == [(key, left) for key, left, _ in given_elements]
