"""One date pattern, as a regex that is compiled at its first use. Knows nothing of its siblings."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from banward.errors import PatternError
from banward.matching.dates.reading import Reading, read
from banward.matching.dates.tokens import expand, ignores_case, report_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.matching.dates.defaults import Sign
    from banward.matching.dates.localtime import Zone

__all__ = ["LINE_BEGIN", "Template"]

LINE_BEGIN = "{^LN-BEG}"
"""The mark for a pattern at the line start that may follow two characters of no word (3.2)."""

# What may stand before a pattern (config-and-filters.md 3.2), in any order.
_MARKS = re.compile(r"(?:\{UNB\}|\{\^LN-BEG\}|\*\*|\^|\(\?[aimsux]+\))*")
_FLAGS = re.compile(r"\(\?([aimsux]+)\)")
# A capturing bracket (3.3) is one that is neither escaped, nor in a class, nor followed by "?".
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<bracket>\((?!\?))", re.DOTALL)
_BEGINS_IN_BRACKET = re.compile(r"(?:\((?:\?:|\?P<\w+>)?)+\^")
# What ends a pattern without a word boundary, if it is not escaped itself.
_END = re.compile(r"(?<!\\)(?:\\\\)*(?P<mark>\$|\\b|\\s|\*\*)\Z")
_NOT_INSIDE_A_WORD = r"(?!\B\w)"
_MOST_READINGS = 64


class Template:
    """A date pattern of a detector, with what it met so far.

    Args:
        pattern: the pattern, with single ``%``.
        zone: where dates without zone are from.
        shown: the pattern as users know it, where that differs.
        name: how reports call it; by default it is made from the pattern (3.4).
        claim: 100 for the line-start variants of the default list, else 1 (3.5).
        sign: what every line with such a date has, so that other lines can be left out.

    Attributes:
        search: finds the pattern in a line; group 1 of its match is the date that is cut (3.3).
        anchored: true if the pattern is bound to the begin or the end of the line.
        hits: how many lines it was used for.
        start: index of the first character that it matched in the last of them.
        end: index after the last character that it matched there.
    """

    search: Callable[[str], re.Match[str] | None]
    _match_at: Callable[[str, int], re.Match[str] | None]

    def __init__(
        self,
        pattern: str,
        *,
        zone: Zone,
        shown: str = "",
        name: str = "",
        claim: int = 1,
        sign: Sign | None = None,
    ) -> None:
        self.sign = sign
        self._marks, self._body, end = _split(pattern)
        self.pattern = shown or pattern
        self.name = name or report_name(pattern.replace("{UNB}", ""))
        self.anchored = "^" in self._marks or end == "$"
        self.hits = 0
        self.start = 0
        self.end = 0
        self.search = self._first_search
        self._bound_behind = not end and "{UNB}" not in self._marks
        self._claim = claim
        self._zone = zone
        self._has_bracket = any(part["bracket"] for part in _PARTS.finditer(self._body))
        self._readings: dict[tuple[str | None, ...], Reading] = {}

    def __repr__(self) -> str:
        return f"Template({self.pattern!r}, hits={self.hits})"

    @property
    def regex(self) -> str:
        """The text of the regex.

        Raises:
            PatternError: the pattern has an unknown token.
        """
        flags = "".join(_FLAGS.findall(self._marks)) + ("i" if ignores_case(self._body) else "")
        inner = expand(self._body)
        inner = f"(?:{inner})" if self._has_bracket else f"((?:{inner}))"
        behind = _NOT_INSIDE_A_WORD if self._bound_behind else ""
        return (f"(?{flags})" if flags else "") + self._front() + inner + behind

    @property
    def weight(self) -> float:
        """Its claim to an earlier place among its siblings (config-and-filters.md 3.5)."""
        return self.hits * self._claim / max(1, self.start)

    def compile(self) -> None:
        """Make the regex, which the first search does otherwise.

        Raises:
            PatternError: the pattern can't be used; the text begins "Failed to set datepattern".
        """
        try:
            with warnings.catch_warnings():
                # Doubts of Python about brackets in a class are not the user's concern here.
                warnings.simplefilter("ignore")
                regex = _with_group(re.compile(self.regex))
        except (PatternError, re.error, OverflowError, RecursionError, ValueError) as error:
            raise PatternError(
                f"Failed to set datepattern {self.pattern!r}: {error}"
                " (a literal percent sign is written %%, and every token may occur once)"
            ) from error
        self.search = regex.match if "^" in self._marks else regex.search
        self._match_at = regex.match

    def search_same_place(self, line: str) -> re.Match[str] | None:
        """The pattern, if it matches exactly where it did in the last line it was used for."""
        match = self._match_at(line, self.start)
        return match if match and match.end() == self.end else None

    def time(self, match: re.Match[str], now: float) -> float | None:
        """The time that a match of ``search`` stands for.

        Args:
            match: what ``search`` gave.
            now: the present moment in seconds since the epoch, for what the date leaves out.

        Returns:
            Seconds since the epoch; None if the date can't be used.
        """
        # Our own bracket is no field; with it left out, fractions of a second make no difference.
        key = match.groups() if self._has_bracket else match.groups()[1:]
        reading = self._readings.get(key)
        if reading is None or not reading.since <= now < reading.until:
            reading = read(match.groupdict(), self._zone, now)
            if len(self._readings) >= _MOST_READINGS:
                self._readings.clear()
            self._readings[key] = reading
        return reading.time

    def _first_search(self, line: str) -> re.Match[str] | None:
        try:
            self.compile()
        except PatternError:
            self.search = _never
        return self.search(line)

    def _front(self) -> str:
        marks = self._marks.replace(LINE_BEGIN, "")
        if "^" in marks:
            return "^"
        if LINE_BEGIN in self._marks:
            return r"^\W{0,2}"
        free = "**" in marks or "{UNB}" in marks or _BEGINS_IN_BRACKET.match(self._body)
        return "" if free else _NOT_INSIDE_A_WORD


def _split(pattern: str) -> tuple[str, str, str]:
    """The marks in front, the pattern proper, and what ends it without a word boundary."""
    found = _MARKS.match(pattern)
    begin = found.end() if found else 0
    body = pattern[begin:]
    end = found["mark"] if (found := _END.search(body)) else ""
    return pattern[:begin], body.removesuffix("**") if end == "**" else body, end


def _with_group(regex: re.Pattern[str]) -> re.Pattern[str]:
    if not regex.groups:
        raise PatternError("a bracket in a comment is no group that can be cut")
    return regex


def _never(_line: str) -> None:
    """The search of a pattern that can't be made."""
