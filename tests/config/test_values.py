"""Values that can be used, and those that can't."""

from __future__ import annotations

import pytest

from banward.config import values


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("bantime", "-1"),
        ("bantime", "1d 12h"),
        ("findtime", "10m"),
        ("enabled", "No"),
        ("maxretry", "0"),
        ("maxlines", "1"),
        ("backend", "systemd[journalflags=1]"),
        ("usedns", "RAW"),
        ("logencoding", "auto"),
        ("logencoding", ""),
        ("logtimezone", ""),
        ("logtimezone", "UTC+0200"),
        ("logtimezone", "CET"),
        ("bantime.multipliers", "1 2 4"),
        ("bantime.formula", "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor"),
        ("bantime.factor", ""),
        ("journalmatch", "_COMM=x + A=1\nB='c d'"),
        ("port", "whatever"),
    ],
)
def test_good(option, text):
    """Nothing is expected in place of a value that will do."""
    assert values.expected(option, text) == ""


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        ("bantime", "", "seconds, or a time such as 10m, 1h30m, 2w"),
        ("bantime", "5x", "seconds, or a time such as 10m, 1h30m, 2w"),
        ("enabled", "y", "true or false (any other word means false)"),
        ("maxlines", "0", "a whole number above 0"),
        ("maxretry", "-1", "a whole number, 0 or more"),
        ("backend", "gamin", "auto, pyinotify, polling, systemd"),
        (
            "logtimezone",
            "Europe/Paris",
            "an abbreviation such as UTC or CET, or an offset such as UTC+0200",
        ),
        ("journalmatch", "A=1 sshd", "FIELD=value or + in place of 'sshd'"),
        ("journalmatch", "A='1", "a closing quote for each opening one"),
    ],
)
def test_bad(option, text, expected):
    """It is said what was expected."""
    assert values.expected(option, text) == expected


def test_hints():
    """A near word is proposed; a number sign behind a value is explained."""
    assert values.hint("backend", "sytemd") == "did you mean 'systemd'?"
    assert values.hint("bantime", "1h # one hour").startswith("# begins no comment")
    assert values.hint("bantime", "abc") == ""
