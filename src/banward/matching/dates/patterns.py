"""How the option ``datepattern`` becomes a list of templates (config-and-filters.md 3.2).

Knows neither lines of logs nor times.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banward.errors import PatternError
from banward.matching.dates.defaults import DEFAULTS, SIGNS, WORDS, Sign
from banward.matching.dates.templates import LINE_BEGIN, Template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.matching.dates.localtime import Zone

__all__ = ["load"]

_AHEAD = 100
"""The claim of the line-start variants of the default formats (3.5)."""

_WORD = re.compile(
    rf"(?P<mark>{re.escape(LINE_BEGIN)}|\^)?(?P<word>{'|'.join(WORDS)})", re.IGNORECASE
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
    if line in ("{DEFAULT}", LINE_BEGIN):
        for each in DEFAULTS:
            if not _is_anchored(each):
                yield _one(LINE_BEGIN + each, zone, claim=_AHEAD, sign=SIGNS[each])
        for each in DEFAULTS:
            if line == "{DEFAULT}" or _is_anchored(each):
                yield _one(each, zone, sign=SIGNS[each])
    elif "{DATE}" in line:
        yield from _with_date(line, zone)
    else:
        template = _one(line, zone)
        template.compile()
        yield template


def _is_anchored(pattern: str) -> bool:
    return pattern.startswith(("^", LINE_BEGIN))


def _with_date(line: str, zone: Zone) -> Iterator[Template]:
    """The line with each default format in place of ``{DATE}``.

    The line itself and the first of them show what is wrong; the others are made when they are
    needed. (A line like ``%Z {DATE}``, with which one of them has a token twice, goes on without
    that one.)
    """
    Template(line, zone=zone).compile()
    first = True
    for each in DEFAULTS:
        filled = line.replace("{DATE}", each.removeprefix(LINE_BEGIN))
        if each not in WORDS or _WORD.fullmatch(filled):
            template = _one(filled, zone)
        else:
            word = WORDS[each]
            pattern, name = (line.replace("{DATE}", part) for part in (word.anywhere, word.name))
            template = Template(pattern, zone=zone, shown=filled, name=name)
        if first:
            template.compile()
        first = False
        yield template


def _one(line: str, zone: Zone, *, claim: int = 1, sign: Sign | None = None) -> Template:
    if line == "{NONE}":
        return Template("{UNB}^", zone=zone, shown=line)
    special = _WORD.fullmatch(line)
    if special is None:
        return Template(line, zone=zone, claim=claim, sign=sign)
    pattern, at_begin, name = WORDS[special["word"].upper()]
    if special["mark"]:
        pattern, name = LINE_BEGIN + at_begin, name and LINE_BEGIN + name
    return Template(pattern, zone=zone, shown=line, name=name, claim=claim, sign=sign)
