"""No shipped filter can be steered by what a client writes, and none explodes; no exceptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from banward.audit.lint import lint
from banward.audit.steps import Steps
from banward.cli.rules_samples import modes_of
from banward.config import read_filter
from banward.matching.literals import parse_tree
from banward.matching.pattern import compile_pattern

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
FILTERS = sorted(
    path.stem
    for path in (RULES / "filter.d").glob("*.conf")
    if "Not to be used alone." not in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", FILTERS)
def test_nobody_can_misuse_a_shipped_filter(name):
    """Of each pattern in each mode no line is found that names another, or is too much work."""
    modes = dict.fromkeys(["", *modes_of(RULES, name)])
    filters = (read_filter(RULES, name, {"mode": mode} if mode else {}) for mode in modes)
    found = [each for definition in filters for each in lint(definition.as_settings())]
    assert [f"{each.kind}: {each.pattern}: {each.example}" for each in found] == []


LINES = [
    ("redis", "", " "),
    ("synology-dsm", "User [x] from [192.0.2.1] failed to log in via [x] due to ", " "),
    ("technitium", "[] [192.0.2.1:1] DnsServerCore.x: Invalid username or password", " "),
    ("slapd", "RESULT ", "x="),
    ("stalwart", "", " "),
    ("strongswan", "x[x] <x|1> XAuth authentication of '", "x' failed"),
    ("apache", "[] [error] [client 192.0.2.1] user '", "x' in realm '"),
    ("apache-auth", "user '", "x' in realm '"),
    ("immich", "[Nest] 1 - ", " "),
    ("immich", "[Nest] 1 - ", "\x1b[1m"),
    ("gitea", "x gitea[1]: x:", "1:"),
    ("mssql-auth", " Logon Login failed for user '", "x'. "),
    ("supavisor", "", "."),
    ("gotify", "", " "),
    ("haproxy", "192.0.2.1:1 [x] x ", "x/"),
    ("haproxy-http-auth", "192.0.2.1:1 [x] x ", "x/"),
    ("courier-smtp", "from=<", "x>,to=<"),
    ("couchdb", "[notice] ", "x@"),
    ("uwimap-auth", "imapd[1]: Login failed user=", " auth="),
    ("uwimap-auth", "imapd[1]: Failed x", " override of user="),
    ("sshd", "PAM: Maximum number of ", "x for "),
    ("fortinet", 'date= x="x" logdesc="Admin login failed" x="', 'x" user="'),
    ("apache-noscript", "script '/", "xphp4"),
    ("apache-noscript", "stderr from /", "cgi-bin"),
    ("mongodb-auth", "[conn1] Failed to authenticate x", " \n"),
    ("lighttpd-auth", ": mod_auth.c.1) password doesn't match for ", "x username: "),
]
"""Filters and texts behind the date (and the prefregex) that repeat what free text ends with."""


@pytest.mark.parametrize(("name", "before", "pump"), LINES)
def test_a_long_line_costs_no_more_than_its_length(name, before, pump):
    """Twice as many copies take about twice the steps, not four times."""
    settings = read_filter(RULES, name, {}).as_settings()
    for written in settings.failregex:
        pattern = compile_pattern(written, multiline=settings.maxlines > 1)
        steps = Steps(parse_tree(pattern.regex), pattern.regex.flags)
        few, many = (
            steps.count(f"{before}{pump * copies}\x7f!\n", 1_000_000) for copies in (30, 60)
        )
        assert many < 2.6 * few, written
