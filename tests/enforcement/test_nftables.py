from __future__ import annotations

import asyncio
import ipaddress
import json
import shutil
import subprocess

import pytest

from banward.enforcement.base import Synced
from banward.enforcement.claims import Claims
from banward.enforcement.nft import Nft
from banward.enforcement.nftables import NftablesAction
from banward.errors import ActionError
from banward.records import ENDLESS
from banward.settings import ActionSettings
from banward.testing.clock import TestClock
from enforcement.enforcing import NOW, Facts, ban, unban, until

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft"),
]


class Firewall:
    """Actions over the packet filter of the network in which it is made."""

    def __init__(self, library="libnftables.so.1"):
        self.clock = TestClock(NOW)
        self.nft = Nft(library=library)
        self.claims = Claims()

    def action(self, name="nftables", jail="web", **params):
        return self.configured(ActionSettings(name, params), jail)

    def configured(self, settings, jail="web"):
        return NftablesAction(settings, Facts(name=jail), self.nft, self.claims, self.clock)


def nft(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True, check=True).stdout


def listed(what):
    """The objects of a kind in the kernel, as nft's JSON has them."""
    objects = json.loads(nft("-j", "list", "ruleset"))["nftables"]
    return [entry[what] for entry in objects if what in entry]


def elements():
    """The elements of all sets, as nft writes them, to their time limits in seconds."""
    found = {}
    for entry in listed("set"):
        members = {}
        for element in entry.get("elem", []):
            inner = element.get("elem", {}) if isinstance(element, dict) else {}
            value = inner.get("val", element)
            if isinstance(value, dict) and "prefix" in value:
                value = f"{value['prefix']['addr']}/{value['prefix']['len']}"
            elif isinstance(value, dict) and "range" in value:
                value = "-".join(value["range"])
            members[value] = inner.get("timeout")
        found[entry["name"]] = members
    return found


def shown_rules():
    """The rules of the chain as text, without comments."""
    lines = nft("list", "ruleset").splitlines()
    return [line.strip().partition(" comment ")[0] for line in lines if "saddr" in line]


def errors(outcomes):
    return [outcome.error for outcome in outcomes]


@pytest.fixture(params=["library", "program"])
def kernel(request, own_network):
    """Runs an async function of a firewall in a network of its own, both ways to reach nftables."""
    library = "libnftables.so.1" if request.param == "library" else ""

    def run(work):
        async def whole():
            firewall = Firewall(library)
            try:
                return await work(firewall)
            finally:
                await firewall.nft.close()

        return own_network(lambda: asyncio.run(whole()))

    return run


def test_bans_become_elements_with_a_time_limit(kernel):
    """Nothing is there before the first ban; each family gets its set, its rule and the limit."""

    async def work(firewall):
        action = firewall.action(port="http,8000:8010")
        await action.start()
        before = nft("list", "ruleset")
        bans = [ban(bantime=300), ban("2001:db8::1"), ban("192.0.2.9", bantime=ENDLESS)]
        outcomes = await action.ban(bans)
        return (
            before,
            errors(outcomes),
            elements(),
            shown_rules(),
            listed("chain"),
            await action.present(),
        )

    before, told, there, rules, [chain], present = kernel(work)
    assert before == ""
    assert told == ["", "", ""]
    assert there == {
        "addr-set-web": {"192.0.2.1": 300, "192.0.2.9": None},
        "addr6-set-web": {"2001:db8::1": 600},
    }
    assert rules == [
        "tcp dport { 80, 8000-8010 } ip saddr @addr-set-web reject with icmp port-unreachable",
        "tcp dport { 80, 8000-8010 } ip6 saddr @addr6-set-web reject with icmpv6 port-unreachable",
    ]
    assert (chain["name"], chain["hook"], chain["prio"]) == ("f2b-chain", "prerouting", -300)
    assert present == {"192.0.2.1", "192.0.2.9", "2001:db8::1"}


def test_a_ban_time_of_centuries_is_endless_and_one_of_decades_is_kept(kernel):
    """Grown ban times reach twenty years (server-and-client.md 2.7); nft takes them in days."""

    async def work(firewall):
        action = firewall.action()
        told = await action.ban([ban(bantime=629145600), ban("192.0.2.2", bantime=1e11)])
        return errors(told), elements()

    assert kernel(work) == (
        ["", ""],
        {"addr-set-web": {"192.0.2.1": 629145600, "192.0.2.2": None}},
    )


def test_what_is_no_address_is_refused_and_never_sent(kernel):
    """An id with commands in it is an error of its own; the bans beside it are done."""

    async def work(firewall):
        action = firewall.action()
        evil = ["1.2.3.4 }; flush ruleset; #", "user\nflush ruleset", "", "::1%lo", "1.2.3.4/24"]
        outcomes = await action.ban([ban(text) for text in [*evil, "192.0.2.1"]])
        return errors(outcomes), elements()

    told, there = kernel(work)
    assert told == [
        *(
            f"{text!r} is no address: nftables can't ban it"
            for text in ["1.2.3.4 }; flush ruleset; #", "user\nflush ruleset", "", "::1%lo"]
        ),
        "",
        "",
    ]
    assert there == {"addr-set-web": {"192.0.2.1": 600}, "addr-net-set-web": {"1.2.3.0/24": 600}}


def test_networks_may_lie_within_each_other_and_over_banned_addresses(kernel):
    """The kernel would refuse overlaps; each address is banned as long as the longest of them."""

    async def work(firewall):
        action = firewall.action()
        told = await action.ban(
            [
                ban("10.1.2.3"),
                ban("10.0.0.0/8", bantime=100),
                ban("10.1.0.0/16", bantime=ENDLESS),
                ban("2001:db8::/32"),
                ban("2001:db8:1::/48"),
            ]
        )
        both = elements()
        present = await action.present()
        await action.unban([unban("10.1.0.0/16")])
        return errors(told), both, sorted(present), elements()["addr-net-set-web"]

    told, both, present, after = kernel(work)
    assert told == [""] * 5
    assert both == {
        "addr-set-web": {"10.1.2.3": 600},
        "addr-net-set-web": {
            "10.0.0.0/16": 100,
            "10.1.0.0/16": None,
            "10.2.0.0-10.255.255.255": 100,
        },
        "addr6-net-set-web": {"2001:db8::/32": 600},
    }
    assert present == ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8:1::/48", "2001:db8::/32"]
    assert after == {"10.0.0.0/8": 100}


def test_an_unban_takes_out_what_is_there_and_minds_no_gap(kernel):
    """One that the kernel ended already, and one in a set that never was, count as lifted."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban(), ban("192.0.2.2")])
        gone = await action.unban(
            [unban(), unban("192.0.2.77"), unban("2001:db8::7"), unban("10.0.0.0/8")]
        )
        return errors(gone), elements()

    assert kernel(work) == (["", "", "", ""], {"addr-set-web": {"192.0.2.2": 600}})


def test_the_end_of_a_ban_can_be_moved_both_ways(kernel):
    """A longer and a shorter time replace the limit of the element."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban(), ban("192.0.2.2"), ban("10.0.0.0/8")])
        firewall.clock.advance(100)
        told = await action.prolong(
            [ban(bantime=5000), ban("192.0.2.2", bantime=ENDLESS), ban("10.0.0.0/8", bantime=200)]
        )
        return errors(told), elements()

    assert kernel(work) == (
        ["", "", ""],
        {
            "addr-set-web": {"192.0.2.1": 4900, "192.0.2.2": None},
            "addr-net-set-web": {"10.0.0.0/8": 100},
        },
    )


def test_a_ban_that_is_over_is_not_sent(kernel):
    """Its end came before its turn: nothing to do, and no error."""

    async def work(firewall):
        action = firewall.action()
        firewall.clock.advance(1000)
        return errors(await action.ban([ban(), ban("10.0.0.0/8")])), elements()

    told, there = kernel(work)
    assert told == ["", ""]
    assert not any(there.values())


def test_the_kernel_ends_a_ban_by_itself(own_network):
    """Nobody has to come back: the element is gone once its time is over."""

    async def work():
        firewall = Firewall()
        action = firewall.action()
        await action.ban([ban(bantime=1), ban("10.0.0.0/8", bantime=1), ban("192.0.2.2")])
        await firewall.nft.close()
        await until(
            lambda: elements() == {"addr-set-web": {"192.0.2.2": 600}, "addr-net-set-web": {}}
        )

    own_network(lambda: asyncio.run(work()))


def test_many_jails_may_ban_at_the_same_time(kernel):
    """They share the connection; each finds its set, its rule and its ban."""

    async def work(firewall):
        jails = [firewall.action(jail=f"jail{n}", port=str(n + 1)) for n in range(20)]
        await asyncio.gather(*(jail.ban([ban(), ban("10.0.0.0/8")]) for jail in jails))
        await asyncio.gather(*(jail.unban([unban("10.0.0.0/8")]) for jail in jails))
        return elements(), len(shown_rules())

    there, rules = kernel(work)
    assert [there[f"addr-set-jail{n}"] for n in range(20)] == [{"192.0.2.1": 600}] * 20
    assert [there[f"addr-net-set-jail{n}"] for n in range(20)] == [{}] * 20
    assert rules == 40


def test_stop_leaves_nothing_and_keep_leaves_all(kernel):
    """``keep`` is for restarts: bans stay in force; a plain stop removes the table."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban()])
        await action.stop(keep=True)
        kept = elements()
        await action.stop()
        return kept, nft("list", "ruleset")

    assert kernel(work) == ({"addr-set-web": {"192.0.2.1": 600}}, "")


def test_jails_share_the_table_and_stop_alone(kernel):
    """The stop of one jail leaves the other's set and rule; the last one removes the table."""

    async def work(firewall):
        web, mail = firewall.action(), firewall.action(jail="mail", port="25")
        await web.ban([ban()])
        await mail.ban([ban()])
        await web.stop()
        left = elements(), shown_rules()
        await mail.stop()
        return left, nft("list", "ruleset")

    left, nothing = kernel(work)
    assert left == (
        {"addr-set-mail": {"192.0.2.1": 600}},
        ["tcp dport 25 ip saddr @addr-set-mail reject with icmp port-unreachable"],
    )
    assert nothing == ""


def test_objects_of_others_in_the_table_stay(kernel):
    """A set that an administrator put there keeps the table from being removed."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban()])
        nft("add", "set", "inet", "f2b-table", "mine", "{ type ipv4_addr; }")
        await action.stop()
        return [entry["name"] for entry in listed("set")]

    assert kernel(work) == ["mine"]


def test_two_jails_with_one_name_do_not_undo_each_other(kernel):
    """The second gets sets of its own, so that its unban leaves the first one's ban."""

    async def work(firewall):
        same = ActionSettings("a", {"name": "SSH"})
        first, second = firewall.configured(same, "ssh"), firewall.configured(same, "ddos")
        await first.ban([ban()])
        await second.ban([ban()])
        await second.unban([unban()])
        await second.flush()
        await second.sync([])
        return elements()

    assert kernel(work) == {"addr-set-SSH": {"192.0.2.1": 600}}


def test_flush_lifts_everything_at_once(kernel):
    """Afterwards nobody is in force, networks included, and new bans work."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban(), ban("10.0.0.0/8"), ban("2001:db8::1")])
        flushed = await action.flush()
        empty = await action.present()
        await action.ban([ban("10.0.0.0/9")])
        return flushed, empty, elements()["addr-net-set-web"]

    assert kernel(work) == (True, frozenset(), {"10.0.0.0/9": 600})


FOREIGN = [
    ("flush", "ruleset"),
    ("delete", "table", "inet", "f2b-table"),
    ("flush", "chain", "inet", "f2b-table", "f2b-chain"),
    ("flush", "set", "inet", "f2b-table", "addr-set-web"),
    ("delete", "element", "inet", "f2b-table", "addr-set-web", "{ 192.0.2.1 }"),
]


@pytest.mark.parametrize("change", FOREIGN, ids=" ".join)
def test_a_foreign_change_is_mended_by_one_comparison(kernel, change):
    """Whatever others removed comes back with the time that is left, and a second look is quiet."""

    async def work(firewall):
        action = firewall.action(port="80")
        bans = [ban(), ban("192.0.2.2", bantime=ENDLESS), ban("10.0.0.0/8"), ban("2001:db8::1")]
        await action.ban(bans)
        before = elements(), sorted(shown_rules())
        nft(*change)
        firewall.clock.advance(1)
        mended = await action.sync(bans)
        return (
            before,
            (elements(), sorted(shown_rules())),
            mended.is_change,
            await action.sync(bans),
        )

    before, after, changed, second = kernel(work)
    limits = {
        599 if limit == 600 else limit
        for members in after[0].values()
        for limit in members.values()
    }
    assert limits <= {599, None}
    assert {name: set(members) for name, members in after[0].items()} == {
        name: set(members) for name, members in before[0].items()
    }
    assert after[1] == before[1]
    assert changed
    assert second == Synced()


def test_the_kernel_is_made_equal_to_the_ledger_at_a_start(kernel):
    """What an earlier process left is taken over: strays go, lacks come, ends are set."""

    async def work(firewall):
        await firewall.action().ban(
            [ban(), ban("192.0.2.2"), ban("192.0.2.3"), ban("10.0.0.0/8"), ban("172.16.0.0/12")]
        )
        later = Firewall()
        later.claims = Claims()
        action = later.action()
        await action.start()
        synced = await action.sync(
            [ban(), ban("192.0.2.2", bantime=9000), ban("192.0.2.4"), ban("10.0.0.0/8")]
        )
        there = elements()
        await later.nft.close()
        return synced, there

    synced, there = kernel(work)
    assert synced == Synced(
        added=("192.0.2.4",),
        removed=("192.0.2.3", "172.16.0.0/12"),
        retimed=("192.0.2.2",),
    )
    assert there == {
        "addr-set-web": {"192.0.2.1": 600, "192.0.2.2": 9000, "192.0.2.4": 600},
        "addr-net-set-web": {"10.0.0.0/8": 600},
    }


def test_no_command_is_needed_for_addresses_once_the_set_is_there(own_network):
    """Bans, new ends and unbans go to the kernel past the library, which parses no text for them.

    Fails without ``Sets._put``.
    """

    async def work():
        firewall = Firewall()
        action = firewall.action()
        await action.ban([ban()])
        commands = []
        firewall.nft.change = lambda text: commands.append(text) or asyncio.sleep(0)
        await action.ban([ban("192.0.2.2"), ban("192.0.2.3", bantime=300)])
        await action.retime([ban("192.0.2.2", bantime=900)])
        await action.unban([unban("192.0.2.1"), unban("192.0.2.7")])
        await action.sync([ban("192.0.2.4"), ban("192.0.2.2", bantime=900)])
        found = elements()
        await firewall.nft.close()
        return commands, found

    assert own_network(lambda: asyncio.run(work())) == (
        [],
        {"addr-set-web": {"192.0.2.2": 900, "192.0.2.4": 600}},
    )


def test_a_ban_rebuilds_what_somebody_removed(kernel):
    """Also without a look at the whole: the next ban finds the table gone and makes it again."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban()])
        nft("flush", "ruleset")
        told = await action.ban([ban("192.0.2.2")])
        lifted = await action.unban([unban("192.0.2.2")])
        nft("flush", "ruleset")
        again = await action.unban([unban("192.0.2.1")])
        return errors([*told, *lifted, *again]), await action.flush()

    assert kernel(work) == (["", "", ""], True)


def test_a_check_rebuilds_rules_that_are_gone(kernel):
    """``check`` finds that the chain lost its rule, and puts it back."""

    async def work(firewall):
        action = firewall.action(port="80")
        await action.ban([ban()])
        nft("flush", "chain", "inet", "f2b-table", "f2b-chain")
        return await action.check(), shown_rules()

    sane, rules = kernel(work)
    assert sane
    assert len(rules) == 1


def test_changed_ports_reach_the_firewall_without_an_unban(kernel):
    """One transaction replaces the rules; the elements are not touched."""

    async def work(firewall):
        action = firewall.action(port="22")
        await action.ban([ban(), ban("10.0.0.0/8")])
        await action.reload(ActionSettings("nftables", {"port": "2222", "blocktype": "drop"}))
        return elements(), sorted(shown_rules())

    assert kernel(work) == (
        {"addr-set-web": {"192.0.2.1": 600}, "addr-net-set-web": {"10.0.0.0/8": 600}},
        [
            "tcp dport 2222 ip saddr @addr-net-set-web drop",
            "tcp dport 2222 ip saddr @addr-set-web drop",
        ],
    )


def test_a_reload_may_move_the_bans_to_other_sets(kernel):
    """A new name or table takes all bans along, and the old objects go."""

    async def work(firewall):
        action = firewall.action()
        await action.ban([ban(), ban("10.0.0.0/8")])
        await action.reload(ActionSettings("nftables", {"name": "other", "table": "t2"}))
        await action.unban([unban("10.0.0.0/8")])
        return [t["name"] for t in listed("table")], {n: set(m) for n, m in elements().items()}

    assert kernel(work) == (
        ["t2"],
        {"addr-set-other": {"192.0.2.1"}, "addr-net-set-other": set()},
    )


def test_bad_parameters_are_told_at_the_start_and_change_nothing(kernel):
    """A port name that no service has is refused by nftables before anything is made."""

    async def work(firewall):
        action = firewall.action(port="no-such-service")
        with pytest.raises(ActionError, match="nft: "):
            await action.start()
        good = firewall.action(jail="mail")
        await good.ban([ban()])
        with pytest.raises(ActionError, match="nft: "):
            await good.reload(ActionSettings("nftables", {"port": "no-such-service"}))
        return elements()

    assert kernel(work) == {"addr-set-mail": {"192.0.2.1": 600}}


def test_a_chain_that_hooks_in_elsewhere_is_replaced_unless_it_is_in_use(kernel):
    """A left-over chain of another hook goes; one with rules of a living jail is an error."""

    async def work(firewall):
        nft("add", "table", "inet", "f2b-table")
        hook = "{ type filter hook input priority -1; policy accept; }"
        nft("add", "chain", "inet", "f2b-table", "f2b-chain", hook)
        action = firewall.action()
        first = errors(await action.ban([ban()]))
        other = firewall.action(jail="mail", chain_hook="input", chain_priority="-1")
        second = errors(await other.ban([ban()]))
        return first, [c["hook"] for c in listed("chain")], second

    first, hooks, [refused] = kernel(work)
    assert (first, hooks) == ([""], ["prerouting"])
    assert "needs a chain of its own (option chain)" in refused


def test_left_over_sets_of_fail2ban_are_replaced(kernel):
    """A set without time limits can't be used; it is made anew with its rules, in one step."""

    async def work(firewall):
        nft("add", "table", "inet", "f2b-table")
        nft(
            "add", "set", "inet", "f2b-table", "addr-set-web", "{ type ipv4_addr; flags interval; }"
        )
        hook = "{ type filter hook prerouting priority -300; policy accept; }"
        nft("add", "chain", "inet", "f2b-table", "f2b-chain", hook)
        nft("add", "rule", "inet", "f2b-table", "f2b-chain", "ip", "saddr", "@addr-set-web", "drop")
        told = errors(await firewall.action(port="80").ban([ban()]))
        return told, elements(), shown_rules()

    assert kernel(work) == (
        [""],
        {"addr-set-web": {"192.0.2.1": 600}},
        ["tcp dport 80 ip saddr @addr-set-web reject with icmp port-unreachable"],
    )


def test_a_hundred_thousand_bans_are_in_the_kernel(own_network):
    """Each of them, in transactions of some thousands; the flush takes them out again."""

    async def work():
        firewall = Firewall()
        action = firewall.action()
        bans = [ban(str(ipaddress.IPv4Address(0x0B000000 + n * 7))) for n in range(100_000)]
        outcomes = await action.ban(bans)
        present = await action.present()
        same = present == {b.subject for b in bans}
        synced = await action.sync(bans[1:])
        await action.flush()
        left = await action.present()
        await firewall.nft.close()
        return {outcome.error for outcome in outcomes}, same, synced.removed, len(left)

    assert own_network(lambda: asyncio.run(work())) == ({""}, True, ("11.0.0.0",), 0)


def test_a_missing_program_is_told(own_network):
    """Without library and program the ban fails, and says why."""

    async def work():
        firewall = Firewall(library="")
        firewall.nft = Nft("/nonexistent/nft", library="libnftables-is-not-here.so")
        return errors(await firewall.action().ban([ban()]))

    [told] = own_network(lambda: asyncio.run(work()))
    assert told.startswith("nft can't be started: ")


class Echo:
    """A server on all addresses of the host, and clients of it from addresses of the loopback."""

    def __init__(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for last in "23":
            address = ["ip", "address", "add", f"2001:db8::{last}/128", "dev", "lo", "nodad"]
            subprocess.run(address, check=True)

    async def serve(self):
        async def echo(reader, writer):
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        self.server = await asyncio.start_server(echo, ["127.0.0.1", "2001:db8::3"], 8080)
        # The kernel makes the routes to new addresses a moment later.
        while isinstance(found := await self.connect("2001:db8::2"), str):
            assert found == "OSError", found
        found[1].close()

    async def connect(self, source, limit=10):
        """A connection from an address, or the name of the error that the client gets."""
        target = "2001:db8::3" if ":" in source else "127.0.0.1"
        try:
            opening = asyncio.open_connection(target, 8080, local_addr=(source, 0))
            return await asyncio.wait_for(opening, limit)
        except (OSError, TimeoutError) as error:
            return type(error).__name__

    async def answers(self, connection, limit):
        """Whether an open connection still carries data to the server and back."""
        reader, writer = connection
        writer.write(b"x")
        try:
            return await asyncio.wait_for(reader.read(100), limit) != b""
        except TimeoutError:
            return False


@pytest.mark.parametrize("source", ["127.0.0.2", "2001:db8::2"])
def test_a_banned_address_is_shut_out_and_no_other(own_network, source):
    """New connections are refused, the open one is cut, others pass; after the unban all is well."""
    other = "127.0.0.3" if source.startswith("127") else "2001:db8::3"

    async def work():
        echo, firewall = Echo(), Firewall()
        await echo.serve()
        opened = await echo.connect(source)
        told = [await echo.answers(opened, 5)]
        action = firewall.action(port="8080")
        await action.ban([ban(source)])
        told += [await echo.connect(source), await echo.answers(opened, 0.3)]
        told += [await echo.answers(await echo.connect(other), 5)]
        await action.unban([unban(source)])
        told += [await echo.answers(opened, 20), await echo.answers(await echo.connect(source), 5)]
        await firewall.nft.close()
        return told

    expected = [True, "ConnectionRefusedError", False, True, True, True]
    assert own_network(lambda: asyncio.run(work())) == expected


def test_drop_leaves_the_attacker_without_an_answer(own_network):
    """With ``blocktype = drop`` a banned network waits in vain, on every port."""

    async def work():
        echo, firewall = Echo(), Firewall()
        await echo.serve()
        action = firewall.action(type="allports", blocktype="drop")
        await action.ban([ban("127.0.0.2/31")])
        told = await echo.connect("127.0.0.2", 0.5)
        await firewall.nft.close()
        return told

    assert own_network(lambda: asyncio.run(work())) == "TimeoutError"


class OldKernel(Nft):
    """Refuses what kernels before 5.9 refuse: rejecting packets before routing."""

    async def check(self, text):
        if "hook prerouting" in text and "reject" in text:
            raise ActionError("nft: Error: Could not process rule: Operation not supported")
        await super().check(text)


def test_an_old_kernel_rejects_after_routing(own_network, caplog):
    """The chain goes to hook input where the kernel can do no better, and the log says so."""

    async def work():
        firewall = Firewall()
        firewall.nft = OldKernel()
        action = firewall.action()
        await action.start()
        told = errors(await action.ban([ban()]))
        await firewall.nft.close()
        return told, listed("chain")[0]["hook"], caplog.messages

    told, hook, [warning] = own_network(lambda: asyncio.run(work()))
    assert (told, hook) == ([""], "input")
    assert "action 'nftables' works at hook input" in warning
