"""The jails of the shipped jail.conf are those of the specification, and all that they name exists."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

from banward.config import read_configuration
from banward.config.options import FILTER_OPTIONS, JAIL_OPTIONS

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
SPEC = Path(__file__).parent.parent.parent.parent / "shared" / "spec" / "config-and-filters.md"
DISTRIBUTIONS = ["arch", "debian", "fedora", "freebsd", "opensuse", "osx"]

needs_spec = pytest.mark.skipif(not SPEC.exists(), reason="../shared is not here")


def rows_of(section):
    """The rows of the table of a section of the specification."""
    if not SPEC.exists():
        return []
    text = (
        SPEC.read_text(encoding="utf-8")
        .partition(f"\n## {section}")[2]
        .partition("\n#")[0]
        .partition("\n---")[0]
    )
    table = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def raw_jails():
    """The jails as they stand in the file."""
    parser = configparser.RawConfigParser(default_section="nothing")
    parser.read(RULES / "jail.conf", encoding="utf-8")
    return {name: dict(parser[name]) for name in parser.sections()}


JAILS = raw_jails()
NAMES = sorted(set(JAILS) - {"DEFAULT", "INCLUDES"})


def variables(text):
    """The names of log variables and paths of a cell, as they stand in jail.conf."""
    return [part if "/" in part else f"%({part})s" for part in text.split("; ") if part]


@needs_spec
def test_there_is_each_jail_that_fail2ban_knows():
    """The names are those of the table: 99 of them, and ours besides."""
    wanted = {row[0] for row in rows_of("6.2")}
    assert (99, set()) == (len(wanted), wanted - set(NAMES))


@needs_spec
@pytest.mark.parametrize("row", rows_of("6.2"), ids=lambda row: row[0])
def test_a_jail_is_as_the_table_says(row):
    """Port, filter, log paths and backend of each jail."""
    name, port, filter_, logpath, backend, _ = row
    jail = JAILS[name]
    expected_filter = {"=": None}.get(
        filter_, filter_.replace('"knocking_url"', '"%(knocking_url)s"')
    )
    assert [
        None if port == "(default)" else port,
        expected_filter,
        variables(logpath),
        f"%({backend})s" if backend else None,
    ] == [jail.get("port"), jail.get("filter"), jail["logpath"].split("\n"), jail.get("backend")]


@needs_spec
@pytest.mark.parametrize("row", rows_of("6.2"), ids=lambda row: row[0])
def test_further_options_of_a_jail_are_those_of_the_table(row):
    """Limits and times; nothing else is set."""
    jail = JAILS[row[0]]
    told = re.findall(r"(\w+) = ", re.sub(r"\baction_? = .*?(?:;|$)", "action", row[5]))
    has_action = {"action", "action_"} & set(jail)
    more = {"port", "filter", "logpath", "backend", *has_action}
    assert set(told) == set(jail) - more
    for option in told:
        value = jail[option].replace("%(banaction_allports)s", "banaction_allports")
        assert f"{option} = {value}" in row[5]
    assert ("action" in row[5].replace("banaction", "")) == bool(has_action)


@needs_spec
@pytest.mark.parametrize("row", rows_of("6.1"), ids=lambda row: row[0])
def test_defaults_of_all_jails(row):
    """What jails have if they say nothing else."""
    name, value = (cell.strip("`") for cell in row)
    expected = "" if value == "(empty)" else value.replace(" ⏎ ", "\n")
    assert JAILS["DEFAULT"][name] == expected


COLUMNS = {"debian": 2, "fedora": 3}


def expected_path(row, distribution):
    """What the table says of a path variable: files or another value, in any order."""
    common = row[1]
    value = row[COLUMNS[distribution]] if distribution in COLUMNS else "="
    for note in row[4].split(", "):
        if note.startswith(f"{distribution}: "):
            value = note.partition(": ")[2]
    return "" if (text := common if value == "=" else value) in {"(empty)", "(unset)"} else text


@needs_spec
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("row", rows_of("6.3"), ids=lambda row: row[0])
def test_where_a_distribution_logs(row, distribution, tmp_path):
    """Each variable has the value of its table, variables of variables followed."""
    text = f"[INCLUDES]\nbefore = {RULES}/paths-{distribution}.conf\n[DEFAULT]\nbackend = auto\n"
    text += f"[probe]\nenabled = true\nignorecommand = %({row[0]})s\nlogpath = /none\n"
    (tmp_path / "jail.conf").write_text(text, encoding="utf-8")
    [jail] = read_configuration(tmp_path, fallback=RULES, dump=True).jails
    found = str({s.name: s.value for s in jail.settings}["ignorecommand"])
    assert expected_path(row, distribution).split("; ") == found.split("\n")


def read(tmp_path, more=""):
    """The shipped configuration with every jail switched on, without a log file."""
    options = "[DEFAULT]\nenabled = true\nlogpath = /dev/null\n" + more
    (tmp_path / "jail.local").write_text(options, encoding="utf-8")
    return read_configuration(tmp_path, fallback=RULES, dump=True)


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, "alpine"])
def test_every_jail_can_be_read(distribution, tmp_path):
    """All filters and actions that jails name exist and have no mistake, wherever they run."""
    (tmp_path / "jail.local").write_text(
        f"[INCLUDES]\nbefore = {RULES}/paths-{distribution}.conf\n[DEFAULT]\nenabled = true\n",
        encoding="utf-8",
    )
    found = read_configuration(tmp_path, fallback=RULES, dump=True)
    problems = [
        p for p in found.problems if "log file" not in p.words and "dangling" not in p.words
    ]
    assert (problems, sorted(jail.name for jail in found.jails)) == ([], NAMES)


def test_no_part_of_a_filter_has_the_name_of_a_jails_option():
    """The jail's value would take its place: a tag finds the options of the jail too."""
    taken = "|".join(map(re.escape, JAIL_OPTIONS.keys() - FILTER_OPTIONS.keys()))
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in (RULES / "filter.d").glob("*.conf")
    }
    found = {
        name: re.findall(rf"^(?:{taken})\s*=", text, re.MULTILINE) for name, text in texts.items()
    }
    assert {name: names for name, names in found.items() if names} == {}


def test_every_filter_has_a_jail():
    """Whoever wants a filter finds a jail that uses it; only parts of filters have none."""
    used = {jail.get("filter", name).partition("[")[0] for name, jail in JAILS.items()}
    filters = {
        path.stem: path.read_text(encoding="utf-8") for path in (RULES / "filter.d").glob("*.conf")
    }
    parts = {name for name, text in filters.items() if "Not to be used alone." in text}
    assert set(filters) - parts - used == set()


def test_all_jails_together_pass_the_test_of_the_client(tmp_path):
    """``fail2ban-client -t`` has nothing to say with every jail on: each pattern and action is sound."""
    sections = (f"[{name}]\nenabled = true\nlogpath = /dev/null\n" for name in NAMES)
    (tmp_path / "jail.local").write_text("".join(sections), encoding="utf-8")
    command = [sys.executable, "-m", "banward.cli.client", "-c", str(tmp_path), "-t"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "OK: configuration test is successful",
    )


SHORTCUTS = {
    "action_mw": ["sendmail-whois"],
    "action_mwl": ["sendmail-whois-lines"],
    "action_xarf": ["xarf-login-attack"],
    "action_cf_mwl": ["cloudflare", "sendmail-whois-lines"],
    "action_blocklist_de": ["blocklist_de"],
    "action_abuseipdb": ["abuseipdb"],
}


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_ready_made_lists_of_actions(shortcut, tmp_path):
    """Each shortcut can be used, and its ban is done by the distribution's firewall."""
    keys = "cfemail = x\ncfapikey = x\nblocklist_de_apikey = x\n"
    jail = read(tmp_path, f"{keys}action = %({shortcut})s\n").jail("sshd")
    expected = SHORTCUTS[shortcut]
    if shortcut in {"action_mw", "action_mwl", "action_xarf"}:
        expected = ["nftables", *expected]
    assert expected == [action.file for action in jail.actions]


def test_bans_on_both_protocols_are_two_actions(tmp_path):
    """Services on TCP and UDP have an action for each, with a name of its own."""
    jail = read(tmp_path).jail("asterisk")
    params = [{s.name: s.value for s in action.params} for action in jail.actions]
    assert [(p["actname"], p["name"], p["protocol"], p["port"]) for p in params] == [
        ("nftables-tcp", "asterisk-tcp", "tcp", "5060,5061"),
        ("nftables-udp", "asterisk-udp", "udp", "5060,5061"),
    ]


def test_installers_choose_the_firewall(tmp_path):
    """A paths-overrides.local beside the user's files decides which action bans."""
    (tmp_path / "paths-overrides.local").write_text(
        "[DEFAULT]\nbanaction = iptables-multiport\nbanaction_allports = iptables-allports\n",
        encoding="utf-8",
    )
    found = read(tmp_path)
    chosen = [found.jail(name).actions[0].file for name in ("sshd", "recidive")]
    assert chosen == ["iptables-multiport", "iptables-allports"]


def test_the_command_that_spares_googles_robots_is_found(tmp_path):
    """It is the shipped program, unless the user has one of his own at its place."""
    own = tmp_path / "filter.d" / "ignorecommands" / "apache-fakegooglebot"

    def program():
        jail = read(tmp_path).jail("apache-fakegooglebot")
        return str({s.name: s.value for s in jail.settings}["ignorecommand"])

    assert program() == f"{RULES}/filter.d/ignorecommands/apache-fakegooglebot <ip>"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\n", encoding="utf-8")
    assert program() == f"{own} <ip>"


def test_bans_are_done_natively(tmp_path):
    """The default action is done by our own backend as it is shipped."""
    [action] = read(tmp_path).jail("sshd").actions
    assert action.native == "nftables"
