"""What is said while a configuration is read: fail2ban's own log lines, and our problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.config.model import LogLine, Problem

if TYPE_CHECKING:
    from banward.config.ini import Raw

__all__ = ["Notes"]


class Notes:
    """Collects log lines until fail2ban would stop, and problems to the end.

    Attributes:
        log: what fail2ban writes on stderr.
        problems: everything that is wrong.
    """

    def __init__(self) -> None:
        """Begin with nothing said."""
        self.log: list[LogLine] = []
        self.problems: list[Problem] = []
        self._stopped = False
        self._seen: set[object] = set()

    def say(self, logger: str, level: str, text: str) -> None:
        """Write a log line, unless fail2ban would have stopped before it."""
        if not self._stopped:
            self.log.append(LogLine(logger, level, text))

    def wrong_number(self, raw: Raw, section: str, option: str, *, jail: str = "") -> None:
        """Tell of a number that is none."""
        text = f"Wrong value for {option!r} in {section!r}. Using default one: 'None'"
        self.say("configreader", "WARNING", text)
        self.report(
            Problem(
                kind="wrong-type",
                message=f"the default of {option} is used",
                place=raw.place,
                jail=jail,
                value=raw.text,
                expected="a whole number",
                level="warning",
            )
        )

    def report(self, problem: Problem) -> None:
        """Keep a problem, once for each place; at a fatal one fail2ban's log ends."""
        key = (problem.kind, problem.place, problem.message)
        if key in self._seen:
            return
        self._seen.add(key)
        self.problems.append(problem)
        if problem.fatal:
            if problem.words:
                self.say("", "ERROR", f"Failed during configuration: {problem.words}")
            self._stopped = True
