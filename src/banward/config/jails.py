"""One section of the jail files becomes a jail; knows nothing of the other jails.

Reading has two steps, as upstream's has. ``read`` takes the section, the filter and the actions;
``define`` then looks for the log files, may turn to the journal, and makes the result. A mistake
that concerns one jail stops this jail only (spec config-and-filters.md 1.11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.config.actions import read_actions
from banward.config.files import FileSet
from banward.config.filters import Filter
from banward.config.logs import find_logs
from banward.config.model import JailDefinition, Problem, ProblemError, Setting
from banward.config.options import (
    JAIL_OPTIONS,
    JAIL_SETTINGS,
    OUR_JAIL_OPTIONS,
    Kind,
    convert,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.config.ini import Options, Raw
    from banward.config.model import ActionDefinition, FilterDefinition, LogPattern
    from banward.config.parts import Reading
    from banward.records import Place

__all__ = ["Jail"]


class Jail:
    """A jail while it is read.

    Args:
        name: name of its section.
        reading: what it shares with the others.
        overrides: values that go before its own options in references, and before its filter's
            parameters; given by a user of ``fail2ban-regex``.

    Attributes:
        error: why it can't run, in upstream's words; empty if it can.
        options: its options that have a meaning, as texts, once they are read.
    """

    def __init__(
        self, name: str, reading: Reading, overrides: Mapping[str, Raw] | None = None
    ) -> None:
        """Keep the parts; nothing is read yet."""
        self.name = name
        self.error = ""
        self._reading = reading
        self._overrides = overrides or {}
        self._first = self._overrides
        self._backend = "auto"
        self.options: Options = {}
        self._filter = Filter("", FileSet(), {}, self._backend)
        self._actions: tuple[ActionDefinition, ...] = ()

    @property
    def place(self) -> Place | None:
        """Where its section begins."""
        return self._reading.options.sections.heads.get(self.name)

    def is_enabled(self) -> bool:
        """Whether it is switched on; upstream also reads backend and filter at this point."""
        enabled = False
        for option in ("enabled", "backend", "filter"):
            try:
                raw = self._get(option)
            except ProblemError as error:
                self._report(error.problem)
            else:
                if option == "enabled" and raw:
                    enabled = convert(raw.text, Kind.BOOL) is True
        return enabled

    def read(self) -> None:
        """Read its options, its filter and its actions, or find out why it can't run."""
        try:
            self._read_filter()
            self._read_options()
            known = self._known_options()
            self._actions = read_actions(
                self._reading, self.name, self.options.get("action"), known
            )
        except ProblemError as error:
            self._fail(error.problem)

    def read_rest(self) -> None:
        """After a failure, read the options that can be read, so that they can be looked at."""
        for option in JAIL_OPTIONS:
            try:
                raw = self._get(option)
            except ProblemError as error:
                if "%(known/" not in error.problem.value:  # which the filter may not have told
                    self._report(error.problem)
            else:
                if raw:
                    self.options.setdefault(option, raw)

    def define(self) -> JailDefinition:
        """Look for its log files and make the result; a jail with an error is told as skipped."""
        if not self.error:
            try:
                return self._define()
            except ProblemError as error:
                self._fail(error.problem)
        text = f"Jail {self.name!r} skipped, because of wrong configuration: {self.error}"
        return JailDefinition(name=self.name, skipped=text, place=self.place)

    def define_filter(self, backend: str) -> FilterDefinition:
        """Read only its filter with its own regexes.

        Args:
            backend: used in place of its own.

        Raises:
            ProblemError: they can't be read.
        """
        self._read_filter()
        self._read_options()
        return self._filter.with_backend(backend).define(self._known_options(), self._reading.notes)

    def _fail(self, problem: Problem) -> None:
        self._report(problem)
        self.error = problem.words or problem.message

    def _report(self, problem: Problem) -> None:
        self._reading.report(problem, self.name)

    def _get(self, option: str) -> Raw | None:
        return self._reading.options.get(self.name, option, self._first)

    def _is_on(self, option: str, *, default: bool) -> bool:
        raw = self.options.get(option)
        return convert(raw.text, Kind.BOOL) is True if raw else default

    def _known_options(self) -> Options:
        return {name: raw for name, raw in self.options.items() if name in JAIL_OPTIONS}

    def _read_filter(self) -> None:
        backend = self._get("backend")
        self._backend = backend.text if backend else self._backend
        reference = self._get("filter")
        if reference is None or not reference.text:
            text = f"No filter set for jail {self.name}"
            self._reading.notes.say("jailreader", "WARNING", text)
            return
        name, params = self._reading.split("filter", reference.text, reference.place, self.name)
        files = self._reading.files("filter", name, reference, self.name)
        given = {key: reference._replace(text=text) for key, text in params.items()}
        self._filter = Filter(name, files, {**given, **self._overrides}, self._backend)

    def _read_options(self) -> None:
        """Read the options that have a meaning, the filter's being known as ``known/NAME``."""
        self._first = self._filter.known(self._overrides)
        for option, kind in (JAIL_OPTIONS | OUR_JAIL_OPTIONS).items():
            raw = self._get(option)
            if raw:
                self.options[option] = raw
                if convert(raw.text, kind) is None:
                    self._reading.notes.wrong_number(raw, self.name, option, jail=self.name)
        if command := self.options.get("ignorecommand"):
            text = self._reading.library.find_command(command.text)
            self.options["ignorecommand"] = command._replace(text=text)

    def _define(self) -> JailDefinition:
        logs = self._find_logs()
        if logs is not None and not any(pattern.found for pattern in logs):
            if self._turns_to_journal():
                logs = None
            elif self._is_skipped_without_logs():
                text = f"Jail {self.name!r} skipped, because of missing log files."
                self._reading.notes.say("jailreader", "WARNING", text)
                return JailDefinition(name=self.name, skipped=text, place=self.place)
        return JailDefinition(
            name=self.name,
            backend=self._backend,
            filter=self._filter.define(self._known_options(), self._reading.notes),
            settings=self._settings(JAIL_SETTINGS),
            actions=self._actions,
            logs=logs or (),
            extra=self._settings(OUR_JAIL_OPTIONS),
            place=self.place,
        )

    def _settings(self, options: Mapping[str, Kind]) -> tuple[Setting, ...]:
        found = ((name, self.options.get(name), kind) for name, kind in options.items())
        return tuple(
            Setting(name, convert(raw.text, kind), raw.place) for name, raw, kind in found if raw
        )

    def _find_logs(self) -> tuple[LogPattern, ...] | None:
        """The log files, None if the jail reads none."""
        raw = self.options.get("logpath")
        if raw is None or self._backend.startswith("systemd"):
            return None
        return find_logs(self.name, raw, self._reading.notes, root=self._reading.root)

    def _turns_to_journal(self) -> bool:
        """Turn to the journal where no log file is there and the journal may do (spec 1.10).

        A ``journalmatch`` of the filter counts as well, as upstream documents it, and ``logtype``
        becomes ``journal`` (spec 7, quirks 3 and 4).
        """
        is_wanted = self._is_on("systemd_if_nologs", default=True)
        if not is_wanted or not self._backend.startswith("auto"):
            return False
        if "journalmatch" not in self.options and "known/journalmatch" not in self._first:
            return False
        self._backend = "systemd"
        self._filter = self._filter.with_backend(self._backend)
        text = f"{self._without_logs} Jail will monitor systemd journal."
        self._reading.notes.say("jailreader", "WARNING", text)
        return True

    @property
    def _without_logs(self) -> str:
        return f"Have not found any log file for {self.name!r} jail."

    def _is_skipped_without_logs(self) -> bool:
        """Tell of missing log files; true if the jail is to be skipped for it."""
        is_skipped = self._is_on("skip_if_nologs", default=False)
        is_fatal = not is_skipped and not self._reading.dump
        if not is_fatal:
            self._reading.notes.say("jailreader", "WARNING", self._without_logs)
        raw = self.options["logpath"]
        self._report(
            Problem(
                kind="missing-log-file",
                message="no log file was found",
                place=raw.place,
                value=raw.text,
                hint="create the file, correct the path, or use backend = systemd",
                level="error" if is_fatal else "warning",
                fatal=is_fatal,
                words=self._without_logs,
            )
        )
        return is_skipped
