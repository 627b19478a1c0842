from __future__ import annotations

import pytest

from banward.enforcement.nft_layout import Kind, Layout, priority_number
from banward.errors import ActionError

HOSTS = Kind(4, is_network=False)
HOSTS6 = Kind(6, is_network=False)
NETS = Kind(4, is_network=True)


def layout(**params):
    return Layout.read(params, jail="web", action="nftables", claim=lambda name: name)


def rules(kind=HOSTS, **params):
    """The rules without their comments."""
    found = layout(**params).rules(kind).values()
    start = "add rule inet f2b-table f2b-chain "
    return [line.removeprefix(start).partition(" comment ")[0] for line in found]


def test_objects_bear_fail2bans_names():
    """Scripts look for table, chain and sets under the names of server-and-client.md 4.11."""
    found = layout(port="80")
    assert found.place == "inet f2b-table"
    assert found.chain == "f2b-chain"
    assert [name for _, name in found.sets] == [
        "addr-set-web",
        "addr-net-set-web",
        "addr6-set-web",
        "addr6-net-set-web",
    ]


def test_a_name_of_its_own_goes_into_the_sets():
    """The parameter ``name`` replaces the jail's name, and ``addr_set`` all of it."""
    assert layout(name="SSH").set_name(HOSTS) == "addr-set-SSH"
    own = layout(addr_set="blocked")
    assert [own.set_name(kind) for kind in (HOSTS, NETS, HOSTS6)] == [
        "blocked",
        "blocked-net",
        "blocked6",
    ]


def test_packets_are_caught_before_address_translation():
    """The default hook sees the port that the attacker sees, also one that a container publishes."""
    found = layout()
    assert (found.hook, found.priority) == ("prerouting", "-300")
    chosen = layout(chain_hook="input", chain_priority="filter - 1")
    assert (chosen.hook, chosen.priority) == ("input", "filter - 1")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"port": "ssh"}, ["tcp dport { ssh } ip saddr @addr-set-web reject"]),
        (
            {"port": "http,https, 8000:8010"},
            ["tcp dport { http, https, 8000-8010 } ip saddr @addr-set-web reject"],
        ),
        (
            {"port": "53", "protocol": "tcp,udp", "blocktype": "drop"},
            [
                "tcp dport { 53 } ip saddr @addr-set-web drop",
                "udp dport { 53 } ip saddr @addr-set-web drop",
            ],
        ),
        ({"protocol": "all", "port": "80"}, ["th dport { 80 } ip saddr @addr-set-web reject"]),
        ({"type": "allports"}, ["meta l4proto { tcp } ip saddr @addr-set-web reject"]),
        ({"type": "allports", "protocol": "all"}, ["ip saddr @addr-set-web reject"]),
        (
            {"type": "custom", "rule_match-custom": 'iifname "eth0"'},
            ['iifname "eth0" ip saddr @addr-set-web reject'],
        ),
    ],
)
def test_parameters_become_rules(params, expected):
    """Types, ports, protocols and block types are those of fail2ban's action."""
    assert rules(**params) == expected


def test_families_and_networks_have_rules_of_their_own():
    """IPv6 is matched by its own keyword, networks by their own set."""
    assert rules(HOSTS6, port="22") == ["tcp dport { 22 } ip6 saddr @addr6-set-web reject"]
    assert rules(NETS, port="22") == ["tcp dport { 22 } ip saddr @addr-net-set-web reject"]


def test_a_rule_with_other_ports_has_another_comment():
    """By its comment a stale rule is told from a good one."""
    one, other = layout(port="22"), layout(port="2222")
    assert one.rules(HOSTS).keys() != other.rules(HOSTS).keys()
    assert one.owner == other.owner


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"port": "80; flush ruleset"}, "port", "80; flush ruleset"),
        ({"port": "}"}, "port", "}"),
        ({"port": ""}, "port", ""),
        ({"protocol": "tcp drop"}, "protocol", None),
        ({"name": "a b"}, "addr_set", "addr-set-a b"),
        ({"table": "x; y"}, "table", "x; y"),
        ({"type": "some"}, "type", "some"),
        ({"blocktype": "drop; add table x"}, "blocktype", "drop; add table x"),
        ({"chain_hook": "in put"}, "chain_hook", "in put"),
    ],
)
def test_a_parameter_that_can_not_be_used_is_named(params, name, value):
    """The message tells action, jail, option, what was found and what was expected."""
    if name == "protocol":  # two words are two protocols; nftables judges the second
        assert len(rules(**params)) == 2
        return
    with pytest.raises(ActionError) as caught:
        layout(**params)
    told = f"action nftables of jail web: option {name}: found {value!r}, expected "
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-1", -1),
        ("0", 0),
        ("raw", -300),
        ("filter - 1", -1),
        ("dstnat + 5", -95),
        ("mangle-10", -160),
        ("nonsense", None),
        ("", None),
    ],
)
def test_priorities_are_numbers_under_any_name(text, number):
    """So that a chain can be compared with the one that is wanted (nft(8), standard priorities)."""
    assert priority_number(text) == number


def test_the_files_own_value_is_the_default():
    """Debian's jails give ``chain = <known/chain>`` to every action."""
    assert layout(chain="<known/chain>").chain == "f2b-chain"
