"""The default formats, and how the option ``datepattern`` becomes a list of templates.

The list is that of config-and-filters.md 3.4, the special words those of 3.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banward.errors import PatternError
from banward.matching.dates.templates import LINE_BEGIN, Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.matching.dates.localtime import Zone

__all__ = ["DEFAULTS", "load"]

_ISO = r"%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T| {1,2})%H:%M:%S(?:[.,]%f)?(?:\s*%z)?"
_SYSLOG = r"(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?"

DEFAULTS = (
    _ISO,
    _SYSLOG,
    r"(?:%a )?%b %d %ExY %k:%M:%S(?:\.%f)?",
    r"%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S",
    r"%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?",
    r"%m/%d/%ExY:%H:%M:%S",
    r"%m-%d-%ExY %k:%M:%S(?:\.%f)?",
    "EPOCH",
    "{^LN-BEG}%H:%M:%S",
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

_SIGN = re.compile(r"\d:\d|\d{8}|@[0-9a-f]{24}")
"""What a line with a date in a default format has: a time, a run of digits, or a TAI64N label."""

# A number alone counts at the line start, in [...] there, or in audit(...:digits) (3.2).
_NUMBER_PLACE = r"(?:^|(?<=^\[)(?=[\d.]+\])|(?<=\baudit\()(?=[\d.]+:\d+\)))"
# Special words: the pattern for any place, the one for the line start, and the name in reports.
_WORDS = {
    "EPOCH": (_NUMBER_PLACE + "{EPOCH}", "{EPOCH}", "Epoch"),
    "LEPOCH": (_NUMBER_PLACE + "{LEPOCH}", "{LEPOCH}", "LongEpoch"),
    "TAI64N": ("{TAI64N}", "{TAI64N}", "TAI64N"),
    "ISO8601": (_ISO, _ISO, ""),
}
_WORD = re.compile(
    r"(?P<mark>\{\^LN-BEG\}|\^)?(?P<word>EPOCH|LEPOCH|TAI64N|ISO8601)", re.IGNORECASE
)
_KEYWORD = re.compile(r"\{(?:\^LN-BEG|UNB|NONE|DEFAULT|DATE|L?EPOCH)\}", re.IGNORECASE)


def load(datepattern: str, zone: Zone) -> list[Template]:
    """The templates of the option ``datepattern``, in the order in which they are tried at first.

    Args:
        datepattern: one pattern a line; empty for the default list.
        zone: where dates without zone are from.

    Raises:
        PatternError: a pattern can't be used, or stands twice.
    """
    loaded: dict[str, Template] = {}
    for line in _lines(datepattern):
        templates = list(_templates(line, zone))
        if len(templates) == 1 and templates[0].name in loaded:
            raise PatternError(f"There is already a template with name {templates[0].name}")
        for template in templates:
            loaded.setdefault(template.name, template)
    return list(loaded.values())


def _lines(datepattern: str) -> list[str]:
    lines = [line.strip() for line in datepattern.splitlines() if line.strip()] or ["{DEFAULT}"]
    # Without a token the case of the special words does not matter (3.2).
    return [
        line if "%" in line else _KEYWORD.sub(lambda match: match[0].upper(), line)
        for line in lines
    ]


def _templates(line: str, zone: Zone) -> Iterator[Template]:
    if line == "{DEFAULT}":
        yield from (_default(LINE_BEGIN + each, zone) for each in DEFAULTS if not _anchored(each))
        yield from (_default(each, zone) for each in DEFAULTS)
    elif line == LINE_BEGIN:
        yield from (_default(LINE_BEGIN + each, zone) for each in DEFAULTS if not _anchored(each))
        yield from (_default(each, zone) for each in DEFAULTS if _anchored(each))
    elif "{DATE}" in line:
        yield from _with_date(line, zone)
    else:
        template = _one(line, zone)
        template.compile()
        yield template


def _anchored(pattern: str) -> bool:
    return pattern.startswith(("^", LINE_BEGIN))


def _default(pattern: str, zone: Zone) -> Template:
    claim = 100 if pattern.startswith(LINE_BEGIN) and pattern not in DEFAULTS else 1
    return _one(pattern, zone, claim=claim, sign=_SIGN)


def _with_date(line: str, zone: Zone) -> Iterator[Template]:
    """The line with each default format in place of ``{DATE}``; the first shows what is wrong.

    The others are made when they are needed. (A line like ``%Z {DATE}``, with which one of them has
    a token twice, goes on without that one.)
    """
    for number, each in enumerate(DEFAULTS):
        template = _one(line.replace("{DATE}", each.removeprefix(LINE_BEGIN)), zone)
        if number == 0:
            template.compile()
        yield template


def _one(line: str, zone: Zone, *, claim: int = 1, sign: re.Pattern[str] | None = None) -> Template:
    if line == "{NONE}":
        return Template("{UNB}^", zone=zone, shown=line)
    special = _WORD.fullmatch(line)
    if special is None:
        return Template(line, zone=zone, claim=claim, sign=sign)
    pattern, at_begin, name = _WORDS[special["word"].upper()]
    if special["mark"]:
        pattern, name = LINE_BEGIN + at_begin, name and LINE_BEGIN + name
    return Template(pattern, zone=zone, shown=line, name=name, claim=claim, sign=sign)
