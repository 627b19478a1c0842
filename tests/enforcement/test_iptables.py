from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest

from banward.enforcement.base import Synced
from banward.enforcement.factory import Backends
from banward.enforcement.iptables_layout import Layout, banned_in
from banward.errors import ActionError
from banward.settings import ActionSettings
from enforcement.enforcing import Facts, ban, unban

PROGRAMS = [name for name in ("iptables-nft", "iptables-legacy") if shutil.which(name)]


def layout(family="inet4", **params):
    named = {key.replace("_", "-", 1) if key == "pre_rule" else key: v for key, v in params.items()}
    return Layout.read(named, family, jail="web", action="iptables", claim=lambda name: name)


@pytest.mark.parametrize(
    ("params", "jumps"),
    [
        ({"port": "http"}, ["INPUT -p tcp --dport http -j f2b-web"]),
        (
            {"type": "multiport", "port": "80,443, 8000:8010"},
            ["INPUT -p tcp -m multiport --dports 80,443,8000:8010 -j f2b-web"],
        ),
        (
            {"type": "multiport", "port": "8000-8010"},
            ["INPUT -p tcp -m multiport --dports 8000:8010 -j f2b-web"],
        ),
        (
            {"type": "multiport", "port": "ftp-data"},
            ["INPUT -p tcp -m multiport --dports ftp-data -j f2b-web"],
        ),
        ({"type": "allports", "protocol": "all"}, ["INPUT -p all -j f2b-web"]),
        (
            {"port": "22", "pre_rule": "-m state --state NEW"},
            ["INPUT -p tcp -m state --state NEW --dport 22 -j f2b-web"],
        ),
        (
            {"type": "allports", "protocol": "tcp,udp", "chain": "INPUT,FORWARD"},
            [
                "INPUT -p tcp -j f2b-web",
                "INPUT -p udp -j f2b-web",
                "FORWARD -p tcp -j f2b-web",
                "FORWARD -p udp -j f2b-web",
            ],
        ),
    ],
)
def test_parameters_become_jumps(params, jumps):
    """Types, ports, protocols and chains are those of fail2ban's actions (4.11)."""
    assert [str(jump) for jump in layout(**params).jumps] == jumps


def test_the_files_own_value_is_the_default():
    """Debian's jails give ``chain = <known/chain>`` to every action."""
    assert [str(j) for j in layout(chain="<known/chain>").jumps] == [
        "INPUT -p tcp --dport ssh -j f2b-web"
    ]


def test_the_chain_may_bear_the_name_of_long_ago():
    """``chain_prefix = fail2ban-`` gives the name that old guides show."""
    assert layout(name="SSH").chain == "f2b-SSH"
    assert layout(name="SSH", chain_prefix="fail2ban-").chain == "fail2ban-SSH"


def test_families_have_programs_and_reasons_of_their_own():
    """IPv6 has ip6tables and its own ICMP; a block type that the user gives holds for both."""
    six = layout("inet6")
    assert six.program == ("ip6tables", "-w")
    assert six.block == "REJECT --reject-with icmp6-port-unreachable"
    assert layout("inet6", blocktype="DROP").block == "DROP"


@pytest.mark.parametrize(
    ("given", "program"),
    [
        ("iptables-legacy -w", ("ip6tables-legacy", "-w")),
        ("/usr/sbin/iptables", ("/usr/sbin/ip6tables",)),
        ("/opt/own-wall -x", ("/opt/own-wall", "-x")),
    ],
)
def test_a_program_that_is_given_has_its_like_for_ipv6(given, program):
    """Two families that share a chain would undo each other's bans.

    Fails without ``removeprefix`` in ``Parameters.program``.
    """
    assert layout("inet6", iptables=given).program == program


def test_a_limit_of_its_own_is_a_span():
    """The parameter ``timeout`` holds for the programs of native actions too."""
    assert layout(timeout="2m").limit == 120
    with pytest.raises(ActionError, match=r"option timeout: .*soon"):
        layout(timeout="soon")


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"name": "x" * 25}, "name"),
        ({"name": "a b"}, "name"),
        ({"port": "22 -j ACCEPT\n-F"}, "port"),
        ({"port": ""}, "port"),
        ({"protocol": "tcp;udp"}, "protocol"),
        ({"type": "some"}, "type"),
    ],
)
def test_a_parameter_that_can_not_be_used_is_named(params, name):
    """The message tells action, jail, option, and what was expected."""
    with pytest.raises(ActionError, match=rf"^action iptables of jail web: option {name}: found "):
        layout(**params)


def test_a_listing_tells_who_is_banned_oldest_first():
    """Only rules with a source count; a full prefix is no network."""
    listing = """-N f2b-web
-A f2b-web -s 192.0.2.2/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-web -s 10.0.0.0/8 -j DROP
-A f2b-web -j RETURN
"""
    assert list(banned_in(listing, "f2b-web").items()) == [
        ("10.0.0.0/8", "-s 10.0.0.0/8 -j DROP"),
        ("192.0.2.2", "-s 192.0.2.2/32 -j REJECT --reject-with icmp-port-unreachable"),
    ]


@pytest.fixture(params=PROGRAMS or [pytest.param("", marks=pytest.mark.skip("needs iptables"))])
def kernel(request, own_network):
    """Runs an async function in a network of its own, with each kind of iptables."""
    program = request.param

    def run(work):
        return own_network(lambda: asyncio.run(work(Tables(program))))

    return run


class Tables:
    """Actions over the iptables of the network in which it is made."""

    def __init__(self, program):
        self.program = program
        self.backends = Backends()

    def settings(self, **params):
        six = self.program.replace("ip", "ip6", 1)
        programs = {
            "native": "iptables",
            "iptables": f"{self.program} -w",
            "iptables?family=inet6": f"{six} -w",
        }
        return ActionSettings("iptables", {**programs, **params})

    def action(self, jail="web", **params):
        return self.backends.build(self.settings(**params), Facts(name=jail))

    def __call__(self, *words, six=False):
        program = self.program.replace("ip", "ip6", 1) if six else self.program
        done = subprocess.run([program, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def shown(self, *, six=False):
        """All rules and own chains, without the policies."""
        return [line for line in self("-S", six=six).splitlines() if not line.startswith("-P")]


def errors(outcomes):
    return [outcome.error for outcome in outcomes]


REJECT = "-j REJECT --reject-with icmp-port-unreachable"

pytestmark = pytest.mark.system


def test_the_chain_is_the_one_of_fail2ban(kernel):
    """A jump at the top of INPUT, the newest ban first, RETURN at the end; IPv6 in its own table."""

    async def work(tables):
        action = tables.action(port="http")
        await action.start()
        before = tables.shown()
        told = await action.ban(
            [ban(), ban("10.0.0.0/8"), ban("2001:db8::1"), ban("not an address")]
        )
        told += await action.ban([ban("192.0.2.3")])
        return before, errors(told), tables.shown(), tables.shown(six=True), await action.present()

    before, told, four, six, present = kernel(work)
    assert before == []
    assert told == ["", "", "", "'not an address' is no address: iptables can't ban it", ""]
    assert four == [
        "-N f2b-web",
        "-A INPUT -p tcp -m tcp --dport 80 -j f2b-web",
        f"-A f2b-web -s 192.0.2.3/32 {REJECT}",
        f"-A f2b-web -s 10.0.0.0/8 {REJECT}",
        f"-A f2b-web -s 192.0.2.1/32 {REJECT}",
        "-A f2b-web -j RETURN",
    ]
    assert six == [
        "-N f2b-web",
        "-A INPUT -p tcp -m tcp --dport 80 -j f2b-web",
        "-A f2b-web -s 2001:db8::1/128 -j REJECT --reject-with icmp6-port-unreachable",
        "-A f2b-web -j RETURN",
    ]
    assert present == {"192.0.2.1", "192.0.2.3", "10.0.0.0/8", "2001:db8::1"}


def test_unban_flush_and_stop_take_out_what_is_theirs(kernel):
    """A ban that is not there is no error; other rules of the host stay."""

    async def work(tables):
        tables("-A", "INPUT", "-p", "icmp", "-j", "ACCEPT")
        action = tables.action(port="80")
        await action.ban([ban(), ban("192.0.2.2"), ban("192.0.2.3")])
        told = errors(await action.unban([unban(), unban("192.0.2.9"), unban("2001:db8::9")]))
        left = await action.present()
        flushed = await action.flush()
        empty = tables.shown()
        await action.stop()
        return told, left, flushed, empty, tables.shown()

    told, left, flushed, empty, nothing = kernel(work)
    assert told == ["", "", ""]
    assert left == {"192.0.2.2", "192.0.2.3"}
    assert flushed
    assert "-A f2b-web -j RETURN" in empty
    assert len([line for line in empty if "f2b-web" in line]) == 3
    assert nothing == ["-A INPUT -p icmp -j ACCEPT"]


FOREIGN = [("-F",), ("-F", "INPUT"), ("-F", "f2b-web"), ("-D", "f2b-web", "1")]


@pytest.mark.parametrize("change", FOREIGN, ids=" ".join)
@pytest.mark.parametrize("way", ["check", "sync"])
def test_a_foreign_change_is_mended(kernel, change, way):
    """Chain, jump and bans come back in one transaction; a second comparison finds nothing."""

    async def work(tables):
        action = tables.action(port="80")
        bans = [ban(), ban("192.0.2.2")]
        await action.ban(bans)
        before = tables.shown()
        tables(*change)
        mended = await (action.check() if way == "check" else action.sync(bans))
        return before, tables.shown(), bool(mended), await action.sync(bans)

    before, after, mended, second = kernel(work)
    assert after == before
    assert mended
    assert second == Synced()


def test_a_ban_after_a_flush_brings_the_others_back(kernel):
    """The next ban finds the chain gone, and makes all bans again."""

    async def work(tables):
        action = tables.action(port="80")
        await action.ban([ban()])
        tables("-F")
        tables("-X")
        told = errors(await action.ban([ban("192.0.2.2")]))
        return told, await action.present()

    assert kernel(work) == ([""], {"192.0.2.1", "192.0.2.2"})


def test_a_start_takes_over_what_a_restart_left(kernel):
    """Kept bans stay, strays go, lacks come; the jump is not doubled."""

    async def work(tables):
        first = tables.action(port="80")
        await first.ban([ban(), ban("192.0.2.2")])
        await first.stop(keep=True)
        second = tables.action(port="80")
        await second.start()
        synced = await second.sync([ban("192.0.2.2"), ban("192.0.2.3")])
        return synced, tables.shown()

    synced, shown = kernel(work)
    assert synced == Synced(added=("192.0.2.3",), removed=("192.0.2.1",))
    assert shown == [
        "-N f2b-web",
        "-A INPUT -p tcp -m tcp --dport 80 -j f2b-web",
        f"-A f2b-web -s 192.0.2.3/32 {REJECT}",
        f"-A f2b-web -s 192.0.2.2/32 {REJECT}",
        "-A f2b-web -j RETURN",
    ]


def test_changed_ports_reach_the_firewall_without_an_unban(kernel):
    """Jumps are replaced and the bans go on with the new block type, in one transaction."""

    async def work(tables):
        action = tables.action(port="22")
        await action.ban([ban(), ban("192.0.2.2")])
        await action.reload(tables.settings(port="2222", blocktype="DROP"))
        return tables.shown()

    assert kernel(work) == [
        "-N f2b-web",
        "-A INPUT -p tcp -m tcp --dport 2222 -j f2b-web",
        "-A f2b-web -s 192.0.2.2/32 -j DROP",
        "-A f2b-web -s 192.0.2.1/32 -j DROP",
        "-A f2b-web -j RETURN",
    ]


def test_a_reload_may_move_the_bans_to_another_chain(kernel):
    """A new name takes the bans along; the old chain goes."""

    async def work(tables):
        action = tables.action(port="22")
        await action.ban([ban()])
        await action.reload(tables.settings(port="22", chain_prefix="fail2ban-", name="SSH"))
        return tables.shown()

    assert kernel(work) == [
        "-N fail2ban-SSH",
        "-A INPUT -p tcp -m tcp --dport 22 -j fail2ban-SSH",
        f"-A fail2ban-SSH -s 192.0.2.1/32 {REJECT}",
        "-A fail2ban-SSH -j RETURN",
    ]


def test_two_jails_with_one_name_do_not_undo_each_other(kernel):
    """The second gets a chain of its own."""

    async def work(tables):
        first, second = tables.action("ssh", name="SSH"), tables.action("ddos", name="SSH")
        await first.ban([ban()])
        await second.ban([ban()])
        await second.flush()
        return await first.present(), await second.present(), tables("-S")

    one, other, shown = kernel(work)
    assert (one, other) == ({"192.0.2.1"}, frozenset())
    assert "-N f2b-SSH-2" in shown


def test_a_refused_rule_is_told_and_not_called_a_ban(kernel):
    """A block type that iptables does not know fails the ban, with iptables' own words."""

    async def work(tables):
        action = tables.action(blocktype="NOSUCH")
        return errors(await action.ban([ban()])), await action.present()

    [told], present = kernel(work)
    assert "-restore" in told
    assert present == frozenset()


def test_bad_parameters_are_told_at_the_start_and_change_nothing(kernel):
    """A port name that no service has is refused before anything is made, also by a reload."""

    async def work(tables):
        with pytest.raises(ActionError, match="nosuch"):
            await tables.action(port="nosuch").start()
        good = tables.action("mail", port="25")
        await good.ban([ban()])
        before = tables.shown()
        with pytest.raises(ActionError, match="nosuch"):
            await good.reload(tables.settings(port="nosuch"))
        return before == tables.shown(), len(before)

    assert kernel(work) == (True, 4)


def test_a_missing_program_is_told(own_network):
    """The error names what can't be started; the stop of what never started is quiet for IPv6."""

    async def work():
        tables = Tables("/nonexistent/iptables")
        action = tables.action()
        return errors(await action.ban([ban()])), (await action.sync([ban()])).errors

    [told], [(subject, reason)] = own_network(lambda: asyncio.run(work()))
    assert told == reason
    assert told.startswith("/nonexistent/iptables can't be started: ")
    assert subject == "192.0.2.1"


@pytest.mark.parametrize("native", ["iptables", "ipset"])
def test_a_program_that_hangs_costs_one_limit(tmp_path, native):
    """It is started once for a ban of many, ended, and the reason is told for each.

    Fails without ``result.timed_out`` in ``Xtables.run``.
    """
    program = tmp_path / "wall"
    program.write_text("#!/bin/sh\necho $$ >> $0.started\nexec sleep 600\n")
    program.chmod(0o755)
    params = {"native": native, "iptables": str(program), "ipset": str(program), "timeout": "0.3"}

    async def work():
        action = Backends().build(ActionSettings("act", params), Facts())
        return await action.ban([ban(), ban("192.0.2.2")])

    outcomes = asyncio.run(work())
    assert [o.error for o in outcomes] == [f"{program} did not answer within 0.3 seconds"] * 2
    assert len((tmp_path / "wall.started").read_text().split()) == 1
