from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest

from banward.enforcement.base import Synced
from banward.enforcement.factory import Backends
from banward.enforcement.ipset import IpsetLayout
from banward.errors import ActionError
from banward.records import ENDLESS
from banward.settings import ActionSettings
from banward.testing.clock import TestClock
from enforcement.enforcing import NOW, Facts, ban, unban

REJECT = "-j REJECT --reject-with icmp-port-unreachable"


def layout(family="inet4", **params):
    return IpsetLayout.read(params, family, jail="web", action="act", claim=lambda name: name)


def test_set_and_rule_are_those_of_fail2ban():
    """The names of server-and-client.md 4.11; IPv6 has a 6 behind."""
    four, six = layout(type="multiport", port="80,443"), layout("inet6")
    assert (four.name, six.name) == ("f2b-web", "f2b-web6")
    assert [str(jump) for jump in four.jumps] == [
        f"INPUT -p tcp -m multiport --dports 80,443 -m set --match-set f2b-web src {REJECT}"
    ]
    assert six.create == "hash:net family inet6 hashsize 1024 maxelem 1048576 timeout 0"


@pytest.mark.parametrize(
    ("params", "name"), [({"maxelem": "many"}, "maxelem"), ({"ipmset": "x" * 32}, "ipmset")]
)
def test_a_parameter_that_can_not_be_used_is_named(params, name):
    """The message tells action, jail, option, and what was expected."""
    with pytest.raises(ActionError, match=rf"^action act of jail web: option {name}: found "):
        layout(**params)


class Tables:
    """Actions over ipset in the network in which it is made."""

    def __init__(self):
        self.clock = TestClock(NOW)
        self.backends = Backends(self.clock)

    def settings(self, **params):
        return ActionSettings("ipset", {"native": "ipset", "port": "80", **params})

    def action(self, jail="web", **params):
        return self.backends.build(self.settings(**params), Facts(name=jail))


def tool(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def members(name="f2b-web"):
    """The elements of a set, to the seconds that it counts down, rounded up to hundreds."""
    lines = [line.split() for line in tool("ipset", "save", name).splitlines()[1:]]
    return {words[2]: -(-int(words[4]) // 100) * 100 for words in lines}


def rules():
    return [line for line in tool("iptables", "-S").splitlines() if "match-set" in line]


def errors(outcomes):
    return [outcome.error for outcome in outcomes]


@pytest.fixture
def kernel(own_network):
    """Runs an async function in a network of its own."""
    return lambda work: own_network(lambda: asyncio.run(work(Tables())))


pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        shutil.which("ipset") is None or shutil.which("iptables") is None,
        reason="needs ipset and iptables",
    ),
]


def test_bans_become_elements_with_a_time_limit(kernel):
    """Addresses and networks share a set; what ipset can't time stays until it is lifted."""

    async def work(tables):
        action = tables.action()
        await action.start()
        told = await action.ban([ban(), ban("10.0.0.0/8"), ban("192.0.2.2", bantime=ENDLESS)])
        told += await action.ban(
            [ban("192.0.2.3", bantime=9_000_000), ban("2001:db8::1"), ban("x")]
        )
        return errors(told), members(), members("f2b-web6"), rules(), await action.present()

    told, four, six, shown, present = kernel(work)
    assert told == ["", "", "", "", "", "'x' is no address: ipset can't ban it"]
    assert four == {"192.0.2.1": 600, "10.0.0.0/8": 600, "192.0.2.2": 0, "192.0.2.3": 0}
    assert six == {"2001:db8::1": 600}
    assert shown == [f"-A INPUT -p tcp -m tcp --dport 80 -m set --match-set f2b-web src {REJECT}"]
    assert present == {"192.0.2.1", "192.0.2.2", "192.0.2.3", "10.0.0.0/8", "2001:db8::1"}


def test_unban_retime_flush_and_stop(kernel):
    """Each does what it says, and nothing of ours is left in the end."""

    async def work(tables):
        action = tables.action()
        await action.ban([ban(), ban("192.0.2.2"), ban("192.0.2.3")])
        told = errors(await action.unban([unban(), unban("192.0.2.99"), unban("2001:db8::9")]))
        await action.prolong([ban("192.0.2.2", bantime=5000)])
        moved = members()
        await action.flush()
        empty = members()
        await action.stop()
        return told, moved, empty, tool("ipset", "list", "-n"), rules()

    assert kernel(work) == (["", "", ""], {"192.0.2.2": 5000, "192.0.2.3": 600}, {}, "", [])


@pytest.mark.parametrize("way", ["check", "sync", "ban"])
def test_a_foreign_change_is_mended(kernel, way):
    """Rule and set are gone; both come back with the bans that hold."""

    async def work(tables):
        action = tables.action()
        bans = [ban(), ban("192.0.2.2")]
        await action.ban(bans)
        tool("iptables", "-F", "INPUT")
        tool("ipset", "destroy", "f2b-web")
        mend = {
            "check": action.check,
            "sync": lambda: action.sync(bans),
            "ban": lambda: action.ban(bans),
        }
        await mend[way]()
        return members(), len(rules()), await action.sync(bans)

    assert kernel(work) == ({"192.0.2.1": 600, "192.0.2.2": 600}, 1, Synced())


def test_a_start_takes_over_what_a_restart_left(kernel):
    """Kept bans stay, strays go, lacks come, ends are set; the rule is not doubled."""

    async def work(tables):
        first = tables.action()
        await first.ban([ban(), ban("192.0.2.2"), ban("192.0.2.3")])
        await first.stop(keep=True)
        second = Tables().action()
        synced = await second.sync([ban(), ban("192.0.2.2", bantime=5000), ban("192.0.2.4")])
        return synced, members(), len(rules())

    synced, there, count = kernel(work)
    assert synced == Synced(added=("192.0.2.4",), removed=("192.0.2.3",), retimed=("192.0.2.2",))
    assert there == {"192.0.2.1": 600, "192.0.2.2": 5000, "192.0.2.4": 600}
    assert count == 1


def test_a_set_of_another_kind_is_replaced(kernel):
    """What fail2ban left can hold no networks; it goes with the rules that look into it."""

    async def work(tables):
        tool("ipset", "create", "f2b-web", "hash:ip", "timeout", "0")
        tool("iptables", "-A", "INPUT", "-m", "set", "--match-set", "f2b-web", "src", "-j", "DROP")
        told = errors(await tables.action().ban([ban("10.0.0.0/8")]))
        return told, members(), rules()

    told, there, [rule] = kernel(work)
    assert (told, there) == ([""], {"10.0.0.0/8": 600})
    assert rule.endswith(REJECT)


def test_changed_ports_reach_the_firewall_without_an_unban(kernel):
    """The rule is replaced; a new name takes the bans along."""

    async def work(tables):
        action = tables.action()
        await action.ban([ban()])
        await action.reload(tables.settings(port="8080", blocktype="DROP"))
        first = members(), rules()
        await action.reload(tables.settings(port="8080", blocktype="DROP", ipmset="other"))
        return first, members("other"), rules(), tool("ipset", "list", "-n")

    first, there, shown, names = kernel(work)
    assert first == (
        {"192.0.2.1": 600},
        ["-A INPUT -p tcp -m tcp --dport 8080 -m set --match-set f2b-web src -j DROP"],
    )
    assert there == {"192.0.2.1": 600}
    assert shown == ["-A INPUT -p tcp -m tcp --dport 8080 -m set --match-set other src -j DROP"]
    assert names == "other\n"


def test_a_full_set_fails_the_ban_and_says_so(kernel):
    """What the kernel lacks is not called banned."""

    async def work(tables):
        action = tables.action(maxelem="1")
        told = errors(await action.ban([ban()]))
        told += errors(await action.ban([ban("192.0.2.2")]))
        return told, members()

    [first, second], there = kernel(work)
    assert first == ""
    assert "full" in second
    assert there == {"192.0.2.1": 600}
