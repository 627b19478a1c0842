"""One run of ``fail2ban-regex``: a filter goes over a log, and what it finds is printed."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from banward.cli import regex_report
from banward.cli.regex_log import JOURNAL, Line, Log, open_log
from banward.cli.regex_messages import Messages
from banward.cli.regex_names import Names
from banward.cli.regex_output import Failure, formatter
from banward.cli.regex_progress import Progress
from banward.cli.regex_results import Results
from banward.cli.regex_tally import FewLines, Tally
from banward.cli.regex_target import Target, read_target
from banward.matching.examiner import Examiner
from banward.matching.identity import USEDNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from banward.cli.regex_arguments import Arguments
    from banward.clock import Clock
    from banward.matching.hit import Examination
    from banward.matching.rules import Doing

__all__ = ["InterruptedTrialError", "Trial"]

_SHOWN_PREFIXES = 20


class InterruptedTrialError(Exception):
    """Somebody broke off the run; the text says what it was at.

    Args:
        number: number of the line, from 1.
        line: the line.
        doing: the regex that was searched in it, if any.
    """

    def __init__(self, number: int, line: str, doing: Doing | None) -> None:
        """Make the text."""
        what = f" while {doing[0]} {doing[1] + 1} was searched in: {line}" if doing else ""
        super().__init__(f"interrupted in line {number}{what}")


class Trial:
    """A filter on a log.

    Args:
        arguments: the command line.
        clock: tells the time.
    """

    def __init__(self, arguments: Arguments, clock: Clock) -> None:
        self._arguments = arguments
        self._clock = clock
        self._messages = Messages(arguments.level, clock)
        self._names = Names(lambda text: self._messages.warning("ipdns", text))

    def output(self, form: str) -> None:
        """Print failures as they come; with ``--invert`` lines that gave none.

        Args:
            form: how (``-o``).

        Raises:
            BanwardError: filter or log can't be used.
        """
        target = self._target(_silent)
        rule = self._filter(target, _silent)
        log = self._log(target, _silent)
        lines_of = formatter(form)
        results = Results(rule, self._names.addresses)
        for line, examination in self._examine(rule, log):
            failures = list(results.failures(examination, self._clock.now()))
            if self._arguments.invert:
                failures = [] if failures else [self._without(line, examination)]
            for failure in failures:
                sys.stdout.writelines(f"{text}\n" for text in lines_of(failure))

    def report(self) -> None:
        """Try every line, then print what became of them.

        Raises:
            BanwardError: filter or log can't be used.
        """
        print(regex_report.head())
        target = self._target(print)
        rule = self._filter(target, print)
        log = self._log(target, print)
        tally = self._tally(target)
        results = Results(rule, self._names.addresses)
        began = time.monotonic()
        for line, examination in self._examine(rule, log):
            at = examination.dated.at
            tally.add(
                line.text.rstrip(),
                examination,
                [results.who(hit) for hit in examination.hits],
                self._clock.now() if at is None else at,
            )
        seconds = time.monotonic() - began
        for text in regex_report.report(tally, rule, self._arguments, seconds):
            print(text)

    # What is used, shown as soon as it is known.

    def _target(self, show: Callable[[str], None]) -> Target:
        arguments = self._arguments
        target = read_target(arguments, journal=arguments.log.startswith(JOURNAL))
        for label, value in target.uses:
            show(regex_report.use(label, value))
        if arguments.verbose > 1 and target.effective is not None:
            show(f"Real  filter options : {target.effective}")
        return target

    def _filter(self, target: Target, show: Callable[[str], None]) -> Examiner:
        if target.settings.usedns not in USEDNS:
            self._messages.error(
                "filter",
                f"Incorrect value {target.settings.usedns!r} specified for usedns. Using safe 'no'",
            )
        rule = Examiner(target.settings)
        if target.settings.datepattern:
            name = rule.detector.description[1]
            show(regex_report.use("datepattern", f"{target.settings.datepattern} : {name}"))
        return rule

    def _log(self, target: Target, show: Callable[[str], None]) -> Log:
        log = open_log(
            self._arguments.log,
            encoding=self._arguments.encoding,
            maxlines=target.settings.maxlines,
            journalmatch=target.journalmatch,
        )
        for label, value in log.uses:
            show(regex_report.use(label, value))
        for text in log.shown:
            show(text)
        return log

    def _tally(self, target: Target) -> Tally:
        arguments = self._arguments
        most = arguments.maxlines or regex_report.PRINT_LIMIT
        return Tally(
            missed=FewLines(None if arguments.print_all_missed else most, target.settings.maxlines),
            ignored=FewLines(None if arguments.print_all_ignored else most),
            matched=FewLines(None if arguments.print_all_matched else 0),
            failures=arguments.verbose > 0,
            prefixes=_SHOWN_PREFIXES if arguments.verbose else 0,
        )

    # Going over the log.

    def _examine(self, rule: Examiner, log: Log) -> Iterator[tuple[Line, Examination]]:
        """Each line with what the engine says; empty lines and comments are skipped (4.4)."""
        progress = Progress(log.size, log.done)
        check_all = self._arguments.check_all and self._arguments.out is None
        number = 0
        for line in log.lines:
            progress.step()
            if not line.text or line.text.startswith("#"):
                continue
            number += 1
            try:
                examination = rule.examine(
                    line.text,
                    self._clock.now(),
                    check_all=check_all,
                    stamp=line.stamp,
                    offset=number,
                )
            except KeyboardInterrupt:
                raise InterruptedTrialError(number, line.text, rule.doing) from None
            yield line, examination
        progress.clear()

    def _without(self, line: Line, examination: Examination) -> Failure:
        """A line that gave no failure, as an item that can be printed."""
        return Failure("", examination.dated.at, {}, (line.text,), self._clock.now())


def _silent(_: str) -> None:
    """Show nothing: with ``-o`` only failures are printed."""
