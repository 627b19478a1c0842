"""The ``%`` tokens of date patterns: what each accepts, and its name in reports.

Knows neither lines nor times; ``reading.py`` says what the captured fields mean.
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, NamedTuple

from banward.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DAYS", "MONTHS", "ZONE", "expand", "ignores_case", "report_name"]

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
"""English names of the months, in lower case; short names are the first three letters."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""English names of the days, from Monday, in lower case."""

_OFFSET = r"[+-][01]\d(?::?\d\d)?"
ZONE = rf"(?-i:[A-Z]{{3,5}}|[A-Z])(?:{_OFFSET})?|{_OFFSET}"
"""A zone with name, with offset, or with both (``CET``, ``+0100``, ``UTC+01:00``).

Names of zones are capitals even where the pattern ignores case, so that "Tue" and "host" are none.
"""


def _one_of(names: Iterable[str]) -> str:
    """A regex of names, which looks at the first letter before it tries them one by one."""
    names = tuple(names)
    return f"(?=[{''.join(sorted({name[0] for name in names}))}])(?:{'|'.join(names)})"


class _Token(NamedTuple):
    """What a token stands for.

    Args:
        group: name of the captured field; empty if its text does not matter.
        accepts: regex of its text.
        name: what reports call it; empty for the token itself.
        before: regex of what may stand before the field.
    """

    group: str
    accepts: str
    name: str = ""
    before: str = ""


# config-and-filters.md 3.1. Blanks stand in brackets, so that they count under the flag "x" too.
_TOKENS = {
    "Y": _Token("Y", r"\d{4}", "Year"),
    "ExY": _Token("Y", r"20\d\d", "ExYear"),
    "y": _Token("y", r"\d\d", "Year2"),
    "Exy": _Token("y", r"\d\d", "ExYear2"),
    "m": _Token("m", "1[0-2]|0?[1-9]", "Month"),
    "Exm": _Token("m", "1[0-2]|0[1-9]", "ExMonth"),
    "d": _Token("d", r"3[01]|[12]\d|[ 0]?[1-9]", "Day"),
    "Exd": _Token("d", r"3[01]|[12]\d|0[1-9]", "ExDay"),
    "H": _Token("H", r"2[0-3]|[01]?\d", "24hour"),
    "ExH": _Token("H", r"2[0-3]|[01]\d", "Ex24hour"),
    "k": _Token("H", r"[0-2]?\d", before="[ ]?"),
    "Exk": _Token("H", r"2[0-3]|[01]?\d", before="[ ]?"),
    "I": _Token("I", "1[0-2]|0?[1-9]", "12hour"),
    "l": _Token("I", r"1?\d", before="[ ]?"),
    "Exl": _Token("I", r"1[0-2]|\d", "Ex%l", before="[ ]?"),
    "p": _Token("p", "am|pm", "AMPM"),
    "M": _Token("M", r"[0-5]?\d", "Minute"),
    "ExM": _Token("M", r"[0-5]\d", "ExMinute"),
    "S": _Token("S", r"6[01]|[0-5]?\d", "Second"),
    "ExS": _Token("S", r"6[01]|[0-5]\d", "ExSecond"),
    "f": _Token("", r"\d{1,6}", "Microseconds"),
    "b": _Token("b", _one_of(name[:3] for name in MONTHS), "MON"),
    "B": _Token("B", _one_of(MONTHS), "MONTH"),
    "a": _Token("a", _one_of(name[:3] for name in DAYS), "DAY"),
    "A": _Token("A", _one_of(DAYS), "DAYNAME"),
    "j": _Token("j", r"36[0-6]|3[0-5]\d|[12]\d\d|0?[1-9]\d|0{0,2}[1-9]", "Yearday"),
    "U": _Token("U", r"5[0-3]|[0-4]?\d", "Yearweek"),
    "W": _Token("W", r"5[0-3]|[0-4]?\d", "Yearweek"),
    "w": _Token("w", "[0-6]", "Weekday"),
    "z": _Token("z", f"(?-i:Z|UTC|GMT)|{_OFFSET}", "Zone offset"),
    "Exz": _Token("z", ZONE, "ExZone offset"),
    "Z": _Token("Z", "(?-i:Z|[A-Z]{3,5})", "Zone name"),
    "ExZ": _Token("Z", "(?-i:[A-Z]{3,5}|[A-Z])", "ExZone name"),
    "G": _Token("", r"\d{4}"),
    "V": _Token("", r"5[0-3]|[1-4]\d|0?[1-9]"),
    "u": _Token("", "[1-7]"),
    "s": _Token("epoch", r"\d{10,11}"),
}
_COMPOSITES = {"%c": "%a %b %d %H:%M:%S %Y", "%x": "%m/%d/%y", "%X": "%H:%M:%S"}
_NUMBERS = {
    "{EPOCH}": r"(?P<epoch>\d{10,11}\b(?:\.\d{3,6})?)",
    "{LEPOCH}": r"(?P<lepoch>\d{16}|\d{13}(?:\.\d{1,6})?|\d{10,11})",
    "{TAI64N}": r"(?P<tai>@[0-9a-f]{24})",
}

_OF_LETTERS = frozenset("aAbBpc")
_TOKEN = re.compile(r"%(Ex.?|.?)|\{L?EPOCH\}|\{TAI64N\}", re.DOTALL)


def expand(pattern: str) -> str:
    """The regex of a date pattern: every token whose value counts becomes a named group.

    ``%ExY`` is bound to the year of the system when this is called (config-and-filters.md 3.1).

    Raises:
        PatternError: a token is unknown; the text names it.
    """
    plain = _TOKEN.sub(lambda match: _COMPOSITES.get(match[0], match[0]), pattern)
    return _TOKEN.sub(_regex, plain)


def report_name(pattern: str) -> str:
    """The pattern with the names of its tokens, as reports show it (config-and-filters.md 3.4)."""
    return _TOKEN.sub(_name, pattern)


def ignores_case(pattern: str) -> bool:
    """True if the pattern has a token of letters, which makes all of it ignore case (3.1)."""
    return any(match[1] in _OF_LETTERS for match in _TOKEN.finditer(pattern))


def _regex(match: re.Match[str]) -> str:
    if match[1] is None:
        return _NUMBERS[match[0]]
    if match[1] == "%":
        return "%"
    token = _TOKENS.get(match[1])
    if token is None:
        raise PatternError(f"unknown token {match[0]!r}")
    accepts = _year_of_this_age() if match[1] == "ExY" else token.accepts
    kind = f"?P<{token.group}>" if token.group else "?:"
    return f"{token.before}({kind}{accepts})"


def _name(match: re.Match[str]) -> str:
    if match[1] == "%":
        return "%"
    token = _TOKENS.get(match[1] or "")
    return (token and token.name) or match[0]


def _year_of_this_age() -> str:
    decade = (datetime.datetime.now(tz=datetime.UTC).year + 3) // 10 % 10
    return rf"20[0-{decade}]\d"
