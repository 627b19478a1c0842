"""Addresses go into sets of the kernel and out of them by netlink, all of a batch or none."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.enforcement.netlink import GENERIC
from banward.enforcement.nft import Nft
from banward.enforcement.nft_batch import Sender, add, remove
from banward.enforcement.nft_dump import elements_in
from banward.enforcement.nft_hosts import Hosts, Verb
from banward.enforcement.watch import _let_only_generations_pass, read_writers
from banward.errors import ActionError

NOW = 1_700_000_000.0
LONGEST = 0xFFFF + 64  # what a message has at most: one full attribute, and what stands before it

in_kernel = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]


def nft(text):
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def made(family="inet", table="t"):
    """Make a table with a set for each version."""
    nft(
        f"""add table {family} {table}
        add set {family} {table} four {{ type ipv4_addr; flags timeout; }}
        add set {family} {table} six {{ type ipv6_addr; flags timeout; }}"""
    )


def listed(where):
    """The addresses of a set to their time limits, as nft reads them."""
    words = ["nft", "-j", "list", "set", *where.split()]
    told = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    (elements,) = [entry["set"].get("elem", []) for entry in told["nftables"] if "set" in entry]
    inner = [each["elem"] if isinstance(each, dict) else {"val": each} for each in elements]
    return {each["val"]: each.get("timeout") for each in inner}


class Generations:
    """Counts the transactions of the kernel while it is open."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.socket.bind((0, 0))
        _let_only_generations_pass(self.socket)
        self.socket.setsockopt(270, 1, 7)  # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES
        return self

    def __exit__(self, *_):
        self.socket.close()

    def count(self):
        found = 0
        while True:
            try:
                data = self.socket.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return found
            found += len(list(read_writers(data)))


class TestInKernel:
    """What the kernel makes of batches."""

    pytestmark = in_kernel

    def test_what_is_put_in_is_what_nft_lists(self, own_network):
        """Both versions, with and without an end, in two families of tables."""

        def work():
            made("inet")
            made("ip")
            sender = Sender()
            sender.send(
                [
                    *add("inet t four", {"192.0.2.1": 600, "192.0.2.2": None}),
                    *add("inet t six", {"2001:db8::1": 3_000_000_000, "2001:db8::2": 60}),
                ]
            )
            sender.send(add("ip t four", {"192.0.2.3": 60}))
            return [listed(where) for where in ("inet t four", "inet t six", "ip t four")]

        assert own_network(work) == [
            {"192.0.2.1": 600, "192.0.2.2": None},
            {"2001:db8::1": 3_000_000_000, "2001:db8::2": 60},
            {"192.0.2.3": 60},
        ]

    def test_orders_do_what_the_commands_do(self, own_network):
        """Each verb leaves the same, over addresses that are there, are not, or have ended."""
        ends = {"192.0.2.1": NOW + 300, "192.0.2.2": float("inf"), "192.0.2.3": NOW - 1}
        before = "{ 192.0.2.1 timeout 1h, 192.0.2.3 timeout 1h, 192.0.2.9 }"

        def work():
            found = []
            sender = Sender()
            for verb in Verb:
                for way in ("lines", "orders"):
                    place = f"inet {verb.value}-{way}"
                    made(table=place.split()[1])
                    where = f"{place} four"
                    if verb is not Verb.ADD:
                        nft(f"add element {where} {before}")
                    change = Hosts(where, ends, NOW, verb)
                    sender.send(change.orders()) if way == "orders" else nft(
                        "\n".join(change.lines())
                    )
                    found.append(listed(where))
            return found

        found = own_network(work)
        assert found[0::2] == found[1::2]
        assert found[1::2] == [
            {"192.0.2.1": 300, "192.0.2.2": None},
            {"192.0.2.9": None},
            {"192.0.2.1": 300, "192.0.2.2": None, "192.0.2.9": None},
        ]

    def test_a_batch_is_done_as_a_whole_or_not_at_all(self, own_network):
        """One set is missing: nothing is in force, and the next batch is not mistaken for it."""

        def work():
            made()
            sender = Sender()
            good, bad = add("inet t four", {"192.0.2.1": 600}), add("inet t five", {"::1": 600})
            told = []
            for orders in ([*good, *bad], [*bad, *good], [*bad, *bad, *bad]):
                with pytest.raises(ActionError) as refused:
                    sender.send(orders)
                told.append(str(refused.value))
            nothing = listed("inet t four")
            sender.send(good)
            return told, nothing, listed("inet t four")

        told, nothing, there = own_network(work)
        assert told == ["netlink: No such file or directory"] * 3
        assert nothing == {}
        assert there == {"192.0.2.1": 600}

    def test_thousands_are_one_transaction(self, own_network):
        """Though they are seven messages, as an attribute holds no more than 64 KiB."""
        texts = [f"2001:db8::{n:x}" for n in range(10_000)]

        def work():
            made()
            orders = add("inet t six", dict.fromkeys(texts, 600))
            with Generations() as heard:
                Sender().send(orders)
                generations = heard.count()
            there = listed("inet t six")
            Sender().send(remove("inet t six", texts))
            return len(orders), generations, len(there), listed("inet t six")

        assert own_network(work) == (7, 1, 10_000, {})

    def test_a_batch_that_is_refused_is_left_to_the_library(self, own_network):
        """It is no error: whoever asked takes the other way, which tells the reason."""

        async def asked():
            nft_ = Nft()
            try:
                return [
                    await nft_.put(lambda: add("inet no-table four", {"192.0.2.1": 600})),
                    await nft_.put(lambda: add("inet t four", {"no address": 600})),
                    await nft_.put(lambda: add("inet t four", {"192.0.2.1": 600})),
                ]
            finally:
                await nft_.close()

        def work():
            made()
            return asyncio.run(asked())

        assert own_network(work) == [False, False, True]

    def test_nothing_to_do_asks_nobody(self, own_network):
        """An empty batch, which the kernel would not answer, is not sent."""
        assert own_network(lambda: Sender().send([])) is None


@given(
    st.dictionaries(st.ip_addresses(v=4).map(str), st.none() | st.integers(1, 1 << 31)),
    st.sets(st.ip_addresses(v=6).map(str)),
)
def test_every_address_is_in_a_message(timeouts, texts):
    """Our own reader of the kernel's listings finds the keys again, in their order."""
    for orders, wanted in (
        (add("inet t four", timeouts), list(timeouts)),
        (add("inet t six", dict.fromkeys(texts)), list(texts)),
    ):
        keys = [key for order in orders for key, _ in elements_in(order.body[GENERIC:])]
        assert len(keys) == len(wanted)


@pytest.mark.parametrize("count", [1, 1637, 2339, 2340, 2341, 10_000])
def test_no_message_is_longer_than_its_lengths_can_say(count):
    """Whatever the number of addresses; none is lost where a message ends."""
    texts = [f"10.0.{n >> 8}.{n & 255}" for n in range(count)]
    orders = add("inet t four", dict.fromkeys(texts, 600))
    keys = [key for order in orders for key, _ in elements_in(order.body[GENERIC:])]
    assert keys == [bytes(map(int, text.split("."))) for text in texts]
    assert all(len(order.body) < LONGEST and len(order.body) % 4 == 0 for order in orders)


def test_a_text_that_is_no_address_is_refused():
    """Nothing else can get into a message."""
    with pytest.raises(OSError, match="illegal"):
        add("inet t four", {"127.1": 600})
