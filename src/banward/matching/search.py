"""What the regexes of a filter find in the text of a line. Knows no session, and not who it was.

(window) ─▶ early ignore ─▶ prefregex ─▶ failregexes, failjson ─▶ late ignore ─▶ captures
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from banward.matching.rules import EVERY, Doing, Rules
from banward.matching.window import Window, WindowLine

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from banward.matching.captures import Data
    from banward.matching.fields import Record
    from banward.matching.linetime import Dated
    from banward.matching.rules import Fail

__all__ = ["Found", "Searcher", "View"]

_PREFREGEX: Final = ("prefregex", 0)


class View(msgspec.Struct, frozen=True):
    """What the failregexes see of a line.

    Args:
        text: the text that is searched.
        prefix: groups of the prefregex without ``content``; None if it did not match.
        fails: the failregexes to search.
        record: named values for ``failjson`` rules.
        content: what ``<F-CONTENT>`` captured.
        base: where ``text`` begins within the window.
        window: the last lines, for filters with ``maxlines`` above 1.
        ignored_by: number of the ignoreregex that hit the whole text.
    """

    text: str
    prefix: Data | None
    fails: tuple[Fail, ...]
    record: Record | None = None
    content: str | None = None
    base: int = 0
    window: Window | None = None
    ignored_by: int | None = None

    @property
    def groups(self) -> Data | None:
        """All groups of the prefregex."""
        if self.prefix is None or self.content is None:
            return self.prefix
        return {**self.prefix, "content": self.content}


class Found(msgspec.Struct, frozen=True):
    """A failregex that matched, before it is known what that means.

    Args:
        number: which failregex, from 0.
        data: what was captured.
        lines: the matched lines as they stand in the log, oldest first.
        offsets: where lines of the window stand that the match used up.
        ignored_by: number of the ignoreregex that takes the match back.
    """

    number: int
    data: Data
    lines: tuple[str, ...]
    offsets: tuple[float, ...]
    ignored_by: int | None


_Taken = tuple[tuple[str, ...], tuple[float, ...], str]
"""The lines of a match as stored, their offsets, and the text for the late ignore test."""


class Searcher:
    """The regexes of a filter over lines.

    Args:
        rules: the regexes.
        maxlines: how many lines a regex may span.

    Attributes:
        rules: the regexes.
        doing: the regex that is searched at this moment, or None; read by a watchdog that
            interrupts a search. What is known stays whole when an exception breaks a search off.
        is_plain: whether ``first`` tells all that there is to know of a line.
    """

    def __init__(self, rules: Rules, maxlines: int) -> None:
        self.rules = rules
        self.doing: Doing | None = None
        self._maxlines = maxlines
        self._windows: dict[str, Window] = {}
        self.is_plain = self._looks_at_lines_alone()

    def first(self, text: str, only: int = EVERY) -> Data | None:
        """What the first failregex that matches captures; None if none does, or it is ignored.

        The way of most lines, for filters that look at one line at a time (``is_plain``).

        Args:
            text: the line without its date, with a newline at its end.
            only: bits of the failregexes that may match.
        """
        rules = self.rules
        prefix: Data = {}
        if rules.prefregex is not None:
            self.doing = _PREFREGEX
            found = rules.prefregex.regex.search(text)
            if found is None:
                return None
            prefix = found.groupdict()
            if content := prefix.pop("content", None):
                text = f"{content}\n"
        for doing, regex, captures, literal in rules.chosen(only):
            if literal is not None and literal not in text:
                continue
            self.doing = doing
            found = regex.search(text)
            if found is not None:
                if rules.ignores and self._ignored_by(text) is not None:
                    return None
                return captures.join(prefix, found.groupdict())
        return None

    def _looks_at_lines_alone(self) -> bool:
        return self._maxlines == 1 and not self.rules.fields and not self.rules.early

    def _view(
        self,
        dated: Dated,
        record: Record | None,
        source: str,
        offset: float,
        only: int = EVERY,
    ) -> View:
        """Window, early ignore test and prefregex."""
        text, window = dated.text, None
        if self._maxlines > 1:
            window = self._windows.setdefault(source, Window(self._maxlines))
            window.push(WindowLine(text, dated.stored, offset))
            text = window.text
        if self.rules.early:
            ignored_by = self._ignored_by(text)
            if ignored_by is not None:
                return View(text, None, (), ignored_by=ignored_by)
        prefregex = self.rules.prefregex
        if prefregex is None:
            return View(text, {}, self.rules.chosen(only), record, window=window)
        self.doing = _PREFREGEX
        found = prefregex.regex.search(text)
        if found is None:
            return View(text, None, (), record)
        prefix: Data = found.groupdict()
        content = prefix.pop("content", None)
        fails = self.rules.chosen(only)
        if not content:
            return View(text, prefix, fails, record, window=window)
        base = found.start("content") if window is not None else 0
        return View(f"{content}\n", prefix, fails, record, content, base, window)

    def _search(self, dated: Dated, view: View) -> Iterator[Found]:
        """The failregexes and ``failjson`` rules that match, in order."""
        text, prefix = view.text, view.prefix or {}
        for doing, regex, captures, literal in view.fails:
            if literal is not None and literal not in text:
                continue
            self.doing = doing
            found = regex.search(text)
            if found is None:
                continue
            if view.window is None:
                lines, offsets, seen = _one_line(dated, text)
            else:
                lines, offsets, seen = _take_lines(found, view.window, view.base)
            ignored_by = self._ignored_by(seen) if self.rules.ignores else None
            data = captures.join(prefix, found.groupdict())
            yield Found(doing[1], data, lines, offsets, ignored_by)
            if view.window is not None:
                return  # the lines are used up
        if view.record is not None:
            yield from self._search_record(dated, view.record)

    def _search_record(self, dated: Dated, record: Record) -> Iterator[Found]:
        """The late ignore test of named values is on the whole line."""
        for doing, rule, captures in self.rules.fields:
            self.doing = doing
            found = rule.match(record)
            if found is not None:
                ignored_by = self._ignored_by(dated.text)
                data = captures.join({}, found)
                yield Found(doing[1], data, (dated.stored,), (), ignored_by)

    def _ignored_by(self, text: str) -> int | None:
        for doing, regex in self.rules.ignores:
            self.doing = doing
            if regex.search(text):
                return doing[1]
        return None


def _one_line(dated: Dated, text: str) -> _Taken:
    return (dated.stored,), (), text


def _take_lines(found: re.Match[str], window: Window, base: int) -> _Taken:
    """Take the lines of a match out of the window: as stored, their offsets, their text."""
    skips = [name for name in found.re.groupindex if name.startswith("skiplines")]
    spans = [(start + base, end + base) for start, end in map(found.span, skips) if start >= 0]
    taken: Sequence[WindowLine] = window.take(found.start() + base, found.end() + base, spans)
    return (
        tuple(line.stored for line in taken),
        tuple(line.offset for line in taken),
        "".join(line.text for line in taken),
    )
