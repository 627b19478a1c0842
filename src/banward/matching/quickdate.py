"""The date of a line at a glance, for the most frequent formats at the begin of a line.

A glance says only where such a date stands and what two dates that mean the same have in common. It
never says what time that is: that is asked once of the detector, which stays the judge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Glance", "glance_of", "head_of"]

Glance = tuple[tuple[str | None, ...], int, int, int]
"""What dates with the same time have in common; indices of the first and behind the last letter;
index behind all that was looked at, so that a line that begins alike up to there has this date."""

# Behind each date stands what no format of the lists takes as a part of it. Fractions of a second
# are left out of what dates have in common, as they are left out of the time.
_LOOKED_AT: Final = 2  # characters behind a date that tell its end
_AT_BEGIN: Final = (
    r"(?:((?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d)(?= (?!\d))"
    r"|(20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,]\d{1,6})?([+-]\d\d:\d\d|Z)(?= ))"
)
_HEADS: Final = {"{^LN-BEG}": _AT_BEGIN}
_FORMATS: Final = {
    "{^LN-BEG}": re.compile(r"\W{0,2}" + _AT_BEGIN),
    r"^[^\[]*\[({DATE})": re.compile(
        r"[^\[]*\[(\d\d/[A-Z][a-z]{2}/20\d\d:\d\d:\d\d:\d\d [+-]\d{4})\](?:(?!)()())?"
    ),
}


def glance_of(datepattern: str) -> Callable[[str], Glance | None] | None:
    """How to look at lines with these date patterns; None if nothing is known of them.

    Args:
        datepattern: the patterns of a filter.
    """
    regex = _FORMATS.get(datepattern.strip())
    if regex is None:
        return None
    match = regex.match

    def glance(line: str) -> Glance | None:
        found = match(line)
        if found is None:
            return None
        key, behind = found.groups(), found.end() + _LOOKED_AT
        if key[1] is None:
            return (key, *found.span(1), behind)
        return (key, found.start(2), found.end(3), behind)

    return glance


def head_of(datepattern: str) -> str | None:
    """A regex for the dates of these formats that a line may begin with; None if there is none.

    Args:
        datepattern: the patterns of a filter.
    """
    return _HEADS.get(datepattern.strip())
