"""The line prefixes of common.conf take what the table of the specification says."""

from __future__ import annotations

from pathlib import Path

import pytest

from banward.config import read_filter
from banward.matching.filter import Filter
from banward.settings import FilterSettings

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
NOW = 1_700_000_000.0
DATE = "2023-11-14 22:13:20 "

FILTER = """
[INCLUDES]
before = common.conf
[Definition]
_daemon = foo(?:d)?
failregex = ^%(__prefix_line)sbad <F-ID>x</F-ID>$
"""

# Text after the date; taken from a file; taken in the short form and from the journal (spec 2.10).
TABLE = [
    ("", True, True),
    ("host foo: ", True, True),
    ("host foo[12]: ", True, True),
    ("host food[12]: ", True, True),
    ("foo: ", True, True),
    ("foo[1]: ", True, True),
    ("host foo[12] ", True, True),
    ("host ", True, True),
    ("host [foo]: ", True, False),
    ("host [foo] ", True, False),
    ("host (foo): ", True, False),
    ("host foo(pam_x)[12]: ", True, False),
    ("host [12]: foo: ", True, False),
    ("host [12]:  foo ", True, False),
    ("<auth.info> host foo[1]: ", True, False),
    ("<4.6> host foo[1]: ", True, False),
    ("host kernel: [12345.678901] foo[1]: ", True, False),
    ("host kernel: [   45.678901] ", True, True),
    ("host @vserver_web foo[1]: ", True, False),
    ("host foo[1]: [ID 800047 auth.info] ", True, False),
    ("<46> host foo[1]: ", False, False),
    ("host bar[1]: ", False, False),
    ("host foo[x]: ", False, False),
    ("host two foo[1]: ", False, False),
    ("host foo [1]: ", False, False),
    ("host foo:", False, False),
]

VARIABLES = [
    "logtype",
    "_daemon",
    "__pid_re",
    "__daemon_re",
    "__daemon_combs_re",
    "__daemon_extra_re",
    "__kernel_prefix",
    "__hostname",
    "__md5hex",
    "__bsd_syslog_verbose",
    "__vserver",
    "__date_ambit",
    "__pam_auth",
    "__prefix_line",
]


@pytest.fixture(name="takes")
def _takes(tmp_path):
    """A function that tells whether a filter takes a line."""
    (tmp_path / "filter.d").mkdir()

    def takes(line, logtype, text=FILTER):
        (tmp_path / "filter.d" / "probe.conf").write_text(text, encoding="utf-8")
        found = read_filter(tmp_path, "probe.conf", {"logtype": logtype}, fallback=RULES)
        settings = FilterSettings(
            failregex=found.failregex, datepattern=found.datepattern, usedns="raw"
        )
        return bool(list(Filter(settings, jail="probe").process(line, NOW, in_operation=True)))

    return takes


@pytest.mark.parametrize(("before", "in_file", "in_short"), TABLE)
def test_prefix_of_syslog_lines(takes, before, in_file, in_short):
    """A prefix is taken in the forms that the table names, and in no other."""
    line = f"{DATE}{before}bad x"
    forms = {form: takes(line, form) for form in ("file", "short", "journal")}
    assert {"file": in_file, "short": in_short, "journal": in_short} == forms


@pytest.mark.parametrize(
    ("line", "is_taken"),
    [
        ("<34>1 2023-11-14T22:13:20.003Z host foo 12 ID47 - bad x", True),
        ('<34>1 2023-11-14T22:13:20.003Z host foo 12 ID47 [x@1 a="b" c="d ]"] bad x', True),
        ("<34>1 2023-11-14T22:13:20.003Z host foo - ID47 - bad x", False),
        ("<34>1 2023-11-14T22:13:20.003Z host bar 12 ID47 - bad x", False),
    ],
)
def test_prefix_of_rfc5424_lines(takes, line, is_taken):
    """The header of RFC 5424 is taken if it has the number of a process."""
    assert takes(line, "rfc5424") == is_taken


@pytest.mark.parametrize("name", VARIABLES)
def test_names_that_filters_of_users_rely_on(takes, name):
    """Each name of the shared file can be used in a filter."""
    text = f"{FILTER}extra = %({name})s\n"
    assert takes(f"{DATE}host foo[1]: bad x", "file", text)
