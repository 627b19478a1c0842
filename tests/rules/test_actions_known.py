"""There is every action that fail2ban knows, with its parameters and their defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rules.acting import TAGS, definition, shell_action

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
SPEC = Path(__file__).parent.parent.parent.parent / "shared" / "spec" / "server-and-client.md"

needs_spec = pytest.mark.skipif(not SPEC.exists(), reason="../shared is not here")
INCLUDED = {"firewallcmd-common", "helpers-common", "mail-whois-common", "sendmail-common"}
FILES = {path.stem for path in (RULES / "action.d").glob("*.conf")} | {"smtp.py"}
USABLE = sorted(
    name for name in FILES if not name.endswith("-common") and not name.startswith("banward-")
)

# What the table says in words, and where we differ (docs/differences.md).
IN_WORDS = {
    ("nftables", "chain_hook"),  # prerouting: also cuts off published ports
    ("nftables", "chain_priority"),
    ("mynetwatchman", "myip"),
    ("dshield", "myip"),
    ("nftables", "addr_options"),
    ("mail-whois-common", "_whois_target_charset"),  # of a section that is for the file itself
    ("xarf-login-attack", "mailargs"),  # with quotes around the address
}

# The row tells of several actions, the parameter belongs to one of them.
OWNERS = {
    ("firewallcmd-rich-rules", "level"): "firewallcmd-rich-logging",
    ("firewallcmd-rich-rules", "rate"): "firewallcmd-rich-logging",
    ("iptables-ipset-proto4", "maxelem"): "iptables-ipset-proto4",
    **{("mail", option): "mail-buffered" for option in ("lines", "tmpfile")},
    ("mail", "logpath"): "mail-whois-lines",
    **{("sendmail", option): "sendmail-buffered" for option in ("lines", "tmpfile")},
    ("sendmail", "logpath"): "sendmail-whois-lines",
    **{
        ("helpers-common", option): "sendmail-whois-lines"
        for option in ("grepmax", "grepopts", "greplimit")
    },
    **{("sendmail-common", option): "sendmail" for option in ("dest", "sender", "sendername")},
}


def appendix():
    """The rows of appendix B: names of actions, flags, and the parameters' column."""
    if not SPEC.exists():
        return []
    text = SPEC.read_text(encoding="utf-8").partition("\n# Appendix B")[2]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    # A "|" within a cell is written as "\|", which the split has cut.
    return [
        (
            re.findall(r"`([\w.-]+)`", row[0]),
            row[0],
            "|".join(row[2:] if "\\" not in row[1] else row[3:]),
        )
        for row in rows
    ]


ROWS = appendix()
FIRST = {
    "firewallcmd-allports": ["firewallcmd-allports", "firewallcmd-multiport", "firewallcmd-new"],
    "mail": ["mail", "mail-whois", "mail-whois-lines", "mail-buffered"],
}


def names_of(row):
    """The actions of a row; ``-multiport`` stands for the first one's relative."""
    [first, *others], *_ = row
    return FIRST.get(first, [first, *others])


NAMES = sorted({name for row in ROWS for name in names_of(row)})


@needs_spec
def test_there_is_each_action():
    """All names of the table are here."""
    assert (66, set()) == (len(NAMES), set(NAMES) - FILES)


@pytest.mark.parametrize("name", USABLE)
def test_each_action_can_be_read(name):
    """A jail can use it, and no tag of its own is left over in a command."""
    action = definition(name)
    texts = {s.name: str(s.value) for s in action.params}
    if action.python_file:
        return
    commands = shell_action(name).commands
    for command in (n for n in texts if n.startswith("action") and n != "actname"):
        left = re.findall(r"<([a-z][\w-]*)>", commands.script(command, "inet4"))
        assert set(left) <= TAGS | {"bancount", "restored"} | GIVEN.get(name, set()), command


GIVEN = {
    "abuseipdb": {"abuseipdb_category"},
    "blocklist_de": {"email", "apikey", "service", "agent"},
    "cloudflare-token": {"cfzone"},
    "pf": {"f2b-web"},
    **{name: {"fail2ban"} for name in FILES if name.startswith("sendmail")},
}


def parameters():
    """All parameters with a default of the table: action, parameter, value."""
    for row in ROWS:
        first = names_of(row)[0]
        for option, value in re.findall(r"`([\w?-]+)=([^`]*)`", row[2]):
            if (first, option) not in IN_WORDS and option != "name" and first != "smtp.py":
                owner = OWNERS.get((first, option), first)
                owner = "firewallcmd-new" if owner == "firewallcmd-common" else owner
                yield owner, option, value.replace("\\|", "|").split("|")[0].strip('" ')


@needs_spec
@pytest.mark.parametrize(("name", "option", "value"), list(parameters()))
def test_defaults_of_parameters(name, option, value):
    """A parameter has the default that users of fail2ban know, tags filled."""
    params = {s.name: str(s.value) for s in definition(name).params}
    assert option in params or value == ""
    quote = '"' if "'" in value else "'"
    probed = shell_action(f"{name}[probe={quote}<{option}>|{value}{quote}]").commands
    found, _, expected = probed.script("probe", "inet4").rpartition("|")
    assert found.strip('" ') == (expected if option in params else f"<{option}>")


@needs_spec
@pytest.mark.parametrize("name", sorted({n for r in ROWS if " NR" in r[1] for n in names_of(r)}))
def test_actions_that_are_not_told_of_restored_bans(name):
    """Mails and reports say nothing of bans that a restart puts in force again."""
    if name == "smtp.py":
        assert shell_action(name).desk.instance.norestored
    else:
        assert shell_action(name).commands.norestored


@needs_spec
def test_no_other_action_leaves_out_restored_bans():
    """Firewalls have to be told."""
    told = {n for r in ROWS if " NR" in r[1] for n in names_of(r)} | {"badips", "smtp.py"}
    silent = {n for n in set(USABLE) - told if shell_action(n).commands.norestored}
    assert silent == set()


@needs_spec
@pytest.mark.parametrize(
    "name",
    sorted({n for r in ROWS if re.search(r"`[^|]* 6\b", r[1]) for n in names_of(r)} - INCLUDED),
)
def test_actions_with_values_for_each_family(name):
    """These tell IPv4 and IPv6 apart, and start with the first ban of a family."""
    commands = shell_action(name).commands
    assert (commands.families, commands.on_demand) == (("inet4", "inet6"), True)


@needs_spec
@pytest.mark.parametrize("name", ["nginx-block-map", "pf"])
def test_actions_that_start_with_the_jail(name):
    """These do not wait for the first ban."""
    assert not shell_action(name).commands.on_demand


@pytest.mark.parametrize(
    ("name", "native"),
    [
        ("iptables", "iptables"),
        ("iptables-multiport", "iptables"),
        ("iptables-allports", "iptables"),
        ("iptables-new", "iptables"),
        ("iptables-ipset", "ipset"),
        ("iptables-ipset-proto6", "ipset"),
        ("iptables-ipset-proto6-allports", "ipset"),
        ("iptables-ipset-proto4", ""),
        ("iptables-multiport-log", ""),
        ("iptables-xt_recent-echo", ""),
        ("nftables", "nftables"),
        ("nftables-multiport", "nftables"),
        ("nftables-allports", "nftables"),
        ("nftables[actionban='true']", ""),
    ],
)
def test_what_is_done_natively(name, native):
    """Our backends do what they can; a command of the user's own is run as it is."""
    assert definition(name).native == native
