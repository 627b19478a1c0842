"""The packet filter is changed, full, refused or gone: what is said to be banned is in the kernel."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from banward.enforcement.nft_layout import OURS
from torture.fort import JAIL, WALL, Fort

BANNED = {"198.18.0.1", "198.18.0.2", "2001:db8::1"}
MANY = [f"198.18.0.{n}" for n in range(1, 11)]
CHANGED = "The firewall was changed by others"
LIBRARY = next((str(path) for path in Path("/usr/lib").glob("*/libnftables.so.1")), "")

# What other programs do to the rules. The last one is a reload as firewalld does it.
RELOAD = """\
flush ruleset
table inet firewalld { chain input { type filter hook input priority 10; policy accept; }; }
"""
CHANGES = {
    "ruleset": "nft flush ruleset",
    "table": "nft delete table inet f2b-table",
    "chain": "nft flush chain inet f2b-table f2b-chain",
    "chain-gone": "nft 'flush chain inet f2b-table f2b-chain; delete chain inet f2b-table f2b-chain'",
    "set": "nft flush set inet f2b-table addr-set-gate",
    "set-gone": "nft 'flush chain inet f2b-table f2b-chain; delete set inet f2b-table addr-set-gate'",
    "element": "nft 'delete element inet f2b-table addr-set-gate { 198.18.0.1 }'",
    "reload": "nft -f $FOLDER/reload.nft",
}


def shell(fort, script):
    """A foreign hand."""
    fort.run("sh", "-ec", f"FOLDER={fort.folder}\n{script}")


def rules(fort):
    """The rules that make the sets bite, without counters and handles."""
    listing = fort.inside("nft", "-s", "list", "chain", "inet", "f2b-table", "f2b-chain").stdout
    return sorted(line.strip() for line in listing.splitlines() if "@" in line)


@pytest.mark.parametrize("change", CHANGES)
def test_a_foreign_change_is_mended_within_five_seconds_and_told_once(fort, change):
    """Sets, elements and rules are back; one line of the log says so.

    Fails without ``jail.actions.mend()`` in ``ForeignChanges._run``.
    """
    fort.write("reload.nft", RELOAD)
    fort.start()
    fort.ask("set", "gate", "banip", *BANNED)
    fort.wait_until_equal(BANNED)
    before = rules(fort)
    assert before

    shell(fort, CHANGES[change])
    fort.wait_for(lambda: CHANGED in fort.log_text(), patience=5)
    fort.wait_until_equal(BANNED)
    assert rules(fort) == before
    fort.ask("set", "gate", "banip", "198.18.0.3")
    assert fort.kernel() == {*BANNED, "198.18.0.3"}
    assert fort.log_text().count(CHANGED) == 1


def test_what_others_do_in_their_own_tables_is_left_alone(fort):
    """Chains that Docker rewrites are no change of ours: nothing is told, nothing touched.

    Fails without ``synced.is_change`` in ``Mending.mend``.
    """
    fort.start()
    fort.ask("set", "loglevel", "DEBUG")
    fort.ask("set", "gate", "banip", *BANNED)
    for _ in range(3):
        shell(
            fort,
            "iptables -N DOCKER && iptables -A FORWARD -j DOCKER && iptables -F && iptables -X",
        )
    fort.wait_for_log("The packet filter was changed by others")
    fort.ask("set", "gate", "banip", "198.18.0.3")  # its turn is after the look at that change
    assert CHANGED not in fort.log_text()

    shell(fort, "nft flush set inet f2b-table addr-set-gate")  # a change that is ours to mend
    fort.wait_for_log(CHANGED)
    fort.wait_until_equal({*BANNED, "198.18.0.3"})
    assert fort.log_text().count(CHANGED) == 1


def chain(fort, program="iptables"):
    """Whom the chain of iptables bans, if a rule leads there."""
    listing = fort.inside(program, "-S").stdout
    if not re.search(r"-A INPUT .*-j f2b-gate", listing):
        return set()
    return set(re.findall(r"-A f2b-gate -s ([0-9.]+)/32", listing))


IPTABLES = JAIL.replace("action = nftables", "action = iptables[port=22]")


IPTABLES_CHANGES = {
    "jump": "iptables -F INPUT",
    "all": "iptables -F && iptables -X",
    "reload": "printf '*filter\\nCOMMIT\\n' | iptables-restore",
}


@pytest.mark.parametrize("change", IPTABLES_CHANGES)
def test_iptables_over_nftables_is_mended_too(change):
    """Rules that iptables-nft or iptables-restore removed come back, for the kernel tells of it.

    Fails without ``jail.actions.mend()`` in ``ForeignChanges._run``.
    """
    with Fort(IPTABLES) as fort:
        fort.start()
        fort.ask("set", "gate", "banip", *MANY)
        assert chain(fort) == set(MANY)

        shell(fort, IPTABLES_CHANGES[change])
        fort.wait_for(lambda: CHANGED in fort.log_text(), patience=5)
        fort.wait_for(lambda: chain(fort) == set(MANY))
        assert fort.log_text().count(CHANGED) == 1


def test_a_shell_action_over_nftables_is_mended_too():
    """The event of the kernel has ``actioncheck`` run, which finds the jump gone.

    Fails without ``self._looks.soon`` in ``Actions.mend``.
    """
    with Fort(JAIL.replace("action = nftables", "action = wall[name=gate]")) as fort:
        fort.write("etc/action.d/wall.conf", WALL)
        fort.start()
        fort.ask("set", "gate", "banip", *MANY)
        assert chain(fort) == set(MANY)

        shell(fort, "iptables -F INPUT")
        fort.wait_for_log("Invariant check failed. Trying to restore", patience=5)
        fort.wait_for(lambda: chain(fort) == fort.banned() == set(MANY))
        fort.wait_for_log("[gate] Reban 198.18.0.10, action 'wall'")


LEGACY = {
    "chain": ('iptables[port=22, iptables="iptables-legacy -w"]', "iptables-legacy -F f2b-gate"),
    "jump": ('iptables[port=22, iptables="iptables-legacy -w"]', "iptables-legacy -F INPUT"),
    "set": ("iptables-ipset[port=22]", "ipset flush f2b-gate"),
    "shell": ("wall[name=gate]", "iptables-legacy -F INPUT"),
}


def legacy(fort):
    """Whom iptables-legacy or ipset ban."""
    elements = fort.inside("ipset", "save", "f2b-gate").stdout
    return chain(fort, "iptables-legacy") | set(re.findall(r"add \S+ ([0-9.]+)", elements))


@pytest.mark.parametrize("change", LEGACY)
def test_what_the_kernel_tells_nobody_of_is_looked_at(change):
    """Changes to iptables-legacy and ipset make no event: the next look mends them.

    Fails without ``jail.actions.look`` in ``Timers.tick``.
    """
    action, foreign = LEGACY[change]
    with Fort(JAIL.replace("action = nftables", f"action = {action}")) as fort:
        fort.write("etc/action.d/wall.conf", WALL.replace("iptables -w", "iptables-legacy -w"))
        fort.write("etc/banward.conf", "[Definition]\nlook_every = 2\n")
        fort.start()
        fort.ask("set", "gate", "banip", *MANY)
        assert legacy(fort) == set(MANY)

        shell(fort, foreign)
        told = "Invariant check failed" if change == "shell" else CHANGED
        fort.wait_for_log(told)
        fort.wait_for(lambda: legacy(fort) == fort.banned() == set(MANY))


# Names its thread as the server names its own, and changes the rules until the socket of the server,
# which stands still, can't hold more events; then a foreign hand empties the set.
FLOOD = """
import ctypes, subprocess, sys
libc, lib = ctypes.CDLL(None), ctypes.CDLL("libnftables.so.1")
libc.prctl(15, sys.argv[1].encode(), 0, 0, 0)  # PR_SET_NAME
lib.nft_ctx_new.restype = ctypes.c_void_p
context = ctypes.c_void_p(lib.nft_ctx_new(0))
for _ in range(3000):
    assert lib.nft_run_cmd_from_buffer(context, b"add table inet flood") == 0
    assert lib.nft_run_cmd_from_buffer(context, b"delete table inet flood") == 0
subprocess.run(["nft", "flush", "set", "inet", "f2b-table", "addr-set-gate"], check=True)
"""


def test_events_that_the_kernel_could_not_deliver_count_as_a_foreign_change(fort):
    """While the server stands still its socket overflows, for real (ENOBUFS), and events are lost.

    Those that it gets are its own by their name, so only the overflow tells that others may have
    changed something. Fails without ``self._missed = True`` in ``FilterWatch._read``.
    """
    fort.start()
    fort.ask("set", "gate", "banip", *BANNED)
    fort.wait_until_equal(BANNED)
    pid = fort.server.pid
    names = [path.read_text().strip() for path in Path(f"/proc/{pid}/task").glob("*/comm")]
    (ours,) = [name for name in names if name.startswith("bw-nft-")]
    fort.server.send_signal(signal.SIGSTOP)
    fort.run(sys.executable, "-c", FLOOD, ours)
    assert fort.kernel() == {"2001:db8::1"}

    fort.server.send_signal(signal.SIGCONT)
    fort.wait_for_log(CHANGED, patience=5)
    fort.wait_until_equal(BANNED)


# A user namespace may not have a send buffer beyond the host's limit: the kernel refuses a message
# that is too long (EMSGSIZE). The chunk is made longer, since this host may have a high limit.
TOO_LONG = """
import asyncio, sys
from banward.clock import SystemClock
from banward.enforcement import nft_sync
from banward.enforcement.factory import Backends
from banward.errors import ActionError
from banward.settings import ActionSettings
from enforcement.enforcing import Facts, ban

MANY = 30_000
nft_sync.CHUNK = MANY

async def main():
    backends, now = Backends(), SystemClock().now()
    action = backends.build(ActionSettings("act", {"native": "nftables"}), Facts())
    bans = [ban(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", at=now) for n in range(MANY)]
    outcomes = await action.ban(bans)
    print(len(await action.present()), sum(bool(outcome.error) for outcome in outcomes))
    await action.flush()
    synced = await action.sync(bans)
    print(len(await action.present()), len(synced.errors))
    await backends.close()

asyncio.run(main())
"""


def test_a_message_that_the_kernel_finds_too_long_is_sent_in_parts():
    """Bans and comparisons alike reach the kernel, though it refuses the first message.

    Fails without ``in_halves`` in ``NftablesAction._tried_for`` and in ``Sets._carry_out``.
    """
    paths = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))
    done = subprocess.run(
        ["unshare", "-Urn", sys.executable, "-c", TOO_LONG],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["30000", "0"] * 2, done.stderr


def test_an_id_that_is_no_address_is_no_ban_of_the_kernel_either_side_of_a_restart(fort):
    """The log says so, and nobody is called banned whom nftables can't hold.

    Fails without ``errors`` in ``NftablesAction.sync``.
    """
    ids = "failregex = ^\\s*bad <F-ID>\\S+</F-ID>$\nmaxretry = 3"
    fort.write("etc/jail.local", JAIL.replace("maxretry = 3", ids))
    fort.start()
    fort.fail(*["somebody", "198.18.0.1"] * 3)
    fort.wait_until_equal({"198.18.0.1"})
    fort.kill()

    fort.start()
    fort.wait_for_log("'somebody' is no address: nftables can't ban it")
    fort.wait_until_equal({"198.18.0.1"})
    assert fort.ask("status", "gate")[1][1][1][0] == ("Currently banned", 1)


FULL = """\
add table inet f2b-table
add set inet f2b-table addr-set-gate { type ipv4_addr; size 4; flags timeout; comment "%s"; }
"""


def test_a_full_set_bans_whom_it_can_and_the_status_names_no_other(fort):
    """Attempts with growing pauses are told; once there is room, the others are banned too.

    Fails without ``in_halves`` in ``NftablesAction._tried_for`` (nobody would be banned), without
    ``absent`` in ``Jail.bans`` (all would be said to be), and without ``jail.actions.retry`` in
    ``Timers.tick`` (the others never would be).
    """
    fort.write("full.nft", FULL % OURS)
    shell(fort, "nft -f $FOLDER/full.nft")
    fort.start()
    code, answer = fort.ask("set", "gate", "banip", *MANY)
    assert (code, answer) == (0, 4)
    assert fort.banned() == fort.kernel() == set(MANY[:4])
    assert fort.ask("banned", MANY[9]) == (0, [[]])
    fort.wait_for_log(
        "6 ban(s) are not in force, next attempt in 1 seconds", "next attempt in 2 seconds"
    )

    fort.ask("set", "gate", "unbanip", *MANY[:6])
    fort.wait_until_equal(MANY[6:])
    fort.wait_for_log("[gate] Action 'nftables' works again")


def test_without_library_and_program_nothing_counts_as_banned(fort):
    """While nftables is broken nobody is said to be banned; once it works, all are.

    Fails without ``absent`` in ``Jail.bans``, and without ``self._broke`` in ``Mending.begin``.
    """
    fort.start()
    fort.ask("set", "gate", "banip", *MANY[:3])
    fort.kill()
    fort.nft("flush", "ruleset")
    fort.run("mount", "--bind", "/dev/null", LIBRARY)
    fort.start()
    fort.wait_for_log("3 ban(s) are not in force")
    fort.ask("set", "gate", "banip", *MANY[3:])
    assert fort.banned() == set()
    assert ("Currently banned", 0) in fort.ask("status", "gate")[1][1][1]
    fort.wait_for_log("10 ban(s) are not in force")

    fort.run("umount", LIBRARY)
    fort.wait_until_equal(MANY)
    fort.wait_for_log("[gate] Action 'nftables' works again")


def test_without_iptables_nothing_counts_as_banned():
    """The same for iptables, whose chain is read back.

    Fails without ``enforcer.is_retried`` in ``InForce.add``.
    """
    with Fort(IPTABLES) as fort:
        fort.run("mount", "-t", "tmpfs", "none", "/usr/sbin")
        fort.start()
        fort.ask("set", "gate", "banip", *MANY)
        assert fort.banned() == set()

        fort.run("umount", "/usr/sbin")
        fort.wait_for(lambda: fort.banned() == chain(fort) == set(MANY))
