"""Which of several date patterns is used for a line, and how their order changes with use.

The rules are those of config-and-filters.md 3.5: formats stick, the line start comes first, then
what stands furthest left. Two things of that section are made exact here, as they were observed:
the pattern that hit last is tried once for a line, and only a change of pattern moves one forward.
No clock is asked, so the same lines always give the same dates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from banward.matching.dates.templates import Template

    _Found = tuple[Template, re.Match[str]]

__all__ = ["Order"]


class Order:
    """The templates of one detector in the order in which they are tried.

    Args:
        templates: in their first order; the list is kept and changed.
    """

    def __init__(self, templates: list[Template]) -> None:
        self.templates = templates
        self._last: Template | None = None
        self._column = 1
        self._signs = {template.sign for template in templates if template.sign}

    def find(self, line: str) -> _Found | None:
        """The template to use for a line, with its match; None if no template matches."""
        found = self._again(line) or self._choose(line)
        if found:
            self._use(*found)
        return found

    def _again(self, line: str) -> _Found | None:
        """The template of the line before, if there is no doubt that it is the one to use."""
        last = self._last
        if last is None:
            return None
        sure = last.anchored or len(self.templates) == 1
        match = last.search(line) if sure else last.search_same_place(line)
        return (last, match) if match else None

    def _choose(self, line: str) -> _Found | None:
        # One search for what many patterns need is cheaper than a search for each of them.
        absent = {sign for sign in self._signs if not sign.regex.search(line)}
        last = self._last
        held = None
        if last and not last.anchored and last.sign not in absent and (match := last.search(line)):
            held = last, match
        for template in self.templates:
            if template is last or template.sign in absent or not (match := template.search(line)):
                continue
            start = match.start()
            if template.anchored or (
                start <= self._column and (not template.hits or start <= template.start)
            ):
                return template, match
            if held is None or start < held[1].start():
                held = template, match
        return held

    def _use(self, template: Template, match: re.Match[str]) -> None:
        template.hits += 1
        template.start, template.end = match.span()
        self._column = template.start
        if template is not self._last:
            self._last = template
            self._move_forward(template)

    def _move_forward(self, template: Template) -> None:
        """To the first place that was never used (or half way to the front), or by one place."""
        place = self.templates.index(template)
        if place == 0:
            return
        ahead = self.templates[:place]
        unused = next((index for index, other in enumerate(ahead) if not other.hits), place // 2)
        for target in (unused, place - 1):
            if template.weight > ahead[target].weight:
                self.templates.insert(target, self.templates.pop(place))
                return
