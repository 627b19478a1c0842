r"""The date of a line at a glance, for the most frequent formats and places.

A glance says only where such a date stands and what two dates that mean the same have in common. It
never says what time that is: that is asked once of the detector, which stays the judge.

    at the begin      {^LN-BEG}                      Nov 14 22:13:20 srv …, [2023-11-14 22:13:20] …
    in a web log      ^[^\[]*\[({DATE}) and others   192.0.2.1 - - [14/Nov/2023:22:13:20 +0000] "…
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Glance", "Head", "glance_of", "glanced", "head_of", "stands_inside"]

Glance = tuple[tuple[str | None, ...], int, int, int]
"""What dates with the same time have in common; indices of the first and behind the last letter;
index behind all that was looked at, so that a line that begins alike up to there has this date."""


class Head(NamedTuple):
    """Regexes, for both ``re`` and PCRE2, for lines whose date is seen at a glance.

    A date that does not stand at the begin of its line can be moved there.

    Args:
        date: a date at the begin of its line.
        before: what stands before a date that is to be moved.
        moved: such a date, with a look at what is behind it.
        front: a date at the begin of its line, or moved there; with as many groups as ``date``.
        fake: a date at the begin of its line that looks like one that was moved there.
        sign: what a line begins with whose date is to be moved; empty if that may be many things.
    """

    date: str
    before: str
    moved: str
    front: str
    fake: str
    sign: str = ""


# Behind each date stands what no format of the lists takes as a part of it. Fractions of a second
# are left out of what dates have in common, as they are left out of the time. A group that ends
# with the seconds comes first.
_MONTH: Final = r"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d"
_DAY: Final = r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_SLASHES: Final = r"20\d\d/\d\d/\d\d \d\d:\d\d:\d\d"
_PART: Final = r"(?:[.,]\d{1,6})?"
_NO_ZONE: Final = r"(?= (?![ +-]|[Zz]|[Uu][Tt][Cc]|[Gg][Mm][Tt]))"
_AT_BEGIN: Final = (
    rf"({_MONTH})(?= (?!\d))"
    rf"|({_MONTH})(?:\.\d{{1,6}})?( 20\d\d)(?= )"
    rf"|({_DAY}){_PART}([+-]\d\d:\d\d|Z)(?= )"
    rf"|({_DAY}|{_SLASHES}){_PART}{_NO_ZONE}"
)
_IN_BRACKETS: Final = (
    rf"({_MONTH})(?:\.\d{{1,6}})?( 20\d\d)?|({_DAY}|{_SLASHES}){_PART}([+-]\d\d:\d\d|Z)?"
)
_WEB: Final = r"(\d\d/[A-Z][a-z]{2}/20\d\d:\d\d:\d\d:\d\d)( [+-]\d{4})"
# A line begins with an address, which is no date in any format, and has no other bracket before the
# first quotation mark.
_CLIENT: Final = r'(?:\d{1,3}(?:\.\d{1,3}){3}|[23][0-9a-f]{3}:[0-9a-f:.]*) - [^\s"\[{]+ \['

_NEVER: Final = "(?!)"
_HEADS: Final = {
    "at the begin": Head(
        date=rf"(?:{_AT_BEGIN}|{_NEVER}(?:{_IN_BRACKETS}))",
        before=r"\[",
        moved=rf"(?:{_IN_BRACKETS})(?=\])",
        front=rf"(?:{_AT_BEGIN}|(?:{_IN_BRACKETS})(?=\[))",
        fake=rf"(?:{_IN_BRACKETS})\[",
        sign="[",
    ),
    "in a web log": Head(
        date=_NEVER + _WEB, before=_CLIENT, moved=rf'{_WEB}(?=\] ")', front=_WEB, fake=_WEB
    ),
}
_GLANCES: Final = {
    "at the begin": rf"\W{{0,2}}({_AT_BEGIN}|(?:{_IN_BRACKETS})(?=\]))",
    "in a web log": rf'{_CLIENT}({_WEB})(?=\] ")',
}
_LOOKED_AT: Final = 4  # characters behind a date that tell its end

_LINE_BEGIN: Final = "{^LN-BEG}"
_LABELS: Final = {_LINE_BEGIN, f"{_LINE_BEGIN}TAI64N"}
_BRACKETS: Final = {
    f"{front}({date})"
    for front in (r"^[^\[]*\[", r'^[^"]*\[', r'^[^"{]*\[', r'^[^"\[]*\[')
    for date in ("{DATE}", "%d/%b/%Y:%H:%M:%S %z")
}
# Formats that do not match in a line that begins with an address, and has its date in a bracket.
_OTHERS: Final = {
    _LINE_BEGIN,
    r"{^LN-BEG}%ExY(?P<_sep>[-/.])%m(?P=_sep)%d[T ]%H:%M:%S(?:[.,]%f)?(?:\s*%z)?",
    r'^[^"\[]*nginx\[\d+\]: ({DATE})',
}


def _place_of(datepattern: str) -> str:
    """Where lines with these date patterns have their dates; empty if nothing is known of them."""
    patterns = {line.strip() for line in datepattern.splitlines() if line.strip()}
    if _LINE_BEGIN in patterns and patterns <= _LABELS:
        return "at the begin"
    if patterns & _BRACKETS and patterns <= _BRACKETS | _OTHERS:
        return "in a web log"
    return ""


def glanced(datepattern: str) -> re.Pattern[str] | None:
    """A regex for line starts whose date is the same whatever came before; its place is group 1.

    Args:
        datepattern: the patterns of a filter.

    Returns:
        The regex; None if nothing is known of the patterns.
    """
    regex = _GLANCES.get(_place_of(datepattern))
    return None if regex is None else re.compile(regex)


def glance_of(datepattern: str) -> Callable[[str], Glance | None] | None:
    """How to look at lines with these date patterns; None if nothing is known of them.

    Args:
        datepattern: the patterns of a filter.
    """
    regex = glanced(datepattern)
    if regex is None:
        return None
    match = regex.match

    def glance(line: str) -> Glance | None:
        found = match(line)
        if found is None:
            return None
        begin, end = found.span(1)
        return found.groups()[1:], begin, end, end + _LOOKED_AT

    return glance


def stands_inside(datepattern: str) -> bool:
    """Whether a glance at lines with these date patterns looks behind their first bracket."""
    return _place_of(datepattern) == "in a web log"


def head_of(datepattern: str) -> Head | None:
    """How lines look whose date is seen at a glance; None if nothing is known of the patterns.

    Args:
        datepattern: the patterns of a filter.
    """
    return _HEADS.get(_place_of(datepattern))
