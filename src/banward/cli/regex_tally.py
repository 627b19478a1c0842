"""Counts what became of each line, and keeps the lines that the report will print. Prints nothing.

The figures are those of config-and-filters.md 4.4.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple

from banward.matching.hit import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.matching.captures import Data
    from banward.matching.hit import Examination

__all__ = ["FewLines", "Found", "Tally"]

Subjects = tuple[object, ...]
"""Who failed by one regex."""

MANY = 3
"""A line is marked from this regex on that matches it."""


class Found(NamedTuple):
    """One failure, for the list under its failregex.

    Args:
        subject: who failed.
        at: when, in seconds since the epoch.
        many: whether several regexes before matched the same line.
    """

    subject: str
    at: float
    many: bool


class FewLines:
    """Lines of one kind: all are counted, and kept while there are few enough to print.

    Args:
        most: how many are kept; None for all.
        movable: how many of the newest may be taken out again.
    """

    def __init__(self, most: int | None, movable: int = 0) -> None:
        self.count = 0
        self._kept: dict[int, str] = {}
        # Lines that are not kept can still be moved, and make room for none: there are too many.
        self._newest: deque[tuple[int, str]] = deque(maxlen=movable)
        self._most = None if most is None else most + movable

    def add(self, number: int, line: str) -> None:
        """Count a line."""
        self.count += 1
        if self._most is None or len(self._kept) < self._most:
            self._kept[number] = line
        else:
            self._newest.append((number, line))

    def move(self, number: int) -> str | None:
        """Take a line out again, if it is here."""
        line = self._kept.pop(number, None)
        if line is None:
            found = [entry for entry in self._newest if entry[0] == number]
            if not found:
                return None
            self._newest.remove(found[0])
            line = found[0][1]
        self.count -= 1
        return line

    @property
    def kept(self) -> list[str]:
        """The lines that were kept, in order."""
        return list(self._kept.values())


class Tally:
    """All figures of a run.

    Args:
        missed: takes the lines without result.
        ignored: takes the lines that an ignoreregex hit, or that only help.
        matched: takes all others.
        failures: whether failures are kept.
        prefixes: how many matches of the prefregex are kept.

    Attributes:
        lines: how many lines there were.
        prefix_total: how many of them the prefregex matched.
        prefix_data: what it captured in the first of them.
        hits: how often each failregex gave a result, by its number from 0.
        found: the failures of each failregex.
        ignores: how often each ignoreregex hit, by its number from 0.
    """

    def __init__(
        self,
        missed: FewLines,
        ignored: FewLines,
        matched: FewLines,
        *,
        failures: bool = False,
        prefixes: int = 0,
    ) -> None:
        self.missed = missed
        self.ignored = ignored
        self.matched = matched
        self.lines = 0
        self.prefix_total = 0
        self.prefix_data: list[Data] = []
        self.hits: Counter[int] = Counter()
        self.found: dict[int, list[Found]] = {}
        self.ignores: Counter[int] = Counter()
        self._failures = failures
        self._prefixes = prefixes

    def add(
        self, line: str, examination: Examination, subjects: Sequence[Subjects], at: float
    ) -> None:
        """Count a line.

        Args:
            line: the line as it is printed.
            examination: what the engine says of it.
            subjects: for each hit, who failed by it: several for a name with several addresses,
                nobody for a name that has none; one for helpers and failures that wait.
            at: when it was written, or now if that is unknown, in seconds since the epoch.
        """
        self.lines += 1
        self._add_prefix(examination)
        ignored_by = [hit.ignored_by for hit in examination.hits] + [examination.ignored_by]
        self.ignores.update(number for number in ignored_by if number is not None)
        results = [(hit, who) for hit, who in zip(examination.hits, subjects, strict=True) if who]
        for order, (hit, who) in enumerate(results, 1):
            self.hits[hit.number] += 1
            if self._failures:
                found = [Found(str(subject), at, order >= MANY) for subject in who]
                self.found.setdefault(hit.number, []).extend(found)
        helps = any(hit.verdict is Verdict.HELPER for hit, _ in results)
        ignored = helps or any(number is not None for number in ignored_by)
        self._sort(line, examination, ignored=ignored, any_result=bool(results))

    def _add_prefix(self, examination: Examination) -> None:
        if examination.prefix is None:
            return
        self.prefix_total += 1
        if len(self.prefix_data) < self._prefixes:
            self.prefix_data.append(examination.prefix)

    def _sort(
        self, line: str, examination: Examination, *, ignored: bool, any_result: bool
    ) -> None:
        """Put the line to its kind; lines that a match over several lines used up follow it."""
        for number in map(int, examination.consumed):
            earlier = None if number == self.lines else self.missed.move(number)
            if earlier is not None:
                self.matched.add(number, earlier)
        kind = self.ignored if ignored else self.matched if any_result else self.missed
        kind.add(self.lines, line)
