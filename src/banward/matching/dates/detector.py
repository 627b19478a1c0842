"""Says which text of a line is its date; remembers which patterns hit. Computes no time before asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.matching.dates.templates import Template

__all__ = ["DateDetector", "DateMatch"]


class DateMatch(msgspec.Struct, frozen=True):
    """The date of one line.

    Args:
        start: index of the first character that is cut.
        end: index after the last character that is cut; equal to ``start`` if nothing is.
        text: what is cut; empty for ``{NONE}`` and for an empty group 1.
        template: the pattern that found it.
    """

    start: int
    end: int
    text: str
    template: Template

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
        raise NotImplementedError


class DateDetector:
    """The date patterns of one jail, in the order in which they are tried.

    Args:
        datepattern: one pattern a line, with single ``%``; empty for the default list.
        timezone: the zone of dates without one (``UTC+0200``); empty for the zone of the system.

    Raises:
        PatternError: a pattern or the zone can't be used. The message begins with
            ``Failed to set datepattern``, ``Unknown or unsupported time zone`` or
            ``There is already a template with name``.
    """

    def __init__(self, datepattern: str = "", *, timezone: str = "") -> None:
        raise NotImplementedError

    def find(self, line: str) -> DateMatch | None:
        """The date of ``line`` (without its newline), or None if no pattern finds one."""
        raise NotImplementedError

    def templates(self) -> Sequence[Template]:
        """The patterns in the order in which they are tried at present."""
        raise NotImplementedError

    @property
    def description(self) -> tuple[str | None, str]:
        """Pattern and name, as ``fail2ban-client get JAIL datepattern`` answers.

        ``(None, "Default Detectors")`` if more than two patterns, or none, are loaded.
        """
        raise NotImplementedError
