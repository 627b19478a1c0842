"""An action's files and parameters become what the server is told; no command is run.

How the values flow is told in spec config-and-filters.md 1.8, names in 1.7.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from banward.config.ini import Raw
from banward.config.model import ActionDefinition, ProblemError, Setting
from banward.config.options import (
    ACTION_OPTIONS,
    JAIL_OPTIONS,
    NATIVE,
    RUN_TIME_TAGS,
    Kind,
    convert,
)
from banward.config.reference import split_actions
from banward.config.template import Template
from banward.masking import SECRETS, secret_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banward.config.ini import Options
    from banward.config.model import Problem
    from banward.config.parts import Reading
    from banward.records import Place

__all__ = ["named", "read_actions"]

PYTHON = ".py"
"""The ending of an action that is a Python file."""


def named(file: str, params: Mapping[str, str], jail: str, place: Place) -> Options:
    """The parameters of an action, with ``name`` and ``actname`` (spec 1.7).

    Args:
        file: name of the action's file, as the jail gives it.
        params: the parameters as written.
        jail: name of the jail.
        place: where they stand.
    """
    every = {name: Raw(text, place) for name, text in params.items()}
    name = params.get("name", jail)
    suffix = ""
    if name != jail:
        suffix = name.removeprefix(jail) if name.startswith(jail) else f"-{name}"
    every.setdefault("name", Raw(jail, place))
    every.setdefault("actname", Raw(file + suffix, place))
    return every


def read_actions(
    reading: Reading, jail: str, value: Raw | None, options: Mapping[str, Raw]
) -> tuple[ActionDefinition, ...]:
    """Read the actions of a jail.

    Args:
        reading: where action files are found, and who takes problems.
        jail: name of the jail.
        value: its option ``action``.
        options: the jail's options that have a meaning.

    Raises:
        ProblemError: one of them can't be read.
    """
    references = split_actions(value.text) if value else []
    if value is None or not references:
        reading.notes.say("jailreader", "WARNING", f"No actions were defined for {jail}")
        return ()
    words = {name: _as_word(name, raw) for name, raw in options.items()}
    return tuple(_read_action(reading, jail, text, value.place, words) for text in references)


def _as_word(option: str, raw: Raw) -> Raw:
    """The value of an option as a tag shows it: that of a switch as True or False."""
    return raw._replace(text=str(convert(raw.text, JAIL_OPTIONS[option])))


def _read_action(
    reading: Reading, jail: str, reference: str, place: Place, options: Mapping[str, Raw]
) -> ActionDefinition:
    file, params = reading.split("action", reference, place, jail)
    if file.endswith(PYTHON):
        return _python_action(reading, file, params, place)
    files = reading.files("action", file, Raw(reference, place), jail)
    try:
        template = Template(files, named(file, params, jail, place), options)
        return _define(file, template, place)
    except ProblemError as error:
        raise _in_action(error.problem, reference) from error


def _python_action(
    reading: Reading, file: str, params: Mapping[str, str], place: Place
) -> ActionDefinition:
    """A Python action: its parameters go to the class as they are (spec 1.7)."""
    library = reading.library
    default = str(Path(library.config_dir) / "action.d" / file)
    settings = (Setting(name, text, place) for name, text in params.items() if name != "actname")
    return ActionDefinition(
        name=params.get("actname", file.removesuffix(PYTHON)),
        file=file,
        params=tuple(settings),
        python_file=library.find(f"action.d/{file}") or default,
        place=place,
    )


def _define(file: str, template: Template, place: Place) -> ActionDefinition:
    """An action of commands: standard options, parameters and ``[Init]``, tags expanded."""
    settings = list(_settings(template))
    native = template.given.get(NATIVE)
    backend = native.text if native and not _is_overridden(template, native) else ""
    if not backend:
        settings = [s for s in settings if s.name != NATIVE]
    return ActionDefinition(
        name=template.params["actname"].text,
        file=file,
        params=tuple(settings),
        native=backend,
        place=place,
    )


def _in_action(problem: Problem, reference: str) -> ProblemError:
    """The problem with upstream's words for it."""
    is_tag = problem.kind == "circular-tag"
    before = "" if is_tag else f"Error in action definition {reference!r}: "
    return ProblemError(msgspec.structs.replace(problem, words=before + problem.words))


def _settings(template: Template) -> Iterator[Setting]:
    # A secret stays a tag in the commands: its value is filled in where nobody can read it.
    kept = RUN_TIME_TAGS | _secrets(template)
    for name, kind in ACTION_OPTIONS.items():
        raw = template.given.get(name) or template.read(name)
        if raw:
            raw = template.expand(name, raw, kept)
            yield Setting(name, convert(raw.text, kind), raw.place)
    for name, raw in template.given.items():
        if name not in ACTION_OPTIONS:
            yield Setting(name, raw.text, raw.place)


def _secrets(template: Template) -> frozenset[str]:
    declared = template.given.get(SECRETS)
    return secret_names(declared.text) if declared else frozenset()


def _is_overridden(template: Template, native: Raw) -> bool:
    """True if somebody wrote a command of his own into an action that we would do ourselves.

    The author of ``native`` answers for the commands in the same ``.conf`` and in those beside it
    that it includes. A command from anywhere else, or given as a parameter, is another's wish.
    """
    home = Path(native.place.file)
    for name, kind in ACTION_OPTIONS.items():
        raw = template.given.get(name) or template.read(name)
        if kind is Kind.TEXT and raw:
            source = Path(raw.place.file)
            is_beside = source.parent == home.parent and source.suffix == ".conf"
            if name in template.params or not (source == home or is_beside):
                return True
    return False
