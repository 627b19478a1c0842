"""Everything that is wrong with a configuration at once; changes nothing, starts nothing.

``read_configuration`` finds what keeps a jail from being read. This also finds what fail2ban says
nothing of: names that nothing knows, values that the server will refuse, patterns that can't be
compiled, jails that can find nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from banward.config import names, values
from banward.config.actions import PYTHON
from banward.config.files import Library
from banward.config.model import FilterDefinition, Problem, ProblemError, Setting
from banward.config.options import JAIL_OPTIONS, Kind, convert
from banward.config.reader import Draft
from banward.config.reference import split_actions
from banward.config.usage import Usage, all_texts
from banward.errors import BanwardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from banward.config.ini import Raw
    from banward.config.jails import Jail
    from banward.config.model import Configuration, JailDefinition, ServerDefinition
    from banward.config.sections import Sections
    from banward.records import Place

__all__ = ["Checked", "bad_patterns", "check_configuration", "place_of"]

_LISTS = frozenset({"failregex", "ignoreregex", "failjson"})  # a pattern a line
_TEXTS = frozenset({"prefregex", "datepattern"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A configuration that was read and looked at.

    Args:
        configuration: what ``read_configuration`` gives.
        problems: all that is wrong, once each; those of the level ``error`` keep something from
            running.
    """

    configuration: Configuration
    problems: tuple[Problem, ...]


def check_configuration(
    config_dir: Path | str,
    *,
    fallback: Path | str | None = None,
    root: str = "",
    overrides: Mapping[str, str] | None = None,
    try_filter: Callable[[FilterDefinition], object] | None = None,
    audit: Callable[[FilterDefinition], Iterable[Problem]] | None = None,
) -> Checked:
    """Read a configuration and look for all that is wrong with it.

    Args:
        config_dir: the user's directory (``-c``).
        fallback: the shipped rules, read where the user has no file; None for none.
        root: put before absolute log paths when they are looked for, and cut off again.
        overrides: options of the command line by name (``loglevel``, ``logtarget``, ...).
        try_filter: compiles a filter, and raises a ``BanwardError`` if that can't be done. It is
            called with one pattern at a time, beside the options that all patterns depend on.
        audit: tells the weak spots of the patterns of a filter.
    """
    draft = Draft(Library(config_dir, fallback), root=root)
    configuration = draft.read(None, overrides or {}, test=True)
    checks = _Checks(draft, try_filter, audit)
    found = list(_server(draft.reading.library, configuration.server))
    found.extend(_switches(draft.reading.options.sections))
    for jail, definition in zip(draft.jails, configuration.jails, strict=True):
        found.extend(checks.run(jail, definition))
    found = [*draft.notes.problems, *found]
    unique = {(p.kind, p.place, p.message, p.value): p for p in reversed(found)}
    return Checked(configuration, tuple(reversed(unique.values())))


class _Checks:
    """What is looked at in each jail."""

    def __init__(
        self,
        draft: Draft,
        try_filter: Callable[[FilterDefinition], object] | None,
        audit: Callable[[FilterDefinition], Iterable[Problem]] | None,
    ) -> None:
        self._reading = draft.reading
        self._sections = draft.reading.options.sections
        self._usage = Usage(all_texts(self._sections))
        self._try_filter = try_filter
        self._audit = audit

    def run(self, jail: Jail, definition: JailDefinition) -> Iterator[Problem]:
        if jail.error:
            jail.read_rest()
        yield from names.unknown_in_jail(jail.name, self._sections, self._usage)
        yield from _bad_values(jail)
        yield from self._references(jail)
        if not definition.skipped:
            yield from _doubles(definition)
            yield from _missing_files(definition)
        yield from self._patterns(_with_filter(jail, definition))
        if not definition.skipped and self._audit and definition.filter:
            for problem in self._audit(definition.filter):
                yield msgspec.structs.replace(problem, jail=definition.name)

    def _references(self, jail: Jail) -> Iterator[Problem]:
        """Names in the filter and the actions of a jail, and in what it gives to them."""
        reference = jail.options.get("filter")
        if reference and reference.text:
            yield from self._reference("filter", reference, jail.name)
        action = jail.options.get("action")
        if action:
            for text in split_actions(action.text):
                yield from self._reference("action", action._replace(text=text), jail.name)

    def _reference(self, what: names.What, reference: Raw, jail: str) -> Iterator[Problem]:
        try:
            name, given = self._reading.split(what, reference.text, reference.place, jail)
            if name.endswith(PYTHON):
                return
            files = self._reading.files(what, name, reference, jail)
        except ProblemError as error:
            yield error.problem
            return
        usage = Usage((*all_texts(files.sections), *given.values()))
        yield from names.unknown_in_files(what, files.sections, usage, jail)
        yield from names.unknown_parameters(what, given, files.sections, usage, reference, jail)

    def _patterns(self, jail: JailDefinition) -> Iterator[Problem]:
        """Patterns that can't be compiled, each by itself; a jail that has none."""
        if jail.filter is None:
            return
        if not jail.filter.failregex and not jail.filter.failjson:
            yield Problem(
                kind="no-failregex",
                message="the jail has no failregex, so it can find nothing",
                place=jail.place,
                jail=jail.name,
                level="warning",
            )
        if self._try_filter:
            yield from bad_patterns(jail.filter, self._try_filter, jail.name)


def bad_patterns(
    whole: FilterDefinition, try_filter: Callable[[FilterDefinition], object], jail: str = ""
) -> Iterator[Problem]:
    """The patterns of a filter that can't be compiled, each with its place.

    Args:
        whole: the filter.
        try_filter: compiles a filter, and raises a ``BanwardError`` if that can't be done.
        jail: the jail that it concerns.
    """
    kept = [s for s in whole.settings if s.name in {"usedns", "maxlines", "prefregex"}]
    for setting, line in _single_patterns(whole):
        shared = (s for s in kept if s.name != setting.name)
        one = Setting(setting.name, line, setting.place)
        try:
            try_filter(FilterDefinition(name=whole.name, settings=(*shared, one)))
        except BanwardError as error:
            yield Problem(
                kind="bad-pattern",
                message=str(error),
                place=place_of(line, setting.place),
                jail=jail,
                value=line,
            )


def _with_filter(jail: Jail, definition: JailDefinition) -> JailDefinition:
    """A jail with its filter, even if something else keeps it from running."""
    if not definition.skipped:
        return definition
    try:
        return msgspec.structs.replace(definition, filter=jail.define_filter("auto"))
    except ProblemError:  # the filter itself is what keeps it, which is told already
        return definition


def _single_patterns(definition: FilterDefinition) -> Iterator[tuple[Setting, str]]:
    """Each pattern of a filter with the setting that holds it; date patterns stay together."""
    for setting in definition.settings:
        text = str(setting.value or "")
        if setting.name in _LISTS:
            lines = (line.strip() for line in text.split("\n"))
            yield from ((setting, line) for line in lines if line)
        elif setting.name in _TEXTS and text:
            yield setting, text


def place_of(line: str, place: Place | None) -> Place | None:
    """Where one line of a value stands, if it stands in its file as it is; else the option.

    Args:
        line: the line, after interpolation.
        place: where the option is written.
    """
    if place is None:
        return None
    try:
        texts = Path(place.file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return place
    for number, text in enumerate(texts[place.line - 1 :], start=place.line):
        if text.replace("%%", "%").strip().endswith(line):
            return msgspec.structs.replace(place, line=number)
    return place


def _server(library: Library, server: ServerDefinition) -> Iterator[Problem]:
    """Names and values of the daemon's options."""
    for base in ("fail2ban", "banward"):
        sections = library.read_set(base).sections
        yield from names.unknown_in_server(sections, Usage(all_texts(sections)))
    for setting in (*server.settings, *server.extra):
        if setting.place and isinstance(setting.value, str):
            yield from _bad_value(setting.name, setting.value, setting.place, "")


def _switches(sections: Sections) -> Iterator[Problem]:
    """Values of ``enabled`` that switch a jail off without saying so."""
    for name in sections.names:
        raw = sections.own(name).get("enabled")
        if raw and "%(" not in raw.text:
            yield from _bad_value("enabled", raw.text, raw.place, name)


def _bad_values(jail: Jail) -> Iterator[Problem]:
    """Values that the server refuses or takes in another sense."""
    for option, raw in jail.options.items():
        if convert(raw.text, JAIL_OPTIONS.get(option, Kind.TEXT)) is not None:
            yield from _bad_value(option, raw.text, raw.place, jail.name)


def _bad_value(option: str, text: str, place: Place, jail: str) -> Iterator[Problem]:
    expected = values.expected(option, text)
    if expected:
        yield Problem(
            kind="bad-value",
            message=f"this is no value for {option}",
            place=place,
            jail=jail,
            value=text,
            expected=expected,
            hint=values.hint(option, text),
            level="warning" if option in values.TOLERATED else "error",
        )


def _doubles(jail: JailDefinition) -> Iterator[Problem]:
    """Actions of the same name, of which the server takes only one."""
    counts = Counter(action.name for action in jail.actions)
    for action in jail.actions:
        if counts[action.name] > 1:
            yield Problem(
                kind="duplicate-action",
                message=f"the jail has two actions named {action.name!r}",
                place=action.place,
                jail=jail.name,
                hint=f"give one of them another name: {action.file}[actname=NAME]",
            )


def _missing_files(jail: JailDefinition) -> Iterator[Problem]:
    """Python actions that are not there, and log paths without a file beside others that have."""
    for action in jail.actions:
        if action.python_file and not Path(action.python_file).is_file():
            yield Problem(
                kind="missing-action-file",
                message=f"there is no file {action.python_file}",
                place=action.place,
                jail=jail.name,
            )
    if any(pattern.found for pattern in jail.logs):
        for pattern in jail.logs:
            if not pattern.found:
                yield Problem(
                    kind="missing-log-file",
                    message=f"no log file was found for {pattern.pattern}",
                    place=pattern.place,
                    jail=jail.name,
                    level="warning",
                )
