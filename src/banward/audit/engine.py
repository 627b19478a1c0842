"""Whom a filter makes responsible for a text, by the real engine. Builds no texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from banward.audit.column import column_of
from banward.matching.captures import Captures
from banward.matching.examiner import Examiner
from banward.matching.identity import identify
from banward.matching.pattern import Pattern, compile_failregex, compile_pattern

if TYPE_CHECKING:
    from banward.settings import FilterSettings

__all__ = ["NOW", "Trial", "Tried", "named_by"]

NOW = 1_700_000_000.0
"""The time of every line that is tried."""


class Tried(Protocol):
    """One pattern of a filter that says who failed, and the filter around it.

    Attributes:
        option: the option that holds it.
        written: the pattern as it is configured.
        prefix: what a text has to match before, if anything.
        fail: the pattern.
        is_whole: whether it has to match a text from its first character to its last.
    """

    option: str
    written: str
    prefix: Pattern | None
    fail: Pattern
    is_whole: bool

    def who(self, text: str) -> str:
        """Whom this pattern alone names; empty for nobody."""

    def prove(self, text: str) -> str:
        """Whom the whole filter names."""

    def line(self, text: str) -> str:
        """The line that holds such a text."""

    def column(self, number: int) -> int:
        """Where in ``written`` a repetition ends, from 1; 0 if that can't be said."""


def named_by(whole: Examiner, lines: str) -> str:
    """Whom a filter names at last for some lines, one after the other; empty for nobody.

    Args:
        whole: the filter.
        lines: the lines without their dates.
    """
    tried = (whole.examine(line, NOW, check_all=False, stamp=NOW) for line in lines.split("\n"))
    hits = [hit for each in tried for hit in each.hits]
    identity = whole.identify(hits[-1].data) if hits and hits[-1].ignored_by is None else None
    return str(identity.subject or "") if identity else ""


class Trial:
    """One failregex of a filter, behind its prefregex; it may be one for several lines.

    Args:
        settings: the filter.
        number: which failregex, from 0.

    Raises:
        PatternError: a pattern can't be compiled.
    """

    option = "failregex"
    is_whole = False

    def __init__(self, settings: FilterSettings, number: int) -> None:
        names = settings.usedns != "no"
        prefix = settings.prefregex.strip()
        self.settings = settings
        self.prefix: Pattern | None = compile_pattern(prefix, names=names) if prefix else None
        given = frozenset(self.prefix.groups) - {"content"} if self.prefix else frozenset()
        self.fail: Pattern = compile_failregex(
            settings.failregex[number], names=names, multiline=settings.maxlines > 1, given=given
        )
        self.written = self.fail.written
        self._captures = Captures(self.fail.groups, given)
        self._usedns = settings.usedns

    def who(self, text: str) -> str:
        """Whom this failregex alone names; empty for nobody.

        Args:
            text: the line behind its date, or the lines.
        """
        text, prefix = f"{text}\n", {}
        if self.prefix is not None:
            before = self.prefix.regex.search(text)
            if before is None:
                return ""
            prefix = before.groupdict()
            content = prefix.pop("content", None)
            text = f"{content}\n" if content else text
        found = self.fail.regex.search(text)
        if found is None:
            return ""
        identity = identify(self._captures.join(prefix, found.groupdict()), self._usedns)
        return str(identity.subject or "") if identity else ""

    def prove(self, text: str) -> str:
        """Whom the whole filter names, with the first of its failregexes that matches.

        Args:
            text: the line behind its date, or the lines.
        """
        return named_by(Examiner(replace(self.settings, failjson=())), text)

    def line(self, text: str) -> str:
        """The line that holds such a text: itself."""
        return text

    def column(self, number: int) -> int:
        """Where the failregex has a repetition."""
        return column_of(self.fail, number)
