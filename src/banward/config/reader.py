"""Reads a whole configuration; knows the order of reading, and nothing of what it is used for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward import COMPATIBLE_VERSION
from banward.config.files import Library
from banward.config.ini import Raw
from banward.config.interpolation import Interpolator
from banward.config.jails import Jail
from banward.config.model import Configuration, Problem, ProblemError
from banward.config.notes import Notes
from banward.config.parts import Reading
from banward.config.sections import INCLUDES
from banward.config.server import define_server
from banward.records import Place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from banward.config.ini import Options
    from banward.config.model import JailDefinition, ServerDefinition

__all__ = ["Draft", "always", "read_configuration", "read_server"]


def read_server(
    config_dir: Path | str,
    *,
    fallback: Path | str | None = None,
    overrides: Mapping[str, str] | None = None,
) -> ServerDefinition:
    """Read only the daemon's options: what a client needs to find its server.

    Args:
        config_dir: the user's directory (``-c``).
        fallback: the shipped rules, read where the user has no file; None for none.
        overrides: options of the command line by name (``loglevel``, ``socket``, ...).

    Raises:
        ConfigError: a file can't be read or understood, or the log level is unknown.
    """
    notes = Notes()
    server = define_server(Library(config_dir, fallback), notes, overrides or {})
    for problem in notes.problems:
        if problem.fatal:
            raise ProblemError(problem)
    return server


def read_configuration(
    config_dir: Path | str,
    *,
    fallback: Path | str | None = None,
    jail: str | None = None,
    test: bool = False,
    dump: bool = False,
    root: str = "",
    overrides: Mapping[str, str] | None = None,
) -> Configuration:
    """Read everything: the daemon's options and the enabled jails with filters and actions.

    Never raises for what files hold: each problem is in ``Configuration.problems``, the first
    that fail2ban would stop at is ``Configuration.fatal``, and whatever is sound is read all the
    same.

    Args:
        config_dir: the user's directory (``-c``).
        fallback: the shipped rules, read where the user has no file; None for none. Commands
            pass ``shipped_rules()``.
        jail: read only this jail (``reload JAIL``); unknown: a fatal problem ``No section``.
        test: as for ``-t``: affects ``log`` only.
        dump: as for ``-d``: a missing log file is a warning, not fatal.
        root: put before absolute log paths when they are looked for, and cut off again.
        overrides: options of the command line by name (``loglevel``, ``logtarget``, ...).
    """
    library = Library(config_dir, fallback)
    return Draft(library, dump=dump, root=root).read(jail, overrides or {}, test=test)


def always(library: Library) -> Options:
    """The values that are defined everywhere in jail files (spec 1.5)."""
    place = Place("")
    return {
        "fail2ban_version": Raw(COMPATIBLE_VERSION, place),
        "fail2ban_confpath": Raw(library.config_dir, place),
    }


class Draft:
    """A configuration while it is read.

    Args:
        library: where the files are.
        dump: as for ``-d``: a missing log file is no error.
        root: put before log paths when they are looked for.

    Attributes:
        notes: what was said and found so far.
        reading: what the jails share.
        jails: the enabled jails, once they are read.
    """

    def __init__(self, library: Library, *, dump: bool = False, root: str = "") -> None:
        """Read the jail files; jails come later."""
        self.notes = Notes()
        self._library = library
        self._files = library.read_set("jail")
        options = Interpolator(self._files.sections, always(library))
        self.reading = Reading(library, options, self.notes, dump=dump, root=root)
        self.jails: list[Jail] = []

    def read(self, jail: str | None, overrides: Mapping[str, str], *, test: bool) -> Configuration:
        """Read the daemon's options and the jails, or only one; see ``read_configuration``."""
        server = define_server(self._library, self.notes, overrides)
        self._check_files()
        defined = self._read_jails(jail, "" if test else " Skipping...")
        return Configuration(
            config_dir=self._library.config_dir,
            server=server,
            jails=defined,
            log=tuple(self.notes.log),
            problems=tuple(self.notes.problems),
        )

    def _check_files(self) -> None:
        """Tell of jail files that are not there or can't be read."""
        files, notes = self._files, self.notes
        refused = self._library.refuse(files, notes)
        if not files.files and not refused:
            text = f"Found no accessible config files for 'jail' under {self._library.config_dir}"
            notes.say("configreader", "ERROR", text)
        if refused or not files.files:
            cause = files.unreadable[0] if files.unreadable else None
            notes.report(
                Problem(
                    kind=cause.kind if cause else "missing-jail-file",
                    message=cause.message if cause else "there is no jail.conf and no jail.local",
                    place=cause.place if cause else self._jail_conf,
                    fatal=True,
                    words="Read jails configuration failed.",
                )
            )
        for problem in files.problems:
            notes.report(problem)

    @property
    def _jail_conf(self) -> Place:
        return Place(f"{self._library.config_dir}/jail.conf")

    def _read_jails(self, only: str | None, skipping: str) -> tuple[JailDefinition, ...]:
        names = [name for name in self._files.sections.names if name != INCLUDES]
        if only is not None and only not in names:
            self.notes.report(
                Problem(
                    kind="missing-section",
                    message=f"there is no jail {only!r}",
                    place=self._jail_conf,
                    fatal=True,
                    words=f"No section: {only!r}",
                )
            )
        for name in names:
            jail = Jail(name, self.reading)
            if only in {None, name} and jail.is_enabled():
                self._read_jail(jail, skipping)
        defined = tuple(jail.define() for jail in self.jails)
        if self.jails and all(jail.error for jail in self.jails):
            self.notes.report(_all_skipped(self.jails[0]))
        return defined

    def _read_jail(self, jail: Jail, skipping: str) -> None:
        self.jails.append(jail)
        jail.read()
        if jail.error:
            self.notes.say("jailsreader", "ERROR", f"Errors in jail {jail.name!r}.{skipping}")


def _all_skipped(first: Jail) -> Problem:
    return Problem(
        kind="all-jails-skipped",
        message="no jail that is switched on can run",
        place=first.place,
        hint="see the problems of each jail",
        fatal=True,
    )
