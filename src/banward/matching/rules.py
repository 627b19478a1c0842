"""All regexes of one filter, compiled and checked; what is in quarantine is left out.

``failjson`` rules are failregexes of another kind: their numbers follow those of the regexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from banward.matching.captures import Captures
from banward.matching.fieldrule import FieldRule
from banward.matching.literals import Needs, needs_of, weigh
from banward.matching.pattern import Pattern, compile_failregex, compile_pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Collection

    from banward.matching.literals import Split
    from banward.settings import FilterSettings

__all__ = ["EVERY", "Doing", "Fail", "Rules"]

Doing = tuple[str, int]
"""Kind (``failregex``, ``ignoreregex``, ``prefregex``) and number from 0 of a regex."""


EVERY: Final = -1
"""The mask of all failregexes."""

_MOST_CHOSEN: Final = 1000  # choices that are remembered


class Fail(NamedTuple):
    """A failregex with all that is prepared for it."""

    doing: Doing
    regex: re.Pattern[str]
    captures: Captures
    literal: str | None = None  # stands in every text that the regex matches


class _FailFields(NamedTuple):
    """A ``failjson`` rule with all that is prepared for it."""

    doing: Doing
    rule: FieldRule
    captures: Captures


class _Ignore(NamedTuple):
    """An ignoreregex."""

    doing: Doing
    regex: re.Pattern[str]


class Rules:
    """The regexes of a filter.

    Args:
        settings: the filter.
        names: whether ``<HOST>`` takes host names too.

    Attributes:
        prefregex: the prefregex, or None.
        failregex: all failregexes, also those in quarantine.
        failjson: all ``failjson`` rules, also those in quarantine.
        ignoreregex: all ignoreregexes, also those in quarantine.
        fails: the failregexes to search, in order.
        fields: the ``failjson`` rules to try, in order.
        ignores: the ignoreregexes to search, in order.
        early: whether the ignore test comes first (config-and-filters.md 2.7).

    Raises:
        PatternError: one of them can't be used.
    """

    def __init__(self, settings: FilterSettings, *, names: bool) -> None:
        written = settings.prefregex.strip()
        self.prefregex = compile_pattern(written, names=names) if written else None
        given = self._given()
        multiline = settings.maxlines > 1
        self.failregex: tuple[Pattern, ...] = tuple(
            compile_failregex(regex, names=names, multiline=multiline, given=given)
            for regex in settings.failregex
        )
        self.failjson = tuple(FieldRule(rule, names=names) for rule in settings.failjson)
        self.ignoreregex: tuple[Pattern, ...] = tuple(
            compile_pattern(regex, names=names) for regex in settings.ignoreregex
        )
        self.fails = [
            Fail(("failregex", n), pattern.regex, Captures(pattern.groups, given))
            for n, pattern in enumerate(self.failregex)
        ]
        self._chosen: dict[int, tuple[Fail, ...]] = {}
        first = len(self.failregex)
        self.fields = [
            _FailFields(("failregex", n), rule, Captures(rule.groups))
            for n, rule in enumerate(self.failjson, first)
        ]
        self.ignores = [
            _Ignore(("ignoreregex", n), pattern.regex) for n, pattern in enumerate(self.ignoreregex)
        ]
        self.early = 0 < len(self.ignoreregex) < len(self.failregex) - 2

    @property
    def written(self) -> tuple[str, ...]:
        """Failregexes and ``failjson`` rules as they stand in the configuration, by number."""
        return (*(p.written for p in self.failregex), *(rule.written for rule in self.failjson))

    @property
    def dates(self) -> list[tuple[str, ...]]:
        """Paths of fields that hold dates, in the order of the rules."""
        return list(dict.fromkeys(rule.date for rule in self.failjson if rule.date))

    def needs(self, split: Split) -> dict[int, Needs] | None:
        """What a line has to hold for each failregex to match; None if that can't be said of all.

        Args:
            split: which pieces of a literal stand in the raw line.
        """
        if self.failjson:
            return None
        common = needs_of(self.prefregex.regex, split) if self.prefregex else None
        needs = {
            number: max(needs_of(pattern.regex, split), common, key=weigh)
            for number, pattern in enumerate(self.failregex)
        }
        known = {number: need for number, need in needs.items() if need is not None}
        return known if len(known) == len(needs) else None

    def chosen(self, mask: int) -> tuple[Fail, ...]:
        """The failregexes to search of which a bit is set, in order.

        Args:
            mask: a number whose bit n stands for the failregex n; ``EVERY`` for all of them.
        """
        chosen = self._chosen.get(mask)
        if chosen is None:
            if len(self._chosen) > _MOST_CHOSEN:
                self._chosen.clear()
            chosen = tuple(fail for fail in self.fails if mask >> fail.doing[1] & 1)
            self._chosen[mask] = chosen
        return chosen

    def sharpen(self) -> None:
        """Give each failregex a literal to look for first, where there is one that it needs."""
        self.fails = [fail._replace(literal=_single(needs_of(fail.regex))) for fail in self.fails]
        self._chosen.clear()

    def quarantine(self, kind: str, index: int) -> None:
        """Leave one regex out; without its prefregex a filter would mean something else.

        Args:
            kind: ``failregex``, ``ignoreregex`` or ``prefregex``.
            index: its number from 0 among those of its kind.
        """
        self._chosen.clear()
        if kind == "prefregex":
            self.fails = []
        doing = (kind, index)
        self.fails = [fail for fail in self.fails if fail.doing != doing]
        self.fields = [fail for fail in self.fields if fail.doing != doing]
        self.ignores = [ignore for ignore in self.ignores if ignore.doing != doing]

    def _given(self) -> Collection[str]:
        """Groups that the prefregex gives to each failregex."""
        return set(self.prefregex.groups) - {"content"} if self.prefregex else ()


def _single(needs: Needs | None) -> str | None:
    if needs is None or needs.any_case or len(needs.literals) > 1:
        return None
    return next(iter(needs.literals))
