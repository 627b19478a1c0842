"""The command line of ``fail2ban-regex``: options and arguments, and what is wrong with them.

The options are those of config-and-filters.md 4.2.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from banward import COMPATIBLE_VERSION

__all__ = ["Arguments", "UsageError", "parse"]

_MOST_ARGUMENTS = 3
_FEWEST_ARGUMENTS = 2
_LEVELS = {
    "CRITICAL": 50,
    "ERROR": 40,
    "WARNING": 30,
    "NOTICE": 25,
    "INFO": 20,
    "DEBUG": 10,
    "TRACEDEBUG": 7,
    "HEAVYDEBUG": 5,
}

_DESCRIPTION = """\
Try regexes or a filter on a log, and report what they find.

LOG          path of a log file (also .gz, .bz2, .xz, .zst); - for standard input;
             systemd-journal, optionally as systemd-journal[journalflags=1];
             or one or more lines of a log as they are
REGEX        name of a jail or filter, optionally as sshd[mode=aggressive];
             path of a filter file; or a failregex
IGNOREREGEX  a regex for lines that do not count, instead of those of the filter
"""


class UsageError(Exception):
    """The command line can't be meant; its text goes to stderr, the exit code is 255."""


class Arguments(argparse.Namespace):
    """What the user asks for.

    Attributes:
        log: LOG as given.
        regex: REGEX as given.
        ignoreregex: IGNOREREGEX, or None.
        level: number of the lowest log level to show.
        verbose: level of detail, from 0.
    """

    log: str
    regex: str
    ignoreregex: str | None
    config: str
    datepattern: str | None
    timezone: str
    encoding: str
    raw: bool
    usedns: str
    maxlines: int
    journalmatch: str | None
    level: int
    verbose: int
    verbose_date: bool
    debuggex: bool
    check_all: bool
    out: str | None
    invert: bool
    print_no_missed: bool
    print_no_ignored: bool
    print_all_matched: bool
    print_all_missed: bool
    print_all_ignored: bool


def parse(argv: list[str] | None) -> Arguments:
    """Read a command line.

    Args:
        argv: arguments without the program's name; None for those of the process.

    Raises:
        UsageError: wrong number of arguments, contradictory options or an unknown log level.
        SystemExit: with 0 after help and version, with 2 for options that do not exist.
    """
    parser = _parser()
    arguments = parser.parse_intermixed_args(argv, Arguments())
    given: list[str] = arguments.arguments
    if not _FEWEST_ARGUMENTS <= len(given) <= _MOST_ARGUMENTS:
        raise UsageError(f"{parser.format_usage()}\nERROR: provide both <LOG> and <REGEX>.")
    for kind in ("missed", "ignored"):
        if getattr(arguments, f"print_no_{kind}") and getattr(arguments, f"print_all_{kind}"):
            raise UsageError(
                f"{parser.format_usage()}\nERROR: --print-no-{kind} and --print-all-{kind} "
                "are mutually exclusive."
            )
    arguments.log, arguments.regex = given[:2]
    arguments.ignoreregex = given[2] if len(given) == _MOST_ARGUMENTS else None
    arguments.level = _level(arguments.log_level)
    return arguments


def _level(name: str) -> int:
    level = int(name) if name.isdigit() else _LEVELS.get(name.upper())
    if level is None:
        raise UsageError(
            f"ERROR: Invalid log level {name!r}, expected one of {', '.join(_LEVELS)} or a number"
        )
    return level


class _ShortVersion(argparse.Action):
    """Prints the version as numbers alone and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(COMPATIBLE_VERSION.replace(".dev", "."))
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fail2ban-regex",
        usage="%(prog)s [OPTIONS] <LOG> <REGEX> [IGNOREREGEX]",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    _add_reading(parser)
    _add_report(parser)
    _add_general(parser)
    return parser


def _add_reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how lines are read")
    add = group.add_argument
    add("-c", "--config", metavar="DIR", default="/etc/fail2ban", help="configuration directory")
    add("-d", "--datepattern", metavar="PATTERN", help="date pattern instead of the filter's")
    add("--timezone", "--TZ", metavar="ZONE", default="", help="zone of dates without one")
    add("-e", "--encoding", metavar="NAME", default="auto", help="encoding of the log")
    add("-r", "--raw", action="store_true", help="hosts and ids as they stand, no look-ups")
    add("--usedns", metavar="HOW", default="warn", help="yes, warn, no or raw")
    add("-L", "--maxlines", metavar="N", type=int, default=0, help="lines that a regex may span")
    add("-m", "--journalmatch", metavar="MATCH", help="journal match instead of the filter's")
    add(
        "--no-check-all",
        dest="check_all",
        action="store_false",
        help="stop at the first failregex that matches, as the server does",
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is printed")
    add = group.add_argument
    add(
        "-o",
        "--out",
        metavar="FORMAT",
        help="only failures: id, ip, row, msg, a group such as user, "
        "or text with tags such as '<ip> <F-USER>'",
    )
    add("-i", "--invert", action="store_true", help="with -o: the lines that gave no failure")
    add("-v", "--verbose", action="count", default=0, help="more detail; may be repeated")
    add("--verbosity", dest="verbose", metavar="N", type=int, help="level of detail as a number")
    add("--verbose-date", "--VD", action="store_true", help="pattern and regex of date formats")
    add("-D", "--debuggex", action="store_true", help="links to an online regex debugger")
    for kind in ("missed", "ignored"):
        add(f"--print-no-{kind}", action="store_true", help=f"no list of {kind} lines")
    for kind in ("matched", "missed", "ignored"):
        add(f"--print-all-{kind}", action="store_true", help=f"all {kind} lines, however many")


def _add_general(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("general")
    add = group.add_argument
    add("-l", "--log-level", metavar="LEVEL", default="critical", help="show log messages")
    add("-t", "--log-traceback", action="store_true", help="accepted, has no effect")
    add("--full-traceback", action="store_true", help="accepted, has no effect")
    add("-V", action=_ShortVersion, nargs=0, help="print the version as numbers and exit")
    add("--version", action="version", version=f"%(prog)s {COMPATIBLE_VERSION}")
