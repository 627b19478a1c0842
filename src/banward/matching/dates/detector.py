"""Says which text of a line is its date, and remembers what hit. Computes no time before asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from banward.matching.dates.localtime import Zone
from banward.matching.dates.order import Order
from banward.matching.dates.patterns import load
from banward.matching.dates.zones import zone_option

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from banward.matching.dates.templates import Template

__all__ = ["DateDetector", "DateMatch"]

_MOST_NAMED = 2


class DateMatch(msgspec.Struct, frozen=True):
    """The date of one line.

    Args:
        start: index of the first character that is cut.
        end: index after the last character that is cut; equal to ``start`` if nothing is.
        text: what is cut; empty for ``{NONE}`` and for an empty group 1.
        template: the pattern that found it.
        match: what the pattern captured.
    """

    start: int
    end: int
    text: str
    template: Template
    match: re.Match[str]

    @property
    def is_none(self) -> bool:
        """True if the line needs no date of its own: ``{NONE}``, or an empty group 1 (3.3)."""
        return self.start == self.end

    def time(self, now: float) -> float | None:
        """The time that the date stands for.

        Args:
            now: the present moment in seconds since the epoch, for what the date leaves out.

        Returns:
            Seconds since the epoch; None if the date can't be used: an impossible day, second 60,
            an unknown zone abbreviation, or no date at all (``is_none``).
        """
        return None if self.is_none else self.template.time(self.match, now)


class DateDetector:
    """The date patterns of one jail, and what it learnt from the lines so far.

    Args:
        datepattern: one pattern a line, with single ``%``; empty for the default list.
        timezone: the zone of dates without one (``UTC+0200``); empty for the zone of the system.

    Raises:
        PatternError: a pattern or the zone can't be used. The message begins with
            ``Failed to set datepattern``, ``Unknown or unsupported time zone`` or
            ``There is already a template with name``.
    """

    def __init__(self, datepattern: str = "", *, timezone: str = "") -> None:
        templates = load(datepattern, Zone(zone_option(timezone)))
        name = templates[0].name if len(templates) <= _MOST_NAMED else "Default Detectors"
        self._description = datepattern.strip() or None, name
        self._order = Order(templates)

    def find(self, line: str) -> DateMatch | None:
        """The date of ``line`` (without its newline), or None if no pattern finds one."""
        found = self._order.find(line)
        if found is None:
            return None
        template, match = found
        start, end = match.span(1)
        if start < 0:  # an optional group 1 that took no part counts as empty (3.3)
            start = end = match.start()
        return DateMatch(start, end, line[start:end], template, match)

    def prepare(self) -> None:
        """Compile all patterns now, as is done else when each is tried first."""
        for template in self._order.templates:
            template.search("")

    def templates(self) -> Sequence[Template]:
        """The patterns in the order in which they are tried at present."""
        return tuple(self._order.templates)

    @property
    def description(self) -> tuple[str | None, str]:
        """Pattern and name, as ``fail2ban-client get JAIL datepattern`` answers.

        The name is ``Default Detectors`` if more than two patterns are loaded; the pattern is None
        if none was given.
        """
        return self._description
