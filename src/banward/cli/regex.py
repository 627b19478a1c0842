"""``fail2ban-regex``: tries a filter on a log. Joins the parts; each of them is in a file beside.

regex_arguments ─▶ regex_target ─▶ engine ◀─ regex_log
└─▶ regex_output (-o)  or  regex_tally ─▶ regex_report
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from banward.cli.regex_arguments import UsageError, parse
from banward.cli.regex_terminal import harmless_output
from banward.clock import SystemClock
from banward.errors import BanwardError

if TYPE_CHECKING:
    from banward.cli.regex_arguments import Arguments
    from banward.clock import Clock

__all__ = ["main"]

_UNUSABLE = 255
_INTERRUPTED = 130  # as a shell tells of a program that SIGINT ended


def main(argv: list[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run the command.

    Args:
        argv: arguments without the program's name; None for those of the process.
        clock: tells the time; None for that of the host.

    Returns:
        The exit code (config-and-filters.md 4.3).
    """
    try:
        with harmless_output():
            return _run(parse(argv), clock or SystemClock())
    except UsageError as error:
        print(error, file=sys.stderr)
        return _UNUSABLE
    except BanwardError as error:
        print(f"ERROR: {error}")
        return _UNUSABLE
    except BrokenPipeError:
        # Whoever read our output has seen enough; without this the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: Arguments, clock: Clock) -> int:
    # Only here, so that help, version and wrong usage are told at once.
    from banward.cli.regex_trial import InterruptedTrialError, Trial  # noqa: PLC0415

    trial = Trial(arguments, clock)
    try:
        if arguments.out is None:
            trial.report()
        else:
            trial.output(arguments.out)
    except InterruptedTrialError as interrupt:
        print(interrupt)
        return _INTERRUPTED
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
