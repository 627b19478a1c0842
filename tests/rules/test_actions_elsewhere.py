"""What actions tell programs of other systems to do, shown by stand-ins that write down how they were called."""

from __future__ import annotations

import json
import shlex

import pytest

from rules.standins import StandIns

IP4, IP6 = "192.0.2.1", "2001:db8::1"
BAN4, BAN6 = ["ban", IP4], ["ban", IP6]
UNBAN4, UNBAN6 = ["unban", IP4], ["unban", IP6]

ALLPORTS = "filter INPUT_direct 0 -j f2b-web"
NEW = "filter INPUT_direct 0 -m {} NEW -p tcp -m multiport --dports 80,443 -j f2b-web"
REJECT = "REJECT --reject-with icmp-port-unreachable"


def chain_of_firewalld(jump):
    """Start, check, ban, unban and stop with a chain of firewalld."""
    return [
        "firewall-cmd --direct --add-chain ipv4 filter f2b-web",
        "firewall-cmd --direct --add-rule ipv4 filter f2b-web 1000 -j RETURN",
        f"firewall-cmd --direct --add-rule ipv4 {jump}",
        f"firewall-cmd --direct --add-rule ipv4 filter f2b-web 0 -s 192.0.2.1 -j {REJECT}",
        "firewall-cmd --direct --get-chains ipv4 filter",
        f"firewall-cmd --direct --remove-rule ipv4 filter f2b-web 0 -s 192.0.2.1 -j {REJECT}",
        f"firewall-cmd --direct --remove-rule ipv4 {jump}",
        "firewall-cmd --direct --remove-rules ipv4 filter f2b-web",
        "firewall-cmd --direct --remove-chain ipv4 filter f2b-web",
    ]


LIFE = [BAN4, ["check"], UNBAN4, ["stop"]]
CASES = [
    (
        "apf",
        [BAN4, UNBAN4],
        ['apf --deny 192.0.2.1 "banned by Fail2Ban web"', "apf --remove 192.0.2.1"],
    ),
    (
        "csf",
        [BAN6, UNBAN6],
        ['csf --deny 2001:db8::1 "banned by Fail2Ban web"', "csf --denyrm 2001:db8::1"],
    ),
    (
        "npf",
        [BAN4, UNBAN4],
        ["npfctl table fail2ban add 192.0.2.1", "npfctl table fail2ban rem 192.0.2.1"],
    ),
    (
        "shorewall",
        [BAN4, BAN6, UNBAN4, UNBAN6],
        [
            "shorewall reject 192.0.2.1",
            "shorewall6 reject 2001:db8::1",
            "shorewall allow 192.0.2.1",
            "shorewall6 allow 2001:db8::1",
        ],
    ),
    (
        "ufw[name=web]",
        [BAN4, UNBAN4],
        [
            'ufw prepend reject from 192.0.2.1 to any comment "by Fail2Ban after 5 attempts against web"',
            "ufw delete reject from 192.0.2.1 to any",
        ],
    ),
    (
        "ufw[application='Apache Full', blocktype=deny, add='insert 2', comment=x, kill-mode=ss]",
        [BAN6, UNBAN6],
        [
            'ufw insert 2 deny from 2001:db8::1 to any app "Apache Full" comment x',
            'ss -K dst "[2001:db8::1]"',
            'ufw delete deny from 2001:db8::1 to any app "Apache Full"',
        ],
    ),
    (
        "ufw[comment=x, kill-mode=conntrack]",
        [BAN4],
        ["ufw prepend reject from 192.0.2.1 to any comment x", "conntrack -D -s 192.0.2.1"],
    ),
    (
        "ipfw",
        [BAN4, UNBAN4],
        [
            "ipfw add unreach port tcp from 192.0.2.1 to 127.0.0.1 ssh",
            "ipfw list",
            "ipfw delete 00400",
        ],
    ),
    (
        "bsd-ipfw",
        [BAN4, UNBAN4, ["stop"]],
        [
            "ipfw list",
            "ipfw list",
            'ipfw -q add 113 unreach port ip from "table(1)" to me',
            "ipfw table 1 add 192.0.2.1",
            "ipfw table 1 delete 192.0.2.1",
            "ipfw -q delete 113",
        ],
    ),
    (
        "osx-ipfw[rulenum=10001]",
        [BAN4, UNBAN4],
        [
            "ipfw add 10001 set 10 unreach port log tcp from 192.0.2.1 to me ssh",
            "ipfw -S list",
            "ipfw delete 10001",
        ],
    ),
    ("firewallcmd-allports", LIFE, chain_of_firewalld(ALLPORTS)),
    (
        'firewallcmd-multiport[port="80,443"]',
        LIFE,
        chain_of_firewalld(NEW.format("conntrack --ctstate")),
    ),
    ('firewallcmd-new[port="80,443"]', LIFE, chain_of_firewalld(NEW.format("state --state"))),
    (
        'firewallcmd-rich-rules[port="80,8000:8010"]',
        [BAN6, UNBAN6],
        [
            f'firewall-cmd "--{do}-rich-rule=rule family=\\"ipv6\\" source address=\\"2001:db8::1\\"'
            f' port port=\\"{port}\\" protocol=\\"tcp\\" reject type=\'icmp6-port-unreachable\'"'
            for do in ("add", "remove")
            for port in ("80", "8000-8010")
        ],
    ),
    (
        "firewallcmd-rich-logging[port=80]",
        [BAN4],
        [
            'firewall-cmd "--add-rich-rule=rule family=\\"ipv4\\" source address=\\"192.0.2.1\\" port port=\\"80\\"'
            " protocol=\\\"tcp\\\" log prefix='f2b-web' level='info' limit value='1/m'"
            " reject type='icmp-port-unreachable'\""
        ],
    ),
    (
        'firewallcmd-ipset[port="80,443"]',
        [BAN6, UNBAN6, ["stop"]],
        [
            "ipset -exist create f2b-web6 hash:ip maxelem 65536 timeout 0 family inet6",
            "firewall-cmd --direct --add-rule ipv6 filter INPUT_direct 0 -p tcp -m multiport --dports 80,443"
            " -m set --match-set f2b-web6 src -j REJECT --reject-with icmp6-port-unreachable",
            "ipset -exist add f2b-web6 2001:db8::1 timeout 0",
            "ipset -exist del f2b-web6 2001:db8::1",
            "firewall-cmd --direct --remove-rule ipv6 filter INPUT_direct 0 -p tcp -m multiport --dports 80,443"
            " -m set --match-set f2b-web6 src -j REJECT --reject-with icmp6-port-unreachable",
            "ipset flush f2b-web6",
            "ipset destroy f2b-web6",
        ],
    ),
    (
        "firewallcmd-ipset[ipsetbackend=firewalld, actiontype=<allports>]",
        [BAN4, UNBAN4],
        [
            "firewall-cmd --get-ipsets",
            "firewall-cmd --permanent --new-ipset=f2b-web --type=hash:ip --option=maxelem=65536",
            "firewall-cmd --reload",
            "firewall-cmd --direct --add-rule ipv4 filter INPUT_direct 0 -p tcp"
            f" -m set --match-set f2b-web src -j {REJECT}",
            "firewall-cmd --ipset=f2b-web --add-entry=192.0.2.1",
            "firewall-cmd --ipset=f2b-web --remove-entry=192.0.2.1",
        ],
    ),
    (
        "mikrotik[user=admin, host=router.example, keyfile=/etc/key]",
        [BAN4, UNBAN4, ["flush"], ["stop"]],
        [
            "ssh -o BatchMode=yes -o ConnectTimeout=20 -l admin -p 22 -i /etc/key router.example "
            + shlex.quote(f"/ip firewall address-list {order}")
            for order in (
                'remove [find list="Fail2Ban" comment~"^f2b-web-"]',
                'add list="Fail2Ban" address=192.0.2.1 comment="f2b-web-192.0.2.1"',
                'remove [find list="Fail2Ban" comment="f2b-web-192.0.2.1"]',
                'remove [find list="Fail2Ban" comment~"^f2b-web-"]',
                'remove [find list="Fail2Ban" comment~"^f2b-web-"]',
            )
        ],
    ),
    (
        "osx-afctl[afctl=afctl]",
        [BAN4, ["prolong", IP4, {"bantime": 1200}], UNBAN4],
        [
            "afctl -a 192.0.2.1 -t 600",
            "afctl -r 192.0.2.1",
            "afctl -a 192.0.2.1 -t 1200",
            "afctl -r 192.0.2.1",
        ],
    ),
]

LISTING = """
case "$*" in
    list) echo "00111 allow ip from any to any"; echo "00112 deny ip from any to any"
          echo "00400 unreach port tcp from 192.0.2.1 to 127.0.0.1 dst-port 22";;
    "-S list") echo "10001 set 10 unreach port log tcp from 192.0.2.1 to me dst-port 22";;
esac
"""


@pytest.fixture(name="others")
def _others(tmp_path):
    """Stand-ins for the firewalls of other systems."""
    made = StandIns(
        tmp_path, ipfw=LISTING, firewall_cmd='case "$*" in *get-chains*) echo "x f2b-web";; esac'
    )
    for name in [
        "afctl",
        "apf",
        "conntrack",
        "csf",
        "ipset",
        "ipf",
        "npfctl",
        "pfctl",
        "shorewall",
        "shorewall6",
        "ss",
        "ssh",
        "ufw",
    ]:
        made.add(name)
    return made


@pytest.mark.parametrize(("action", "steps", "expected"), CASES, ids=[case[0] for case in CASES])
def test_commands_for_firewalls(others, tmp_path, action, steps, expected):
    """Each step calls the firewall's program with just these words."""
    if action == "bsd-ipfw":
        action += f"[startstatefile={tmp_path}/state]"
    found, calls = others.perform(action, *steps)
    assert [f for f in found if f not in (None, True, [""])] == []
    assert [call.words for call in calls] == [shlex.split(line) for line in expected]


def test_ipfilter_reads_rules(others):
    """The rule of an address is added and removed by its text."""
    found, calls = others.perform("ipfilter", BAN4, ["ban", "192.0.2.0/24"], UNBAN4)
    assert found == [[""], [""], [""]]
    assert [(" ".join(call.words), call.stdin) for call in calls] == [
        ("ipf -E", ""),
        ("ipf -f -", "block return-icmp(port-unr) in quick from 192.0.2.1/32\n"),
        ("ipf -f -", "block return-icmp(port-unr) in quick from 192.0.2.0/24\n"),
        ("ipf -r -f -", "block return-icmp(port-unr) in quick from 192.0.2.1/32\n"),
    ]


@pytest.mark.parametrize(
    ("action", "rule"),
    [
        (
            'pf[port="80,443", protocol="tcp,udp"]',
            "block quick proto { tcp,udp } from <f2b-web> to any port { 80,443 }",
        ),
        ("pf[actiontype=<allports>]", "block quick proto { tcp } from <f2b-web> to any"),
        ("pf[actiontype=<allports>, protocol=all]", "block quick  from <f2b-web> to any"),
    ],
)
def test_pf_has_an_anchor_for_each_jail(others, action, rule):
    """Table and rule are loaded at the start; bans are entries of the table."""
    found, calls = others.perform(action, BAN4, UNBAN4, ["flush"], ["stop"])
    assert found == [[""], [""], True, None]
    assert (calls[0].words, calls[0].stdin) == (
        ["pfctl", "-a", "f2b/web", "-f-"],
        f"table <f2b-web> persist counters\n{rule}\n",
    )
    table = ["pfctl", "-a", "f2b/web", "-t", "f2b-web", "-T"]
    assert [call.words for call in calls[1:]] == [
        [*table, "add", IP4],
        [*table, "delete", IP4],
        [*table, "flush"],
        ["pfctl", "-a", "f2b/web", "-F", "rules"],
        [*table, "flush"],
        [*table, "kill"],
    ]


def test_what_is_in_a_table_already_is_no_error(tmp_path):
    """FreeBSD's ipfw complains of an address that its table holds, or lacks; the ban succeeds all the same."""
    told = 'case "$*" in *add*) echo "ipfw: record already exists" >&2; exit 71;; *delete*) echo "not found"; exit 71;; esac'
    others = StandIns(tmp_path, ipfw=f'case "$1" in table) {told};; list) echo "table(1)";; esac')
    assert others.perform("bsd-ipfw", BAN4, UNBAN4)[0] == [[""], [""]]


def test_symbiosis(tmp_path):
    """A file in the blacklist's folder, and a rule."""
    others = StandIns(tmp_path, iptables="")
    folder = tmp_path / "blacklist.d"
    folder.mkdir()
    action = f"symbiosis-blacklist-allports[folder={folder}]"
    others.perform(action, BAN4)
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [
        ("192.0.2.1.auto", "all\n")
    ]
    _, calls = others.perform(action, BAN4, UNBAN4)
    assert list(folder.iterdir()) == []
    assert [" ".join(call.words) for call in calls] == [
        "iptables -w -I blacklist 1 -s 192.0.2.1 -j DROP",
        "iptables -w -D blacklist -s 192.0.2.1 -j DROP",
    ]


def test_nsupdate(tmp_path):
    """A TXT record for the reversed address, unless there is one."""
    others = StandIns(tmp_path, nsupdate="")
    action = "nsupdate[nsupdatecmd=nsupdate, domain=bl.example., keyfile=/etc/key]"
    _, calls = others.perform(action, BAN4, UNBAN4)
    assert [(call.words, call.stdin) for call in calls] == [
        (
            ["nsupdate", "-k", "/etc/key"],
            "prereq nxrrset 1.2.0.192.bl.example. TXT\n"
            'update add 1.2.0.192.bl.example. 60 IN TXT "Your IP has been banned"\nsend\n',
        ),
        (["nsupdate", "-k", "/etc/key"], "update delete 1.2.0.192.bl.example. TXT\nsend\n"),
    ]


EVIL = 'x"; reboot #\n$(touch /tmp/evil)'
GUARDED = [
    "apf",
    "csf",
    "cloudflare[cfuser=u, cftoken=t]",
    "firewallcmd-allports",
    "ipfilter",
    "ipfw",
    "ipthreat",
    "mikrotik[host=h]",
    "netscaler",
    "nsupdate",
    "pf",
    "shorewall",
    "ufw",
]


@pytest.mark.parametrize("action", GUARDED)
def test_what_is_no_address_is_not_written_into_another_language(tmp_path, action):
    """An id that only looks like a command is refused with a word, before any program gets it."""
    others = StandIns(tmp_path, firewall_cmd="")
    for name in [
        "apf",
        "csf",
        "curl",
        "ipf",
        "ipfw",
        "ssh",
        "nsupdate",
        "pfctl",
        "shorewall",
        "ufw",
    ]:
        others.add(name)
    [[error]], calls = others.perform(action, ["ban", EVIL])
    assert error
    assert [c for c in calls if EVIL[:2] in c.stdin + " ".join(c.words)] == []


def tagged(line):
    """The configuration that curl reads, as pairs."""
    return [tuple(part.strip(' "') for part in row.split("=", 1)) for row in line.splitlines()]


def words_after(call, option):
    """What stands behind each use of an option."""
    return [b for a, b in zip(call.words, call.words[1:], strict=False) if a == option]


MATCHES = ("one & 'two'", 'three "$(four)"')


@pytest.fixture(name="web")
def _web(tmp_path):
    """A curl that finds a rule of Cloudflare."""
    answer = '{ "result": [ { "id": "abc123", "x": [] } ], "success": true }'
    return StandIns(tmp_path, curl=f"case \"$*\" in *--get*) echo '{answer}';; esac")


def test_abuseipdb(web):
    """A report with the key on standard input; at most a thousand letters of the lines."""
    lines = {"lines": (*MATCHES, "x" * 2000)}
    _, [call] = web.perform(
        'abuseipdb[abuseipdb_apikey=SECRET, abuseipdb_category="18,22"]', ["ban", IP4, lines]
    )
    assert tagged(call.stdin) == [("header", "Key: SECRET")]
    comment = "\n".join((*MATCHES, "x" * 2000))[:1000]
    assert words_after(call, "--data-urlencode") == [f"comment={comment}", "ip=192.0.2.1"]
    assert words_after(call, "--data") == ["categories=18,22"]
    assert call.words[-1] == "https://api.abuseipdb.com/api/v2/report"
    assert "SECRET" not in " ".join(call.words)


def test_blocklist_de(web):
    """A report as the service wants it."""
    action = "blocklist_de[email=me@example.org, service=web, apikey=SECRET, agent=Fail2Ban/1]"
    _, [call] = web.perform(action, ["ban", IP6, {"lines": MATCHES}])
    assert tagged(call.stdin) == [("data-urlencode", "apikey=SECRET")]
    assert words_after(call, "--data-urlencode") == [
        "server=me@example.org",
        "service=web",
        "ip=2001:db8::1",
        "logs=" + "\n".join(MATCHES) + "\n",
    ]
    assert (words_after(call, "--data"), words_after(call, "--user-agent")) == (
        ["format=text"],
        ["Fail2Ban/1"],
    )
    assert call.words[-1] == "https://www.blocklist.de/en/httpreports.html"


def test_ipthreat(web):
    """A report in JSON."""
    _, [call] = web.perform("ipthreat[ipthreat_apikey=SECRET]", BAN4)
    assert tagged(call.stdin) == [("header", "X-API-KEY: SECRET")]
    [body] = words_after(call, "--data")
    assert json.loads(body) == {"ip": IP4, "flags": "8", "system": "web", "notes": "fail2ban"}


@pytest.mark.parametrize(
    "action",
    [
        "abuseipdb[abuseipdb_category=1]",
        "blocklist_de[email=a, service=b, apikey=c, agent=d]",
        "ipthreat",
    ],
)
def test_restored_bans_are_not_reported_again(web, action):
    """A restart of the server is no news."""
    assert web.perform(action, ["ban", IP4, {"restored": True}])[1] == []


CLOUD = "https://api.cloudflare.com/client/v4"


@pytest.mark.parametrize(
    ("action", "url", "headers", "mode"),
    [
        (
            "cloudflare[cfuser=me@example.org, cftoken=SECRET]",
            f"{CLOUD}/user/firewall/access_rules/rules",
            [("header", "X-Auth-Email: me@example.org"), ("header", "X-Auth-Key: SECRET")],
            "block",
        ),
        (
            "cloudflare-token[cfzone=z1, cftoken=SECRET, cfmode=challenge]",
            f"{CLOUD}/zones/z1/firewall/access_rules/rules",
            [("header", "Authorization: Bearer SECRET")],
            "challenge",
        ),
    ],
)
@pytest.mark.parametrize("tool", ["jq", "sed"])
def test_cloudflare(web, action, url, headers, mode, tool):
    """A rule is made, found again by what it is about, and deleted by its id."""
    if tool == "sed":
        web.add("jq", "exit 127")
    found, calls = web.perform(action, BAN6, UNBAN6)
    assert found == [[""], [""]]
    calls = [call for call in calls if call.words[0] == "curl"]
    assert [tagged(call.stdin) for call in calls] == [headers] * len(calls)
    assert "SECRET" not in " ".join(word for call in calls for word in call.words)
    [body] = words_after(calls[0], "--data")
    assert json.loads(body) == {
        "mode": mode,
        "configuration": {"target": "ip6", "value": IP6},
        "notes": "Fail2Ban web",
    }
    assert words_after(calls[1], "--data") == [f"mode={mode}", "configuration.target=ip6"]
    assert words_after(calls[1], "--data-urlencode") == [
        f"configuration.value={IP6}",
        "notes=Fail2Ban web",
    ]
    assert [call.words[-1] for call in calls] == [url, url, f"{url}/abc123"]
    assert words_after(calls[2], "--request") == ["DELETE"]


def test_netscaler(web):
    """The login is tried at the start; addresses go into a data set."""
    action = "netscaler[ns_host=https://ns.example, ns_auth=SECRET, ns_dataset=bad]"
    _, calls = web.perform(action, BAN4, UNBAN4)
    assert {call.stdin for call in calls} == {'header = "Authorization: Basic SECRET"\n'}
    assert [call.words[-1] for call in calls] == [
        "https://ns.example/nitro/v1/config",
        "https://ns.example/nitro/v1/config/",
        "https://ns.example/nitro/v1/config/policydataset_value_binding/bad?args=value:192.0.2.1",
    ]
    [body] = words_after(calls[1], "--data")
    assert json.loads(body) == {"policydataset_value_binding": {"name": "bad", "value": IP4}}
    assert [words_after(call, "--request") for call in calls] == [[], ["PUT"], ["DELETE"]]


def test_mynetwatchman(tmp_path):
    """The address of the page, with the password, goes to wget on standard input."""
    others = StandIns(tmp_path, wget="")
    action = f"mynetwatchman[mnwlogin=me, mnwpass=SECRET, myip=198.51.100.7, port=22, tmpfile={tmp_path}/t]"
    _, [call] = others.perform(action, BAN4)
    assert (
        "AgentPassword=SECRET&AttackerIP=192.0.2.1&SrcPort=0&ProtocolID=6&DestPort=22&AttackCount=5&VictimIP=198.51.100.7\n"
        in call.stdin
    )
    assert "SECRET" not in " ".join(call.words)


def test_badips_says_that_it_has_closed(tmp_path, caplog):
    """The action of a service that is no more fails with a clear word."""
    found, _ = StandIns(tmp_path).perform("badips", BAN4)
    assert found[0][0]
    assert "take the action badips out of the jail web" in caplog.text
