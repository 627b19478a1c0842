"""What a configuration is once it is read: frozen values that know where they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from banward.errors import ConfigError
from banward.masking import MASK, SECRETS, is_secret, secret_names
from banward.records import Place  # noqa: TC001 - msgspec resolves hints at run time
from banward.settings import FilterSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MAX_LENGTH",
    "ActionDefinition",
    "Configuration",
    "FilterDefinition",
    "JailDefinition",
    "LogLine",
    "LogPattern",
    "Plain",
    "Problem",
    "ProblemError",
    "ServerDefinition",
    "Setting",
]

MAX_LENGTH = 1 << 20
"""How long a value may grow when it is expanded, in characters; no honest one comes near."""

Plain = str | int | bool | None
"""The type of a value in the command stream; None stands for a value that could not be read."""


class LogLine(msgspec.Struct, frozen=True):
    """A line that fail2ban writes on stderr while it reads the same configuration.

    Args:
        logger: what follows ``fail2ban`` in the logger's name, with its dot, or empty.
        level: ``ERROR``, ``WARNING``, ``NOTICE``, ``INFO`` or ``DEBUG``.
        text: the message, letter by letter.
    """

    logger: str
    level: str
    text: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the configuration that is wrong, told once and in full.

    Args:
        kind: a stable word for the class (``duplicate-option``, ``missing-filter-file``, ...).
        message: what is wrong.
        place: the file, line, section and key, where known.
        jail: the jail that it concerns; empty if it is not one jail's own.
        value: what was found, as written; empty where that says nothing.
        expected: what would be right; empty where the message says it.
        hint: the likeliest repair, or an empty text.
        level: ``error`` or ``warning``.
        fatal: true if fail2ban refuses the whole configuration because of it.
        words: fail2ban's own words for it, where they differ from ``message``.
    """

    kind: str
    message: str
    place: Place | None = None
    jail: str = ""
    value: str = ""
    expected: str = ""
    hint: str = ""
    level: str = "error"
    fatal: bool = False
    words: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        found = f", found {self.value!r}" if self.value else ""
        expected = f", expected {self.expected}" if self.expected else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.message}{found}{expected}{hint}"


class ProblemError(ConfigError):
    """A problem on its way up, until a jail, a file set or the whole configuration takes it.

    Args:
        problem: what is wrong.
    """

    def __init__(self, problem: Problem) -> None:
        """Keep the problem, and show it as every error of the configuration is shown."""
        self.problem = problem
        super().__init__(problem.message, place=problem.place, kind=problem.kind, hint=problem.hint)

    def __str__(self) -> str:
        return str(self.problem)


class Setting(msgspec.Struct, frozen=True):
    """One effective option.

    Args:
        name: name of the option, in lower case.
        value: its value, of the option's type, after interpolation.
        place: where the value in force was written; None for a built-in default.
    """

    name: str
    value: Plain
    place: Place | None = None


class LogPattern(msgspec.Struct, frozen=True, array_like=True):
    """One line of a ``logpath``, with what it found.

    Args:
        pattern: a path, with ``*``, ``?`` and ``[...]`` as wildcards.
        tail: true if files are read from their end.
        found: the files that exist, in the order of their names.
        place: where the ``logpath`` is written.
    """

    pattern: str
    tail: bool = False
    found: tuple[str, ...] = ()
    place: Place | None = None


class FilterDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A filter as it is in force: of a jail, or on its own for ``fail2ban-regex``.

    Lists hold one entry for each line that is not empty. An option that nobody set is empty, or
    None where it is a number.

    Args:
        name: name of the filter, as the jail or the user gave it.
        files: the files that were read, in the order of reading.
        settings: every effective option of the filter, with its place, in the order in which
            it was read; an option that the jail and the filter both set is in here twice
            (spec config-and-filters.md 1.8), and the last one wins.
    """

    name: str
    files: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()

    @property
    def failregex(self) -> tuple[str, ...]:
        """The regexes of failures."""
        return self._lines("failregex")

    @property
    def ignoreregex(self) -> tuple[str, ...]:
        """The regexes of lines that do not count."""
        return self._lines("ignoreregex")

    @property
    def prefregex(self) -> str:
        """The common prefix of all regexes."""
        return str(self.get("prefregex") or "")

    @property
    def datepattern(self) -> str:
        """The date patterns, one a line."""
        return str(self.get("datepattern") or "")

    @property
    def maxlines(self) -> int | None:
        """How many lines a failure may span."""
        value = self.get("maxlines")
        return value if isinstance(value, int) else None

    @property
    def usedns(self) -> str:
        """How host names are treated."""
        return str(self.get("usedns") or "")

    @property
    def journalmatch(self) -> tuple[str, ...]:
        """The matches for the journal, one entry a line, words as written."""
        return self._lines("journalmatch")

    @property
    def failjson(self) -> tuple[str, ...]:
        """The conditions on JSON lines, an option that only Banward knows."""
        return self._lines("failjson")

    def as_settings(self) -> FilterSettings:
        """What a filter is built from: the patterns, without the jail's part (``usedns`` …)."""
        return FilterSettings(
            failregex=self.failregex,
            ignoreregex=self.ignoreregex,
            prefregex=self.prefregex,
            datepattern=self.datepattern,
            maxlines=1 if self.maxlines is None else self.maxlines,
            failjson=self.failjson,
        )

    def get(self, name: str) -> Plain:
        """The value of an option that is in force, None if nobody set it."""
        return next((s.value for s in reversed(self.settings) if s.name == name), None)

    def _lines(self, name: str) -> tuple[str, ...]:
        every = (s for s in self.settings if s.name == name)
        chosen: Iterable[Setting] = every if name == "journalmatch" else list(every)[-1:]
        texts = (line.strip() for s in chosen for line in str(s.value or "").split("\n"))
        return tuple(text for text in texts if text)


class ActionDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One action of a jail.

    Args:
        name: its ``actname``, unique in the jail.
        file: name of its file below ``action.d``, as the jail gave it.
        params: commands, ``[Init]`` options and parameters, in the order of the stream.
        python_file: path of a Python action, else empty; ``params`` then are its arguments.
        native: the backend of ours that does it, empty if its commands are to be run.
        place: where the jail names it.
    """

    name: str
    file: str
    params: tuple[Setting, ...] = ()
    python_file: str = ""
    native: str = ""
    place: Place | None = None

    @property
    def shown(self) -> tuple[Setting, ...]:
        """Its ``params`` as they may be shown: values that it declares secret are hidden."""
        declared = next((str(s.value) for s in self.params if s.name == SECRETS), "")
        names = secret_names(declared)
        return tuple(
            msgspec.structs.replace(s, value=MASK) if s.value and is_secret(s.name, names) else s
            for s in self.params
        )


class JailDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One enabled jail.

    Args:
        name: name of its section.
        backend: the backend to use, after the switch to the journal (spec 1.10).
        filter: its filter with the jail's own regexes; None if the jail could not be read.
        settings: its own options of the table in spec 1.10, in the order of the stream.
        actions: its actions.
        logs: the lines of its ``logpath``; empty for a journal.
        extra: options that only Banward knows.
        skipped: why it can't run, in the words of the server's log; empty if it can.
        place: where its section begins.
    """

    name: str
    backend: str = "auto"
    filter: FilterDefinition | None = None
    settings: tuple[Setting, ...] = ()
    actions: tuple[ActionDefinition, ...] = ()
    logs: tuple[LogPattern, ...] = ()
    extra: tuple[Setting, ...] = ()
    skipped: str = ""
    place: Place | None = None


class ServerDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the daemon, from ``fail2ban.conf`` and its set, and from ``banward.conf``.

    Args:
        settings: every option of spec server-and-client.md 1.2 with its value or default;
            ``dbmaxmatches`` and ``stacksize`` only if they are set.
        extra: options that only Banward knows.
    """

    settings: tuple[Setting, ...] = ()
    extra: tuple[Setting, ...] = ()

    def get(self, name: str) -> Plain:
        """The value of an option, None if it is not set and has no default."""
        return next((s.value for s in self.settings if s.name == name), None)


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """A whole configuration: all that is sound, and all that is wrong.

    Args:
        config_dir: the user's directory.
        server: the daemon's options.
        jails: the enabled jails in order of their sections, also those that can't run.
        log: what fail2ban writes on stderr while it reads the same files, up to the error at
            which it would stop; the lines below the level INFO are ours.
        problems: everything that is wrong, with place and hint, in the order of finding.
    """

    config_dir: str
    server: ServerDefinition = ServerDefinition()
    jails: tuple[JailDefinition, ...] = ()
    log: tuple[LogLine, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def fatal(self) -> Problem | None:
        """The problem at which fail2ban stops (exit code 255), None if it would go on.

        Banward may go on all the same: whatever is sound is in ``jails``.
        """
        return next((p for p in self.problems if p.fatal), None)

    @property
    def is_broken(self) -> bool:
        """True if ``-t`` has to fail."""
        return any(p.level == "error" for p in self.problems)

    def jail(self, name: str) -> JailDefinition | None:
        """An enabled jail by its name."""
        return next((j for j in self.jails if j.name == name), None)

    def as_plain(self) -> dict[str, Any]:
        """The configuration as JSON-ready values; what an action declares secret is hidden."""
        jails = (
            msgspec.structs.replace(
                jail,
                actions=tuple(msgspec.structs.replace(a, params=a.shown) for a in jail.actions),
            )
            for jail in self.jails
        )
        plain: dict[str, Any] = msgspec.to_builtins(
            msgspec.structs.replace(self, jails=tuple(jails))
        )
        return plain
