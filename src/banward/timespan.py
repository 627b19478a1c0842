"""Spans of time as administrators write them: ``10m``, ``1d 12h`` (server-and-client.md 2.2).

Numbers with units that follow each other are added; ``+ - * / //`` and parentheses work too.
"""

from __future__ import annotations

import re
from typing import Final

from banward.expression import ExpressionError, Number, evaluate

__all__ = ["human", "seconds"]

_YEAR: Final = 31_557_600.0  # 365.25 days
_UNITS: Final[tuple[tuple[str, Number], ...]] = (
    ("years|year|yea|ye|yy|y", _YEAR),
    ("months|month|mon|mo", _YEAR / 12),
    ("weeks|week|wee|we|ww|w", 604_800),
    ("days|day|da|dd|d", 86_400),
    ("hours|hour|hou|ho|hh|h", 3_600),
    ("minutes|minute|min|mi|mm|m", 60),
    ("seconds|second|sec|ss|se|s", 1),
)
_WORD: Final = re.compile(
    "(?P<number>(?:\\d[\\d_]*)?\\.?\\d[\\d_]*\\.?)"
    f"\\s*(?P<unit>{'|'.join(spellings for spellings, _ in _UNITS)})?(?![a-z])"
    "|(?P<operator>//|[-+*/()])|(?P<blank>\\s+)",
    re.IGNORECASE | re.ASCII,
)
_SECONDS: Final = {name: size for names, size in _UNITS for name in names.split("|")}


def seconds(text: str) -> Number:
    """The number of seconds of a span; an integer unless months, years or fractions are in it.

    Raises:
        ValueError: it can't be understood; the text says what was expected.
    """
    terms: list[str] = []
    had_unit = False
    at = 0
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None:
            raise ValueError(_refusal(text))
        if word["number"]:
            if terms and terms[-1][-1] not in "+-*/(":
                # `1m 30` is a minute and a half; a second number without unit is a mistake.
                if not word["unit"] and had_unit and "*" not in terms[-1]:
                    raise ValueError(_refusal(text))
                terms.append("+")
            terms.append(_term(word["number"], word["unit"]))
            had_unit = had_unit or bool(word["unit"])
        elif word["operator"]:
            terms.append(word["operator"])
        at = word.end()
    try:
        return evaluate(" ".join(terms))
    except ExpressionError as error:
        raise ValueError(_refusal(text)) from error


def _term(number: str, unit: str | None) -> str:
    size = _SECONDS[unit.lower()] if unit else 1
    # Leading zeros would be refused as an octal number of old.
    digits = number.lstrip("0_") if "." not in number else number
    return f"{digits or '0'}*{size}" if unit else digits or "0"


def _refusal(text: str) -> str:
    return f"Wrong time {text!r}: expected seconds, or numbers with units such as 1h 30m"


def human(span: Number) -> str:
    """A span in words, coarse: ``1h 30m``, ``2d 7h 15m``, ``1y 3w 4d`` (2.2)."""
    whole = round(span)
    step, units = next((step, units) for least, step, units in _TIERS if whole >= least)
    rest = round(whole / step) * step
    parts = []
    for size, name in units:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts) or "0"


_DAY: Final = 86_400
# From this many seconds on: the precision in seconds, and the units that are shown.
_TIERS: Final = (
    (_DAY * 365, _DAY, ((_DAY * 365, "y"), (_DAY * 7, "w"), (_DAY, "d"))),
    (_DAY * 7, 3_600, ((_DAY * 7, "w"), (_DAY, "d"), (3_600, "h"))),
    (_DAY, 60, ((_DAY, "d"), (3_600, "h"), (60, "m"))),
    (3_595, 10, ((3_600, "h"), (60, "m"))),
    (float("-inf"), 1, ((60, "m"), (1, "s"))),
)
