"""The daemon's own options, from ``fail2ban.conf`` and its set and from ``banward.conf``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.config.interpolation import Interpolator
from banward.config.model import (
    Problem,
    ProblemError,
    ServerDefinition,
    Setting,
)
from banward.config.options import (
    LOG_LEVELS,
    OUR_SERVER_OPTIONS,
    SERVER_DEFAULTS,
    SERVER_OPTIONS,
    Kind,
    convert,
)
from banward.config.template import DEFINITION
from banward.records import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banward.config.files import Library
    from banward.config.ini import Raw
    from banward.config.notes import Notes

__all__ = ["define_server"]

THREAD = "Thread"
"""The section with ``stacksize``."""

STACKSIZE = "stacksize"


class _Reader:
    """Reads options of the two file sets; what can't be read becomes a problem."""

    def __init__(self, library: Library, notes: Notes) -> None:
        files = library.read_set("fail2ban")
        ours = library.read_set("banward")
        self.is_there = bool(files.files)
        self._notes = notes
        if not self.is_there:
            text = f"Found no accessible config files for 'fail2ban' under {library.config_dir}"
            notes.say("configreader", "ERROR", text)
        if library.refuse(files, notes) or not self.is_there:
            place = Place(f"{library.config_dir}/fail2ban.conf")
            notes.report(_unread(place, files.unreadable))
        for problem in (*files.problems, *ours.problems, *ours.unreadable):
            notes.report(problem)
        self._theirs = Interpolator(files.sections)
        self._ours = Interpolator(ours.sections)

    def read(self, section: str, name: str, kind: Kind) -> Setting | None:
        """An option as it is written, None if it is not there or can't be read."""
        raw = self._raw(self._theirs, section, name)
        return self._setting(raw, section, name, kind) if raw else None

    def read_ours(self, name: str, kind: Kind) -> Setting | None:
        """An option that only Banward knows; ``banward.conf`` goes before ``fail2ban.conf``."""
        raw = self._raw(self._ours, DEFINITION, name) or self._raw(self._theirs, DEFINITION, name)
        return self._setting(raw, DEFINITION, name, kind) if raw else None

    def _raw(self, source: Interpolator, section: str, name: str) -> Raw | None:
        try:
            return source.get(section, name)
        except ProblemError as error:
            self._notes.report(error.problem)
            return None

    def _setting(self, raw: Raw, section: str, name: str, kind: Kind) -> Setting:
        value = convert(raw.text, kind)
        if value is None:
            self._notes.wrong_number(raw, section, name)
        return Setting(name, value, raw.place)


def define_server(library: Library, notes: Notes, overrides: Mapping[str, str]) -> ServerDefinition:
    """Read the daemon's options; those of the command line go before those of the files.

    Args:
        library: where the files are.
        notes: takes the problems; a fatal one if there is no file at all.
        overrides: options of the command line by name.
    """
    reader = _Reader(library, notes)
    stacksize = reader.read(THREAD, STACKSIZE, Kind.INT)
    settings = [stacksize] if stacksize else []
    settings.extend(_settings(reader, overrides))
    level = next(s for s in settings if s.name == "loglevel")
    if str(level.value).upper() not in LOG_LEVELS and not str(level.value).isdigit():
        notes.report(_bad_level(level))
        settings[settings.index(level)] = Setting("loglevel", SERVER_DEFAULTS["loglevel"])
    extra = (reader.read_ours(name, kind) for name, kind in OUR_SERVER_OPTIONS.items())
    return ServerDefinition(settings=tuple(settings), extra=tuple(s for s in extra if s))


def _settings(reader: _Reader, overrides: Mapping[str, str]) -> Iterator[Setting]:
    for name, default in SERVER_DEFAULTS.items():
        if name in overrides:
            yield Setting(name, overrides[name])
            continue
        setting = reader.read(DEFINITION, name, SERVER_OPTIONS[name])
        if setting:
            yield setting
        elif default is not None:
            yield Setting(name, default)


def _unread(place: Place, causes: list[Problem]) -> Problem:
    cause = causes[0] if causes else None
    return Problem(
        kind=cause.kind if cause else "missing-server-file",
        message=cause.message if cause else "there is no fail2ban.conf",
        place=cause.place if cause else place,
        hint="defaults are used",
        fatal=True,
        words="Read fail2ban configuration failed.",
    )


def _bad_level(level: Setting) -> Problem:
    return Problem(
        kind="bad-log-level",
        message="this is no log level",
        place=level.place,
        value=str(level.value),
        expected=", ".join(sorted(LOG_LEVELS)) + ", or a number",
        fatal=True,
        words=f"Invalid log level {level.value!r}",
    )
