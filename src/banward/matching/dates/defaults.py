"""The default formats and the special words of date patterns, as data. Knows no templates.

The list is that of config-and-filters.md 3.4, the words those of 3.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["DEFAULTS", "SIGNS", "WORDS", "Sign", "Word"]

_ISO = r"%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T| {1,2})%H:%M:%S(?:[.,]%f)?(?:\s*%z)?"
_SYSLOG = r"(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?"
_WEB = r"%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?"
_CLOCK = "{^LN-BEG}%H:%M:%S"

DEFAULTS = (
    _ISO,
    _SYSLOG,
    r"(?:%a )?%b %d %ExY %k:%M:%S(?:\.%f)?",
    r"%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S",
    _WEB,
    r"%m/%d/%ExY:%H:%M:%S",
    r"%m-%d-%ExY %k:%M:%S(?:\.%f)?",
    "EPOCH",
    _CLOCK,
    "^<%m/%d/%Exy@%H:%M:%S>",
    "%Exy%Exm%Exd {1,2}%H:%M:%S",
    "%b %d, %ExY %I:%M:%S %p",
    "^%b-%d-%Exy %k:%M:%S",
    r"%ExY%Exm%Exd(?:[-T]| {1,2})%ExH:?%ExM:?%ExS(?:[.,]%f)?(?:\s*%z)?",
    f"(?:%Z )?{_SYSLOG}",
    f"(?:%z )?{_SYSLOG}",
    "TAI64N",
)
"""The default formats in the order in which they are tried; words of capitals are special."""


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """What every line has that has a date in one of certain formats; each is one of its own.

    Args:
        regex: finds it.
    """

    regex: re.Pattern[str]


_TIME = Sign(re.compile(r"\d:\d"))
_MORE = Sign(re.compile(r"\d(?:T| {1,2})\d\d?:\d|\d/\d{4}:\d|\d{8}|@(?:\d|[0-9a-f]{24})"))
"""A time behind a digit and blanks, or behind a year of digits; a run of digits; a label."""

SIGNS = {pattern: _TIME if pattern in (_WEB, _CLOCK) else _MORE for pattern in DEFAULTS}
"""The sign of each default format. Few lines of a web server have the second one."""


class Word(NamedTuple):
    """What a special word stands for.

    Args:
        anywhere: the pattern for the word alone.
        at_begin: the pattern after the mark for the line start.
        name: what reports call it; empty for the name of the pattern.
    """

    anywhere: str
    at_begin: str
    name: str


# A number alone counts at the line start, in [...] there, or in audit(...:digits).
_NUMBER_PLACE = r"(?:^|(?<=^\[)(?=[\d.]+\])|(?<=\baudit\()(?=[\d.]+:\d+\)))"
WORDS = {
    "EPOCH": Word(_NUMBER_PLACE + "{EPOCH}", "{EPOCH}", "Epoch"),
    "LEPOCH": Word(_NUMBER_PLACE + "{LEPOCH}", "{LEPOCH}", "LongEpoch"),
    "TAI64N": Word("{TAI64N}", "{TAI64N}", "TAI64N"),
    "ISO8601": Word(_ISO, _ISO, ""),
}
"""The special words that stand for one pattern."""
