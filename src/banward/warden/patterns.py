"""The expressions of a jail as the engine reads them: checked when they are set, shown on demand.

The warden compiles what administrators write; it never searches the line of a log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.control.desk import Patterns
from banward.matching.dates.detector import DateDetector
from banward.matching.pattern import Pattern, compile_failregex, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Collection

    from banward.settings import FilterSettings

__all__ = ["Expressions"]


class Expressions:
    """The compiled expressions of one jail."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[object, ...], Pattern] = {}

    def check(self, old: FilterSettings, new: FilterSettings) -> None:
        """See that expressions which are new can be used.

        Raises:
            PatternError: one can't; the text shows it.
        """
        if new.maxlines != old.maxlines or new.usedns != old.usedns:
            self._compiled.clear()
        self._prefix(new)
        for written in new.failregex:
            self._failregex(written, new)
        for written in new.ignoreregex:
            self._plain(written, new)
        if (new.datepattern, new.logtimezone) != (old.datepattern, old.logtimezone):
            DateDetector(new.datepattern, timezone=new.logtimezone)

    def patterns(self, settings: FilterSettings, backend: str) -> Patterns:
        """The expressions as they are shown."""
        prefix = self._prefix(settings)
        date = DateDetector(settings.datepattern, timezone=settings.logtimezone).description
        return Patterns(
            failregex=tuple(self._failregex(w, settings).regex.pattern for w in settings.failregex),
            ignoreregex=tuple(self._plain(w, settings).regex.pattern for w in settings.ignoreregex),
            prefregex=prefix.regex.pattern if prefix else "",
            datepattern=None if backend == "systemd" else date,
        )

    def _prefix(self, settings: FilterSettings) -> Pattern | None:
        written = settings.prefregex.strip()
        return self._plain(written, settings) if written else None

    def _plain(self, written: str, settings: FilterSettings) -> Pattern:
        key = ("plain", written)
        if key not in self._compiled:
            self._compiled[key] = compile_pattern(written, names=settings.usedns != "no")
        return self._compiled[key]

    def _failregex(self, written: str, settings: FilterSettings) -> Pattern:
        prefix = self._prefix(settings)
        given: Collection[str] = frozenset(prefix.groups) - {"content"} if prefix else frozenset()
        key = ("failregex", written, given)
        if key not in self._compiled:
            self._compiled[key] = compile_failregex(
                written,
                names=settings.usedns != "no",
                multiline=settings.maxlines > 1,
                given=given,
            )
        return self._compiled[key]
