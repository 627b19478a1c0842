"""Whom a filter makes responsible for a text, by the real engine. Builds no texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from banward.matching.captures import Captures
from banward.matching.filter import Filter
from banward.matching.identity import identify
from banward.matching.pattern import Pattern, compile_failregex, compile_pattern

if TYPE_CHECKING:
    from banward.settings import FilterSettings

__all__ = ["Trial"]

_NOW = 1_700_000_000.0


class Trial:
    """One failregex of a filter, behind its prefregex.

    Args:
        settings: the filter.
        number: which failregex, from 0.

    Raises:
        PatternError: a pattern can't be compiled.
    """

    def __init__(self, settings: FilterSettings, number: int) -> None:
        names = settings.usedns != "no"
        prefix = settings.prefregex.strip()
        self.settings = settings
        self.prefix: Pattern | None = compile_pattern(prefix, names=names) if prefix else None
        given = frozenset(self.prefix.groups) - {"content"} if self.prefix else frozenset()
        self.fail: Pattern = compile_failregex(
            settings.failregex[number], names=names, multiline=False, given=given
        )
        self._captures = Captures(self.fail.groups, given)
        self._usedns = settings.usedns

    def who(self, line: str) -> str:
        """Whom this failregex alone names; empty for nobody.

        Args:
            line: the text behind the date.
        """
        text, prefix = f"{line}\n", {}
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

    def prove(self, line: str) -> str:
        """Whom the whole filter names, with the first of its failregexes that matches.

        Args:
            line: the text behind the date.
        """
        whole = Filter(replace(self.settings, failjson=()))
        hits = whole.examine(line, _NOW, check_all=False, stamp=_NOW).hits
        identity = whole.identify(hits[0].data) if hits and hits[0].ignored_by is None else None
        return str(identity.subject or "") if identity else ""
