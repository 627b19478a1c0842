"""How the date of a line hangs on the lines before it, and what a date does to a line's text.

Formats stick (config-and-filters.md 3.5), so a line that is left out can change how a later one is
read. Where that can be, lines that are left out still have to be dated, in their order.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from banward.matching.quickdate import glanced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.matching.dates.detector import DateDetector

__all__ = ["DateState"]

_FLAGS = re.compile(r"\(\?[a-z]+\)")
_AT_BEGIN: Final = ("^((", r"^\W{0,2}((")  # the date is at the line start, behind two signs at most
_SIGNS = re.compile(r"\W{0,2}")
_WORDS = re.compile(r"\W?\w+|\W")
# A pattern such as ^[^\[]*\[(...), whose date follows an opening bracket.
_MARK = re.compile(
    r"\^\(\?:(?:[^()\\\[]|\\.|\[\^?(?:\\.|[^\]\\])+\])*"  # no bracket before the date
    r"\\(\[)\((?!\?)"
)

# Line starts that every pattern that matches reads alike, for lists of patterns that all begin at
# the line start: whatever the lines before were, the date is the same.
_CLEAR: Final = {
    "{^LN-BEG}": re.compile(
        r"\W{0,2}(?:"
        r"[A-Z][a-z]{2} (?:[A-Z][a-z]{2} )?[ 0-3]\d \d\d:\d\d:\d\d[ .]"
        r"|20\d\d([-/])\d\d\1\d\d[T ]\d\d:\d\d:\d\d"
        r")"
    ),
    r"^[^\[]*\[({DATE})": re.compile(
        r"[^\[]*\[\d\d/[A-Z][a-z]{2}/20\d\d:\d\d:\d\d:\d\d [+-]\d{4}\]"
    ),
}
_NEVER = re.compile(r"(?!)")


class DateState:
    """What is known of the patterns of a detector.

    Args:
        detector: the detector, as it is made.
        datepattern: what it is made from.
    """

    def __init__(self, detector: DateDetector, datepattern: str) -> None:
        self._templates = detector.templates()
        self._single = len(self._templates) == 1
        self._is_default = not datepattern.strip()
        self._clear = _CLEAR.get(datepattern.strip()) or glanced(datepattern) or _NEVER

    def is_clear(self, line: str) -> bool:
        """Whether the date that is found in a line is the same whatever came before it.

        Args:
            line: the line without its end.
        """
        return self._single or self._clear.match(line) is not None

    @property
    def is_sticky(self) -> bool:
        """Whether no line at all is clear, so that every line has to be dated."""
        return not self._single and self._clear is _NEVER

    @functools.cached_property
    def gap(self) -> str | None:
        """The character behind which a date is cut out that is not at the begin of its line.

        Empty if all dates are at the begin, where two signs at most stand before them. None if
        they may be elsewhere.
        """
        elsewhere = {front for front in self._fronts if not front.startswith(_AT_BEGIN)}
        marks = {_mark_before(front) for front in elsewhere} or {""}
        gap = marks.pop()
        return None if marks or (elsewhere and not gap) else gap

    @property
    def _fronts(self) -> set[str]:
        return {_FLAGS.sub("", template.regex, count=1) for template in self._templates}

    def pieces(self, literal: str) -> Iterable[str]:
        """Pieces of a literal, one of which stands in the raw line if the literal is in its text.

        The text of a line is what is left when its date is cut out, so a literal may be torn in
        two in the raw line.

        Args:
            literal: a literal in the text that regexes see.
        """
        return self._tear(literal)

    @functools.cached_property
    def _tear(self) -> Callable[[str], Iterable[str]]:
        """Where a date can tear a literal, by what the patterns say of the place of the date."""
        gap = self.gap
        begins = [front.startswith(_AT_BEGIN) for front in self._fronts]
        if all(begins):
            # Before the date stand at most two signs that are no part of a word.
            return lambda literal: (_SIGNS.sub("", literal, count=1),)
        if self._is_default:
            # Every date of the default list ends with a part of a word, so none follows it.
            return lambda literal: (max(_WORDS.findall(literal), key=len, default=""),)
        if gap and not any(begins):
            return lambda literal: (max(literal.split(gap), key=len),)
        return _halves


def _mark_before(front: str) -> str:
    """The character that stands before the date, if it is always the same one, else nothing."""
    found = _MARK.match(front)
    return found[1] if found else ""


def _halves(literal: str) -> Iterable[str]:
    """The date may be anywhere; but it can tear only one of two halves."""
    middle = len(literal) // 2
    return (literal[:middle], literal[middle:])
