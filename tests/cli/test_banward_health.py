from __future__ import annotations

from banward.cli.banward_health import health_lines

REGEX = {"jail": "j", "pattern": "(a+)+ <HOST>", "source": "/log", "line": "a\x1b[31m", "at": 1.0}


def test_nothing_is_told_if_all_is_well():
    """A server that keeps up has no such lines."""
    assert list(health_lines({"quarantine": [], "lag": []})) == []


def test_what_is_amiss_is_told():
    """The regex with its line, harmless for the terminal, and what to do; the log with its lag."""
    lag = {"source": "/log", "size": 10, "age": 61.2}
    assert list(health_lines({"quarantine": [REGEX], "lag": [lag]})) == [
        "In quarantine, not tried any more, since it ran too long on a line:",
        "  [j] (a+)+ <HOST>",
        "    /log: a\\x1b[31m",
        "    Write it so that it can't run away, then: fail2ban-client reload j",
        "Not read to its end yet:",
        "  /log: 10 bytes, the oldest for 1m 1s",
    ]
