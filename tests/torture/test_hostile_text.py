"""Text that a client chose, in logs: the true peer is found or nobody, and nothing else happens."""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from banward.cli import rules_samples
from banward.config import read_filter
from banward.matching.filter import Filter
from banward.settings import FilterSettings
from torture.servers import TorturedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
RULES = REPOSITORY / "src" / "banward" / "rules"
SAMPLES = REPOSITORY / "tests" / "rules" / "samples"
NOW = 4_000_000_000.0
THEN = datetime(2026, 11, 26, 10, 0, 5).timestamp()  # noqa: DTZ001  (as logs have it: local)
VICTIM = "203.0.113.66"

# Injection, filter by filter -------------------------------------------------------------------


LONGEST_NAMES = {"minecraft": 16}
"""Characters that the protocol of a service lets a name have."""


def payloads(value, line, host):
    """What a client may send instead of a value, to let a line name a victim.

    The worst of them hold what stands around the value in this very line.
    """
    before, _, rest = line.partition(value)
    yield VICTIM
    yield f"[{VICTIM}]"
    yield f"{value} from {VICTIM} port 22 ssh2"
    yield f"x rhost={VICTIM} user=y"
    yield f"x, client: {VICTIM}, server: y"
    yield f"{value}\r{line.replace(host, VICTIM)}"
    yield value + rest.replace(host, VICTIM)
    yield f"{value}{rest.replace(host, VICTIM)} {value}"
    yield before.replace(host, VICTIM) + value
    yield line.replace(host, VICTIM)


def written(payload, name, line, value):
    """The payload as the service writes it."""
    before = line.partition(value)[0]
    payload = payload[: LONGEST_NAMES.get(name)]
    if re.search(r'user "$', before) and name.startswith("nginx"):
        payload = payload.replace(":", "")  # it splits name and password at the first (RFC 7617)
    if len(re.findall(r'(?<!\\)"', before)) % 2:
        payload = payload.replace("\\", "\\\\").replace('"', '\\"')
    return line.replace(value, payload, 1)


def clients_values(line, fields, host):
    """The parts of a line that a client chose: names, and quoted requests, referrers, agents."""
    names = (fields.get(name) for name in ("user", "alt_user", "user_other"))
    quoted = re.findall(r'"((?:GET|POST|HEAD|Mozilla|https?:)[^"]*)"', line)
    values = {str(value) for value in (*names, *quoted) if value and not isinstance(value, list)}
    return [v for v in sorted(values) if len(v) > 1 and line.count(v) == 1 and host not in v]


def attacks(name):
    """Each sample in each mode of its filter, which begins anew, and what it finds in it."""
    lines = (SAMPLES / f"{name}.log").read_text(errors="replace").split("\n")
    labels = list(map(json.loads, (SAMPLES / f"{name}.jsonl").read_text().splitlines()))
    for mode in rules_samples.modes_of(RULES, name):
        definition = read_filter(RULES, f"{name}.conf", {"mode": mode} if mode else {})
        settings = replace(definition.as_settings(), usedns="raw")
        for label in labels:
            line = lines[label["line_no"] - 1]
            host = label.get("host", "")
            if not label["match"] or not host or host not in line:
                continue
            rule = Filter(settings, jail=name)
            for match in rule.process(line, NOW, in_operation=True)[:1]:
                yield rule, line, host, match


NAMES = [n for n in rules_samples.names_in(SAMPLES) if (RULES / "filter.d" / f"{n}.conf").exists()]


@pytest.mark.parametrize("name", NAMES)
def test_nobody_else_can_be_named(name):
    """Whatever a client sends as a name, URL, referrer or agent, no line names a third party.

    Fails where the regex of a filter does not bind the address to its place; try it with ``.*``
    instead of the anchors of one in ``rules/filter.d``.
    """
    for rule, line, host, match in attacks(name):
        allowed = {host, match.subject, match.name}
        for value in clients_values(line, match.fields, host):
            for payload in payloads(value, line, host):
                hostile = written(payload, name, line, value)
                found = rule.process(hostile, NOW, in_operation=True)
                assert {m.subject or m.name for m in found} <= allowed, hostile


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_cut_to_an_address(name):
    """A reverse name that begins or ends with an address bans not that address.

    Fails where a filter does not say what follows the address; try it with a filter in
    ``rules/filter.d`` that ends at ``<HOST>``.
    """
    for rule, line, host, _ in attacks(name):
        for hostile in (f"{VICTIM}.evil.example", f"evil.{VICTIM}", f"{VICTIM}-evil"):
            found = rule.process(line.replace(host, hostile), NOW, in_operation=True)
            assert VICTIM not in {m.subject for m in found}, line.replace(host, hostile)


def test_enough_is_tried():
    """The test above has something to do: many filters have values that clients chose."""
    tried = [
        name
        for name in NAMES
        if any(clients_values(line, m.fields, host) for _, line, host, m in attacks(name))
    ]
    assert len(tried) > 60


# One line, one filter --------------------------------------------------------------------------

SSHD = r"^\s*(?:\S+ )?sshd\[\d+\]: Failed password for (?:invalid user )?<F-USER>.*</F-USER> from <HOST> port \d+ ssh2$"
ODD = {
    "carriage return": "a\rb",
    "line feed of Unicode": "a\u2028b\u2029c",
    "next line": "a\x85b",
    "form feed": "a\x0bb\x0cc",
    "NUL": "a\0b",
    "terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31mroot",
    "bidi": "a\u202eb\u2066c\u200f",
    "surrogate": "a\udc80\udcffb",
    "date": "2001-01-01 00:00:00 Jan  1 2001 00:00:00",
    "epoch": "1000000000",
    "other line": f"x from {VICTIM} port 1 ssh2\rsshd[1]: Failed password for root",
}


@pytest.mark.parametrize("user", ODD.values(), ids=ODD)
def test_odd_characters_stay_in_their_line(user):
    """A name of odd characters, a date or a whole line is a name: peer and time are the line's.

    Fails if the date were looked for behind the begin of the line (``LineTime``), or if lines were
    split as ``str.splitlines`` does (``newline.py``).
    """
    settings = FilterSettings(failregex=(SSHD,), datepattern="{^LN-BEG}")
    rule = Filter(settings, jail="sshd")
    line = (
        f"2026-11-26 10:00:00 host sshd[7]: Failed password for {user} from 192.0.2.1 port 9 ssh2"
    )
    (match,) = rule.process(line, THEN, in_operation=False)
    honest = line.replace(user, "root")
    (other,) = Filter(settings, jail="sshd").process(honest, THEN, in_operation=False)
    assert (match.subject, match.at) == ("192.0.2.1", other.at)
    # Half a character can not be stored: a mark stands for it.
    assert match.fields["user"] == user.encode("utf-8", "replace").decode()


# A real server ---------------------------------------------------------------------------------

FILES = {
    "etc/jail.conf": """
        [sshd]
        enabled = true
        backend = auto
        maxretry = 1000
        filter = f
        logpath = {DIR}/a.log
                  {DIR}/b.log
        [ids]
        enabled = true
        backend = auto
        maxretry = 1
        filter = ids
        logpath = {DIR}/a.log
        """,
    "etc/filter.d/ids.conf": "[Definition]\nfailregex = ^ user <F-ID>.+</F-ID> from \\S+$\n",
    "etc/filter.d/f.conf": "[Definition]\nfailregex = ^ user <F-USER>.*</F-USER> from <HOST>$\n",
    "a.log": "",
    "b.log": "",
}


@pytest.fixture
def server() -> Iterator[TorturedServer]:
    """A server with one jail on one log."""
    with TorturedServer(FILES) as made:
        made.start()
        yield made


def test_hostile_bytes_make_no_lines_and_reach_no_terminal(server):
    """Each line is one failure of its true peer; log and answers hold printable text only.

    One of the jails bans the names themselves, so that they get everywhere. Fails without
    ``harmless`` in ``log_outputs.py``, in ``log_lines.LineFormatter``, or in ``cli/layout.py``.
    """
    forged = "2026-11-26 10:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 203.0.113.66"
    names = [
        *(user.encode("utf-8", "surrogateescape") for user in ODD.values()),
        b"\xff\xfe\xc0\x80\xed\xa0\x80",
        f"x\r{forged}\u2028{forged}\x85{forged}".encode(),
    ]
    lines = [b"user %b from 192.0.2.%d" % (name, i) for i, name in enumerate(names, 1)]
    server.append(*lines, "user end from 192.0.2.200")
    server.wait_for_found("sshd", "192.0.2.200")
    assert server.found("sshd") == [f"192.0.2.{i}" for i in [*range(1, len(names) + 1), 200]]
    server.wait_for(lambda: any("[ids] Ban end" in line for line in server.log()))
    server.client("set", "ids", "addignoreip", "spared\x1b[31m\x07")  # told by itself
    server.append("user spared\x1b[31m\x07 from 192.0.2.201")
    server.wait_for(lambda: any("[ids] Ignore spared" in line for line in server.log()))
    text = (server.folder / "f2b.log").read_text()
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(re.match(r"\d{4}-\d\d-\d\d [\d:,]+ fail2ban", line) for line in text.splitlines())
    assert not any(re.match(r"\S+ \S+ \S+ +\S+ NOTICE +\[sshd\] Ban", x) for x in server.log())
    shown = [
        *(server.client("status", jail) for jail in ("sshd", "ids")),
        *(server.client(*words) for words in (["banned"], ["get", "ids", "banip"])),
        server.client("get", "ids", "banip", "--with-time"),
        server.banward("status"),
    ]
    assert "owned" in shown[1]
    odd = {c for text in shown for c in text if not c.isprintable()}
    assert odd <= {"\n", "\t"}


def test_half_a_line_counts_once_it_is_whole(server):
    """A service that writes a line in two pieces is not misread in between.

    Fails if ``Splitter.feed`` gave out what has no newline.
    """
    server.append("user x from 192.0.2.1", end="")
    server.append("user y from 192.0.2.4", name="b.log")
    server.wait_for_found("sshd", "192.0.2.4")  # so the half line was read, too
    with (server.folder / "a.log").open("a") as file:
        file.write("23\n")
    server.append("user end from 192.0.2.200")
    server.wait_for_found("sshd", "192.0.2.200")
    assert server.found("sshd") == ["192.0.2.4", "192.0.2.123", "192.0.2.200"]


def most_memory(pid):
    """The most memory that a process ever had, in bytes (proc(5), VmHWM)."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024


def test_a_line_of_a_gibibyte_costs_no_memory(server):
    """Its beginning is looked at, its end read past, and the log says that it was cut.

    Fails without ``LONGEST`` in ``sources/splitter.py``.
    """
    path = server.folder / "a.log"
    before = [most_memory(pid) for pid in (server.pid, server.watcher)]
    server.append("user long from 192.0.2.66 and more", end="")
    os.truncate(path, path.stat().st_size + 2**30)
    with path.open("ab") as file:
        file.write(b" from 192.0.2.67\n")
    server.append("user end from 192.0.2.200")
    server.wait_for_found("sshd", "192.0.2.200")
    assert server.found("sshd") == ["192.0.2.200"]
    after = [most_memory(pid) for pid in (server.pid, server.watcher)]
    assert all(new - old < 64 * 2**20 for old, new in zip(before, after, strict=True))
    server.wait_for(lambda: any("is too long" in line for line in server.log()))
