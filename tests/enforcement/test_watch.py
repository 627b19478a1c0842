from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest

from banward.clock import SystemClock
from banward.enforcement.factory import Backends
from banward.enforcement.watch import FilterWatch, Writer, read_writers
from banward.settings import ActionSettings
from enforcement.enforcing import Facts, ban, until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]


def nft(*words):
    subprocess.run(["nft", *words], check=True, capture_output=True)


@pytest.fixture
def network(own_network):
    """Runs an async function in a network of its own."""
    return lambda work: own_network(lambda: asyncio.run(work()))


def test_a_flushed_ruleset_is_noticed_and_told_once(network):
    """One event for one foreign change, though it removes table, chain, set and rule."""

    async def work():
        told = []
        watch = FilterWatch(lambda _: False, lambda: told.append("changed"), settle=0.05)
        nft("add", "table", "inet", "t")
        await until(lambda: told)
        nft("flush", "ruleset")
        await until(lambda: len(told) == 2)
        await asyncio.sleep(0.2)
        watch.close()
        return told

    assert network(work) == ["changed", "changed"]


def test_the_kernel_names_who_made_a_change(network):
    """The program's own name comes with the event; by it our changes are told from others."""

    async def work():
        writers = []
        watch = FilterWatch(lambda w: bool(writers.append(w)), lambda: None, settle=0.01)
        nft("add", "table", "inet", "t")
        await until(lambda: writers)
        watch.close()
        return [tuple(writer) for writer in writers]

    [(pid, name)] = network(work)
    assert name == "nft"
    assert pid > 0


@pytest.mark.parametrize("native", ["nftables", "iptables"])
def test_our_own_changes_are_no_foreign_ones(network, native):
    """Ten thousand bans of ours make no event; a foreign hand afterwards does.

    Without the comparison of the writer in factory.py the first list is not empty.
    """

    async def work():
        told = []
        backends = Backends()
        watch = backends.watch(lambda: told.append("changed"))
        assert watch
        action = backends.build(ActionSettings("act", {"native": native}), Facts())
        now = SystemClock().now()
        many = 10_000 if native == "nftables" else 10
        await action.ban([ban(f"10.0.{n >> 8}.{n & 255}", at=now) for n in range(many)])
        await asyncio.sleep(0.5)
        ours = list(told)
        nft("flush", "ruleset")
        await until(lambda: told)
        watch.close()
        await backends.close()
        return ours, told

    assert network(work) == ([], ["changed"])


def test_what_was_flushed_comes_back(network):
    """Event, comparison, repair: the kernel holds the bans again, and the repair makes no event."""

    async def work():
        event = asyncio.Event()
        backends = Backends()
        watch = backends.watch(event.set)
        assert watch
        action = backends.build(ActionSettings("act", {"native": "nftables"}), Facts())
        bans = [ban(at=SystemClock().now()), ban("10.0.0.0/8", at=SystemClock().now())]
        await action.ban(bans)
        nft("flush", "ruleset")
        await asyncio.wait_for(event.wait(), 5)
        event.clear()
        mended = await action.sync(bans)
        present = await action.present()
        await asyncio.sleep(0.5)
        watch.close()
        await backends.close()
        return mended.added, present, event.is_set()

    added, present, told_again = network(work)
    assert set(added) == present == {"192.0.2.1", "10.0.0.0/8"}
    assert not told_again


def test_half_a_message_is_no_error():
    """Datagrams that end early or hold nonsense are passed over."""
    assert list(read_writers(b"")) == []
    assert list(read_writers(b"\x01" * 7)) == []
    assert list(read_writers(b"\0" * 64)) == []
    header = (24).to_bytes(4, "little") + (0x0A0F).to_bytes(2, "little") + bytes(10)
    assert list(read_writers(header + bytes(4) + b"\x02\0\x02\0")) == [Writer(0, "")]
