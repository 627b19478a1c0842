from __future__ import annotations

import shutil
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
