"""The command line of ``fail2ban-client`` and ``fail2ban-server`` (server-and-client.md 1.3). Pure.

Options come before the command; long ones may be shortened as far as they stay clear. Written by
hand, as ``ping`` has to be quick and no parser of the standard library stops at the command.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = ["LEVELS", "OPTIONS", "Options", "UsageError", "parse"]

LEVELS: Final = (
    *("CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "MSG", "DEBUG", "TRACEDEBUG"),
    "HEAVYDEBUG",
)
"""Names of log levels; any number is a level too."""

OPTIONS: Final = (
    ("c", "conf", "DIR", "directory of the configuration, /etc/fail2ban if left out"),
    ("s", "socket", "FILE", "control socket of the server"),
    ("p", "pidfile", "FILE", "file for the process id of the server"),
    ("", "pname", "NAME", "name of the server's main thread"),
    ("", "loglevel", "LEVEL", "level of the server's log"),
    ("", "logtarget", "TARGET", "log to a file, STDOUT, SYSOUT, STDERR, SYSLOG or SYSTEMD-JOURNAL"),
    ("", "syslogsocket", "auto|FILE", "socket for the log target SYSLOG"),
    ("d", "", "", "show the commands that the configuration stands for"),
    ("", "dp", "", "the same"),
    ("", "dump-pretty", "", "the same"),
    ("t", "test", "", "test the configuration, then run the command if there is one"),
    ("i", "", "", "read commands from the terminal"),
    ("v", "", "", "say more, also twice or three times"),
    ("q", "", "", "say less"),
    ("x", "", "", "start even if the socket of another server is left"),
    ("b", "", "", "run the server in the background, as it does if left out"),
    ("f", "", "", "run the server in the foreground"),
    ("", "async", "", "start the server without a configuration; the client sends it"),
    ("", "single", "", "read the logs in the server's own process too, to debug it"),
    ("", "timeout", "TIME", "how long to wait until the server is up or gone, 30s if left out"),
    ("", "str2sec", "STRING", "show the seconds of a time such as 1d12h"),
    ("", "extra", "NAME=VALUE", ""),
    ("", "complete", "", ""),
    ("h", "help", "", "show this text"),
    ("V", "", "", "show the version as a program reads it"),
    ("", "version", "", "show the version"),
)
"""Short name, long name, what follows, and the text of the usage; hidden without a text."""

_SAME: Final = {"dump-pretty": "dp"}


class UsageError(Exception):
    """A command line that can't be understood."""


class Options:
    """A command line.

    Args:
        program: name of the program, as the usage shows it.
        values: options with a value, by their long name (``conf``, ``socket``, …).
        extra: options of Banward's own for a server that reads no configuration.
        flags: letters or long names of options without a value; ``v`` and ``q`` are counted.
        command: the words of the command.
    """

    __slots__ = ("command", "extra", "flags", "program", "values")

    def __init__(self, program: str) -> None:
        self.program = program
        self.values: dict[str, str] = {}
        self.extra: dict[str, str] = {}
        self.flags: dict[str, int] = {}
        self.command: list[str] = []

    def has(self, flag: str) -> bool:
        """Whether an option without a value was given."""
        return flag in self.flags

    @property
    def verbosity(self) -> int:
        """How much to say: 0 warnings, 1 information, 2 details, 3 everything, -1 errors."""
        return self.flags.get("v", 0) - self.flags.get("q", 0)

    @property
    def is_server(self) -> bool:
        """Whether this is ``fail2ban-server``."""
        return self.program == "fail2ban-server"

    @property
    def foreground(self) -> bool:
        """Whether the server is to run in this process."""
        return self.has("f")


def parse(program: str, words: Sequence[str]) -> Options:
    """Read a command line.

    Args:
        program: name of the program.
        words: what follows it.

    Raises:
        UsageError: an option is unknown, unclear, or has a value too many or too few.
    """
    options, rest = Options(program), list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        (_long if word.startswith("--") else _short)(options, word.lstrip("-"), rest)
    options.command = rest
    return options


def _long(options: Options, text: str, rest: list[str]) -> None:
    given, equals, value = text.partition("=")
    names = [name for _, name, _, _ in OPTIONS if name.startswith(given)] if given else []
    name = given if given in names else names[0] if len(names) == 1 else ""
    if not name:
        raise UsageError(f"option --{given} is not {'clear' if names else 'known'}")
    letter, _, takes, _ = next(row for row in OPTIONS if row[1] == name)
    if equals and not takes:
        raise UsageError(f"option --{name} takes no value")
    _keep(options, letter, _SAME.get(name, name), takes, value if equals else None, rest)


def _short(options: Options, letters: str, rest: list[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        row = next((row for row in OPTIONS if row[0] == letter), None)
        if row is None:
            raise UsageError(f"option -{letter} is not known")
        value = letters if row[2] and letters else None
        letters = "" if row[2] else letters
        _keep(options, letter, row[1], row[2], value, rest)


def _keep(  # one option as its row in the table describes it
    options: Options, letter: str, name: str, takes: str, value: str | None, rest: list[str]
) -> None:
    if not takes:
        flag = letter or name
        options.flags[flag] = options.flags.get(flag, 0) + 1
        return
    if value is None:
        if not rest:
            raise UsageError(f"option --{name} wants a value: {takes}")
        value = rest.pop(0)
    if name == "extra":
        key, _, text = value.partition("=")
        options.extra[key] = text
    else:
        options.values[name] = value
