"""Whether the value of an option can be used; says what was expected, and changes nothing.

The server finds out for itself when it is told a value; this is for those who ask beforehand.
Sources: spec server-and-client.md 2.1, config-and-filters.md 1.12, 2.4, 3.7.
"""

from __future__ import annotations

import codecs
import re
import shlex
from typing import TYPE_CHECKING

from banward import timespan
from banward.config.nearest import did_you_mean
from banward.expression import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TOLERATED", "expected", "hint"]

_BACKENDS = ("auto", "pyinotify", "polling", "systemd")
_ON_SIGTERM = ("keep", "lift")
_USEDNS = ("yes", "warn", "no", "raw")
_SWITCHES = (
    "enabled",
    "ignoreself",
    "bantime.increment",
    "bantime.overalljails",
    "skip_if_nologs",
    "systemd_if_nologs",
)
_SWITCH_WORDS = ("1", "on", "true", "yes", "0", "off", "false", "no", "")
_HASH = re.compile(r"\s#")
_ZONE = re.compile(r"(?:[A-Z]{1,5})?(?:[+-]\d{2}:?(?:\d{2})?)?\Z")
_MULTIPLIERS = re.compile(r"\d+(?: \d+)*\Z")

TOLERATED = frozenset({"usedns", "allowipv6", *_SWITCHES})
"""Options whose wrong values the server takes for another one, and goes on."""

_SPAN_WORDS = "seconds, or a time such as 10m, 1h30m, 2w"


def expected(option: str, text: str) -> str:
    """What was expected in place of the value of an option; empty if it will do."""
    test = _TESTS.get(option)
    return test(text) if test else ""


def hint(option: str, text: str) -> str:
    """The likeliest repair of a value, or empty."""
    if _HASH.search(text):
        return "# begins no comment behind a value; write ; or a line of its own"
    return did_you_mean(text, _WORDS.get(option, ()))


def _span(text: str) -> str:
    try:
        timespan.seconds(text)
    except ValueError:
        return _SPAN_WORDS
    return ""


def _switch(text: str) -> str:
    return "" if text.lower() in _SWITCH_WORDS else "true or false (any other word means false)"


def _positive(text: str) -> str:
    return "" if text.isdecimal() and int(text) > 0 else "a whole number above 0"


def _count(text: str) -> str:
    return "" if text.isdecimal() else "a whole number, 0 or more"


def _backend(text: str) -> str:
    return "" if text.partition("[")[0] in _BACKENDS else ", ".join(_BACKENDS)


def _usedns(text: str) -> str:
    return "" if text.lower() in _USEDNS else ", ".join(_USEDNS)


def _encoding(text: str) -> str:
    try:
        codecs.lookup(text if text and text != "auto" else "utf-8")
    except LookupError:
        return "auto, or the name of an encoding such as utf-8 or latin-1"
    return ""


def _zone(text: str) -> str:
    return (
        ""
        if _ZONE.match(text)
        else "an abbreviation such as UTC or CET, or an offset such as UTC+0200"
    )


def _ipv6(text: str) -> str:
    return "" if text.lower() in {*_SWITCH_WORDS, "auto"} else "auto, true or false"


def _on_sigterm(text: str) -> str:
    return "" if text.lower() in _ON_SIGTERM else " or ".join(_ON_SIGTERM)


def _multipliers(text: str) -> str:
    fits = not text or _MULTIPLIERS.match(text)
    return "" if fits else "whole numbers with one blank between them"


def _formula(text: str) -> str:
    try:
        evaluate(text or "1", {"ban.Time": 600, "ban.Count": 1, "banFactor": 1})
    except ValueError as error:
        return f"a formula of ban.Time, ban.Count and banFactor ({error})"
    return ""


def _journalmatch(text: str) -> str:
    try:
        words = [word for line in text.split("\n") for word in shlex.split(line)]
    except ValueError:
        return "a closing quote for each opening one"
    wrong = next((word for word in words if word != "+" and "=" not in word), "")
    return f"FIELD=value or + in place of {wrong!r}" if wrong else ""


_TESTS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(
        (
            "findtime",
            "bantime",
            "bantime.maxtime",
            "bantime.rndtime",
            "dbpurgeage",
            "stop_timeout",
            "look_every",
        ),
        _span,
    ),
    **dict.fromkeys(_SWITCHES, _switch),
    "maxlines": _positive,
    "maxretry": _count,
    "maxmatches": _count,
    "backend": _backend,
    "usedns": _usedns,
    "logencoding": _encoding,
    "logtimezone": _zone,
    "bantime.multipliers": _multipliers,
    **dict.fromkeys(("bantime.factor", "bantime.formula"), _formula),
    "allowipv6": _ipv6,
    "bans_on_sigterm": _on_sigterm,
    "max_ban_rate": _count,
    "journalmatch": _journalmatch,
}

_WORDS: dict[str, tuple[str, ...]] = {
    "backend": _BACKENDS,
    "usedns": _USEDNS,
    "bans_on_sigterm": _ON_SIGTERM,
    **dict.fromkeys(_SWITCHES, ("true", "false")),
}
