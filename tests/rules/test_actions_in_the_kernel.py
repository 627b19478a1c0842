"""The shell commands of the firewall actions, run for real; the kernel's tables are read back.

What is expected stands in server-and-client.md 4.11. Banward does some of these natively; their commands are for
users who change one of them, and for fail2ban itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from banward.testing.rights import is_root
from banward.testing.world import missing_parts

MISSING = missing_parts("nft", "iptables", "ipset")
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]
BOTH = [["ban", "192.0.2.1"], ["ban", "2001:db8::1"]]
NONE = [["unban", "192.0.2.1"], ["unban", "2001:db8::1"]]
RULES4, RULES6 = ["run", "iptables -S"], ["run", "ip6tables -S"]
EMPTY = ["-P INPUT ACCEPT", "-P FORWARD ACCEPT", "-P OUTPUT ACCEPT"]
REJECT4 = "REJECT --reject-with icmp-port-unreachable"
REJECT6 = "REJECT --reject-with icmp6-port-unreachable"


def perform(action, *steps):
    """What each step leaves, in a network namespace of its own; outputs as lines."""
    done = subprocess.run(
        ["unshare", "-n", sys.executable, Path(__file__).parent / "acting.py"],
        input=json.dumps({"action": action, "steps": [["start"], *steps]}),
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)[1:]
    assert [[""]] * len(found) == [r if isinstance(r, list) else [""] for r in found], done.stderr
    return [r.rstrip("\n").split("\n") if isinstance(r, str) else r for r in found]


def added(lines):
    """Rules without the policies."""
    return [line for line in lines if line not in EMPTY]


@pytest.mark.parametrize(
    ("action", "match"),
    [
        ("iptables[port=http]", "-p tcp -m tcp --dport 80"),
        (
            "iptables-multiport[port='80,443,8000:8010']",
            "-p tcp -m multiport --dports 80,443,8000:8010",
        ),
        ("iptables-allports", "-p tcp"),
        ("iptables-allports[protocol=all]", ""),
        ("iptables-new[port=http]", "-p tcp -m state --state NEW -m tcp --dport 80"),
    ],
)
def test_iptables(action, match):
    """A chain of the jail's own, jumped to from INPUT; nothing is left in the end."""
    found = perform(
        action, *BOTH, RULES4, RULES6, ["check"], *NONE, RULES4, ["stop"], RULES4, RULES6
    )
    jump = f"-A INPUT {match} -j f2b-web".replace("  ", " ")
    for lines, source, block in (
        (found[2], "192.0.2.1/32", REJECT4),
        (found[3], "2001:db8::1/128", REJECT6),
    ):
        assert added(lines) == [
            "-N f2b-web",
            jump,
            f"-A f2b-web -s {source} -j {block}",
            "-A f2b-web -j RETURN",
        ]
    assert found[4] is True
    assert added(found[7]) == ["-N f2b-web", jump, "-A f2b-web -j RETURN"]
    assert (found[9], found[10]) == (EMPTY, EMPTY)


def test_iptables_puts_the_newest_ban_first():
    """Each ban is inserted at the top; networks are bans as well; a flush takes all of them."""
    bans = [["ban", "192.0.2.1"], ["ban", "192.0.2.128/25"]]
    found = perform("iptables[port=22]", *bans, RULES4, ["flush"], ["run", "iptables -S f2b-web"])
    assert added(found[2])[2:4] == [
        f"-A f2b-web -s 192.0.2.128/25 -j {REJECT4}",
        f"-A f2b-web -s 192.0.2.1/32 -j {REJECT4}",
    ]
    assert found[4] == ["-N f2b-web"]


def test_iptables_takes_lists_of_chains_and_protocols():
    """There is a jump for each pair."""
    action = 'iptables-multiport[port="80,443", protocol="tcp,udp", chain="INPUT,FORWARD"]'
    found = perform(action, ["ban", "192.0.2.1"], RULES4, ["stop"], RULES4)
    jumps = {line for line in found[1] if line.endswith("-j f2b-web")}
    assert jumps == {
        f"-A {chain} -p {protocol} -m multiport --dports 80,443 -j f2b-web"
        for chain in ("INPUT", "FORWARD")
        for protocol in ("tcp", "udp")
    }
    assert found[3] == EMPTY


def test_iptables_with_a_prefix_of_old():
    """``chain_prefix`` gives the chain the name that old guides show."""
    found = perform(
        "iptables[name=SSH, port=22, chain_prefix=fail2ban-]", ["ban", "192.0.2.1"], RULES4
    )
    assert added(found[1])[0] == "-N fail2ban-SSH"


def test_iptables_uses_what_a_crash_left():
    """A second start over the first adds nothing."""
    left = "iptables -N f2b-web; iptables -A f2b-web -j RETURN; iptables -A INPUT -p tcp --dport 22 -j f2b-web"
    found = perform("iptables[port=22]", ["run", left], ["ban", "192.0.2.1"], RULES4)
    assert len(added(found[2])) == 4


def test_iptables_is_repaired():
    """Where the jump is gone, the check says so, and the chain is made anew."""
    gone = "iptables -F INPUT"
    found = perform("iptables[port=22]", ["ban", "192.0.2.1"], ["run", gone], ["check"], RULES4)
    assert (found[2], found[3][4]) == (True, "-A INPUT -p tcp -m tcp --dport 22 -j f2b-web")


def test_iptables_spares_whom_another_returntype_means():
    """A jail that lets in whoever knocks: bans return, all others are dropped."""
    action = "iptables[port=21, blocktype=RETURN, returntype=DROP, actionstart_on_demand=false]"
    found = perform(action, ["ban", "192.0.2.1"], ["run", "iptables -S f2b-web"])
    assert found[1] == ["-N f2b-web", "-A f2b-web -s 192.0.2.1/32 -j RETURN", "-A f2b-web -j DROP"]


def test_iptables_that_logs():
    """Bans lead to a second chain, which logs and refuses."""
    name = "a-jail-of-20-letters"
    action = f'iptables-multiport-log[name={name}, port="80,443"]'
    found = perform(
        action, ["ban", "192.0.2.1"], RULES4, ["check"], ["unban", "192.0.2.1"], ["stop"], RULES4
    )
    chain, log = f"f2b-{name}", f"f2b-{name}-log"
    assert added(found[1]) == [
        f"-N {chain}",
        f"-N {log}",
        f"-A INPUT -p tcp -m multiport --dports 80,443 -j {chain}",
        f"-A {chain} -s 192.0.2.1/32 -j {log}",
        f"-A {chain} -j RETURN",
        f'-A {log} -m limit --limit 6/min --limit-burst 2 -j LOG --log-prefix "{chain[:23]}:DROP "',
        f"-A {log} -j {REJECT4}",
    ]
    assert (found[2], found[5]) == (True, EMPTY)


@pytest.mark.parametrize(
    ("action", "match"),
    [
        ("iptables-ipset[port=80]", "-p tcp -m tcp --dport 80"),
        ('iptables-ipset[type=multiport, port="80,443"]', "-p tcp -m multiport --dports 80,443"),
        ('iptables-ipset-proto6[port="80,443"]', "-p tcp -m multiport --dports 80,443"),
        ("iptables-ipset-proto6-allports", "-p tcp"),
    ],
)
def test_ipset(action, match):
    """A set for each family and one rule that looks into it."""
    sets = ["run", "ipset list -t | grep -E '^(Name|Type|Header)'; ipset save | grep ^add"]
    found = perform(
        action,
        *BOTH,
        sets,
        RULES4,
        RULES6,
        ["check"],
        *NONE,
        ["stop"],
        ["run", "ipset list -n"],
        RULES4,
    )
    header = "bucketsize 12 initval" if "bucketsize" in found[2][2] else ""
    assert [line.partition(f" {header}")[0] if header else line for line in found[2]] == [
        "Name: f2b-web",
        "Type: hash:ip",
        "Header: family inet hashsize 1024 maxelem 65536 timeout 0",
        "Name: f2b-web6",
        "Type: hash:ip",
        "Header: family inet6 hashsize 1024 maxelem 65536 timeout 0",
        "add f2b-web 192.0.2.1 timeout 0",
        "add f2b-web6 2001:db8::1 timeout 0",
    ]
    assert added(found[3]) == [f"-A INPUT {match} -m set --match-set f2b-web src -j {REJECT4}"]
    assert added(found[4]) == [f"-A INPUT {match} -m set --match-set f2b-web6 src -j {REJECT6}"]
    assert (found[5], found[9], found[10]) == (True, [""], EMPTY)


@pytest.mark.parametrize(("bantime", "timeout"), [(600, "600"), (-1, "0"), (3_000_000, "0")])
def test_ipset_that_knows_the_end(bantime, timeout):
    """``<timeout-bantime>`` hands the ban time to the kernel, as far as it can count."""
    action = "iptables-ipset[port=22, ipsettype=hash:net, ipsettime='<timeout-bantime>']"
    found = perform(
        action, ["ban", "192.0.2.0/25", {"bantime": bantime}], ["run", "ipset save | grep ^add"]
    )
    words = found[1][0].split()
    assert words[:4] == ["add", "f2b-web", "192.0.2.0/25", "timeout"]
    assert (int(words[4]) - int(timeout)) in {0, -1}


@pytest.mark.skipif(not is_root(), reason="only root may write to /proc/net/xt_recent")
def test_xt_recent():
    """The kernel's list of recent addresses."""
    look = [
        "run",
        "iptables -S INPUT; for f in web web6; do cut -d' ' -f1 /proc/net/xt_recent/f2b-$f; done",
    ]
    found = perform("iptables-xt_recent-echo", *BOTH, look, ["check"], *NONE, ["stop"], RULES4)
    if "no such" in " ".join(found[2]).lower():
        pytest.skip("this kernel has no xt_recent")
    assert found[2][1:] == [
        f"-A INPUT -m recent --update --seconds 3600 --name f2b-web --mask 255.255.255.255 --rsource -j {REJECT4}",
        "src=192.0.2.1",
        "src=2001:0db8:0000:0000:0000:0000:0000:0001",
    ]
    assert (found[3], found[7]) == (True, EMPTY)


def rules_of(listing):
    """The rules of a listing of nft."""
    return [line.strip() for line in listing if "saddr" in line]


@pytest.mark.parametrize(
    ("action", "matches"),
    [
        ('nftables[port="80,443,8000:8010"]', ["tcp dport { 80, 443, 8000-8010 } "]),
        ('nftables-multiport[port="80,443"]', ["tcp dport { 80, 443 } "]),
        (
            'nftables[port="80,443", protocol="tcp,udp"]',
            ["tcp dport { 80, 443 } ", "udp dport { 80, 443 } "],
        ),
        ('nftables[port="80,443", protocol=all]', ["th dport { 80, 443 } "]),
        ("nftables[type=allports]", ["meta l4proto tcp "]),
        ("nftables-allports[protocol=all]", [""]),
        ("nftables[type=custom, rule_match-custom='iifname \"eth9\"']", ['iifname "eth9" ']),
    ],
)
def test_nftables(action, matches):
    """One table and chain, and for the jail a set and a rule for each family."""
    look = ["run", "nft list ruleset"]
    found = perform(action, *BOTH, look, ["check"], *NONE, ["stop"], look)
    text = " ".join(" ".join(found[2]).split())
    for part in (
        "table inet f2b-table",
        "set addr-set-web { type ipv4_addr flags interval elements = { 192.0.2.1 } }",
        "set addr6-set-web { type ipv6_addr flags interval elements = { 2001:db8::1 } }",
        "chain f2b-chain { type filter hook prerouting priority raw; policy accept;",
    ):
        assert part in text
    assert rules_of(found[2]) == [
        *(f"{match}ip saddr @addr-set-web reject with icmp port-unreachable" for match in matches),
        *(
            f"{match}ip6 saddr @addr6-set-web reject with icmpv6 port-unreachable"
            for match in matches
        ),
    ]
    assert (found[3], found[7]) == (True, [""])


def test_nftables_spares_whom_another_returntype_means():
    """A jail that lets in whoever knocks: from the start all others are dropped, in both families."""
    action = "nftables[port='21,ftp-data', blocktype=RETURN, returntype=DROP, actionstart_on_demand=false]"
    look = ["run", "nft list ruleset"]
    found = perform(action, look, ["ban", "192.0.2.1"], look, ["stop"], look)
    assert rules_of(found[0]) == [
        "tcp dport { 20, 21 } ip saddr != @addr-set-web drop",
        "tcp dport { 20, 21 } ip6 saddr != @addr6-set-web drop",
    ]
    assert rules_of(found[2]) == rules_of(found[0])
    assert "elements = { 192.0.2.1 }" in " ".join(" ".join(found[2]).split())
    assert found[4] == [""]


def test_nftables_keeps_what_other_jails_have():
    """The stop of a jail takes its own rules and set only."""
    other = (
        "nft add table inet f2b-table; nft add chain inet f2b-table f2b-chain;"
        "nft add set inet f2b-table addr-set-web2 '{ type ipv4_addr; }';"
        "nft add rule inet f2b-table f2b-chain ip saddr @addr-set-web2 drop"
    )
    hook = "chain_hook=input, chain_priority=-1"
    action = f"nftables[port=22, blocktype=drop, addr_options='', {hook}]"
    found = perform(
        action,
        ["run", other],
        ["ban", "192.0.2.1"],
        ["run", "nft list ruleset"],
        ["stop"],
        ["run", "nft list ruleset"],
    )
    assert "tcp dport 22 ip saddr @addr-set-web drop" in " ".join(found[2]).replace("{ 22 }", "22")
    assert [line.strip() for line in found[4]] == [
        "table inet f2b-table {",
        "set addr-set-web2 {",
        "type ipv4_addr",
        "}",
        "",
        "chain f2b-chain {",
        "ip saddr @addr-set-web2 drop",
        "}",
        "}",
    ]


def test_nftables_takes_networks_and_is_flushed():
    """An interval set holds networks; a flush empties it, and keeps the rule."""
    look = [
        "run",
        "nft list set inet f2b-table addr-set-web; nft list chain inet f2b-table f2b-chain",
    ]
    found = perform("nftables[port=22]", ["ban", "192.0.2.0/25"], look, ["flush"], look)
    assert "elements = { 192.0.2.0/25 }" in " ".join(" ".join(found[1]).split())
    assert "elements" not in " ".join(found[3])
    assert len(rules_of(found[3])) == 1


def test_nothing_but_an_address_gets_into_a_ruleset():
    """An id that is made of nft's own language is refused, and changes nothing."""
    evil = "192.0.2.1 }; add table inet evil; add element inet f2b-table addr-set-web { 192.0.2.2"
    done = subprocess.run(
        ["unshare", "-n", sys.executable, Path(__file__).parent / "acting.py"],
        input=json.dumps(
            {
                "action": "nftables[port=22]",
                "steps": [
                    ["ban", "192.0.2.9"],
                    ["ban", evil],
                    ["run", "nft list tables; nft list ruleset"],
                ],
            }
        ),
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"},
        capture_output=True,
        text=True,
        check=True,
    )
    _, [error], listing = json.loads(done.stdout)
    assert (bool(error), "evil" in listing, "192.0.2.2" in listing) == (True, False, False)


def test_route():
    """A route that leads nowhere, for addresses and networks."""
    look = ["run", "ip route; ip -6 route"]
    up = ["run", "ip link set lo up"]
    bans = [["ban", "192.0.2.1"], ["ban", "198.51.100.0/24"], ["ban", "2001:db8::1"]]
    found = perform("route", up, *bans, look, *NONE, ["unban", "198.51.100.0/24"], look)
    assert [line.split(" dev ")[0].strip() for line in found[4]] == [
        "unreachable 192.0.2.1",
        "unreachable 198.51.100.0/24",
        "unreachable 2001:db8::1",
    ]
    assert found[8] == [""]


def test_shorewall_with_an_ipset():
    """The set is there before Shorewall's rules look into it, and stays for them."""
    look = ["run", "ipset save | sed 's/ bucketsize.*//'"]
    found = perform(
        "shorewall-ipset-proto6", ["ban", "192.0.2.1"], look, ["unban", "192.0.2.1"], ["stop"], look
    )
    create = "create f2b-web hash:ip family inet hashsize 1024 maxelem 65536 timeout 0"
    assert [line.partition(" bucketsize")[0] for line in found[1]] == [
        create,
        "add f2b-web 192.0.2.1 timeout 0",
    ]
    assert found[4] == [create]
