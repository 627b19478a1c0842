"""A configuration that can't be used: at a reload the old one stays in force, at a start it is left out."""

from __future__ import annotations

import pytest

from torture.fort import JAIL

OTHER = """
[other]
enabled = true
filter = gate
backend = auto
logpath = {folder}/gate.log
maxretry = %d
action = nftables
"""

# A jail whose filter file is missing is no such case: fail2ban's client leaves it out of what it
# sends, and the reload ends it (client-transcripts.json).
# name: what the jail has instead, and what the client says of it
BROKEN = {
    "regex": (
        ("filter = gate", "filter = gate\nfailregex = ^bad (<HOST>$"),
        "jail.local:4: [gate] failregex",
    ),
    "value": (("bantime = 600", "bantime = soon"), "jail.local:8: [gate] bantime"),
}


def configure(fort, jail, maxretry):
    fort.write("etc/jail.local", jail + OTHER % maxretry)


@pytest.mark.parametrize("name", BROKEN)
def test_a_jail_that_is_broken_at_reload_goes_on_as_it_was(fort, name):
    """The others take the new configuration, bans stay in force, the client says what and where.

    Fails without ``self._desk.leave_out`` in ``Dispatcher.configure``.
    """
    configure(fort, JAIL, 4)
    fort.start()
    fort.ask("set", "gate", "banip", "198.18.0.1")
    change, told = BROKEN[name]
    configure(fort, JAIL.replace("maxretry = 3", "maxretry = 7").replace(*change), 9)

    done = fort.client("reload")
    assert done.returncode != 0
    assert "Jail 'gate' skipped, because of wrong configuration" in done.stdout + done.stderr
    assert told in done.stderr
    assert fort.ask("get", "gate", "maxretry") == (0, 3)
    assert fort.ask("get", "other", "maxretry") == (0, 9)
    assert fort.kernel() == fort.banned() == {"198.18.0.1"}
    fort.fail(*["198.18.0.2"] * 3)
    fort.wait_until_equal({"198.18.0.1", "198.18.0.2"})

    configure(fort, JAIL.replace("maxretry = 3", "maxretry = 7"), 9)
    assert fort.client("reload").returncode == 0
    assert fort.ask("get", "gate", "maxretry") == (0, 7)
    assert fort.kernel() == {"198.18.0.1", "198.18.0.2"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_jail_that_is_broken_at_the_start_is_left_out(fort, name):
    """The others protect, and the server says which jail does not.

    Fails without ``self._desk.leave_out`` in ``Dispatcher.configure``.
    """
    configure(fort, JAIL.replace(*BROKEN[name][0]), 4)
    fort.start()

    assert fort.ask("status")[1][1] == ("Jail list", "other")
    assert "Jail 'gate' skipped" in fort.said() + fort.log_text()
    fort.fail(*["198.18.0.2"] * 4)
    fort.wait_for(lambda: fort.kernel("other") == {"198.18.0.2"})


NEW_ACTIONS = {
    "port": "nftables[port=2222]",
    "name": "nftables[name=other]",
    "program": "iptables[port=2222]",
}


@pytest.mark.parametrize("new", NEW_ACTIONS)
def test_a_restart_of_a_jail_leaves_nothing_of_its_old_action(fort, new):
    """Its bans are in force by the new parameters, and no set, rule or chain of the old ones stays.

    Fails without ``take_over`` in ``Actions.start`` (port), or without ``Clearing.after_restart`` in
    ``Warden.reload`` (program).
    """
    fort.start()
    fort.ask("set", "gate", "banip", "198.18.0.1")
    fort.write("etc/jail.local", JAIL.replace("action = nftables", f"action = {NEW_ACTIONS[new]}"))
    assert fort.client("reload", "--restart").returncode == 0

    # A ban counts once the kernel was seen to hold it, which is shortly after the answer.
    fort.wait_for(lambda: fort.banned() == {"198.18.0.1"})
    rules = fort.inside("nft", "list", "ruleset").stdout
    assert rules.count("198.18.0.1") == 1
    assert ("addr-set-gate" in rules) == (new == "port")
    assert ("2222" in rules) == (new != "name")


def test_a_jail_that_a_restart_leaves_out_bans_nobody(fort):
    """What it left in the kernel is lifted once the reload is over.

    Fails without ``after_restart`` in ``Warden.reload``.
    """
    configure(fort, JAIL, 4)
    fort.start()
    fort.ask("set", "gate", "banip", "198.18.0.1")
    fort.ask("set", "other", "banip", "198.18.0.2")
    fort.write("etc/jail.local", JAIL)
    assert fort.client("reload", "--restart").returncode == 0

    assert fort.kernel() == {"198.18.0.1"}
    assert fort.kernel("other") == set()
