"""Filters and actions by their references: split, found, and missed in fail2ban's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from banward.config.model import Problem, ProblemError
from banward.config.nearest import did_you_mean
from banward.config.reference import split_reference
from banward.config.template import DEFINITION
from banward.errors import ConfigError
from banward.records import Place

if TYPE_CHECKING:
    from banward.config.files import FileSet, Library
    from banward.config.ini import Raw
    from banward.config.interpolation import Interpolator
    from banward.config.notes import Notes


__all__ = ["Reading"]

What = Literal["filter", "action"]


class Reading(NamedTuple):
    """What all jails of a configuration share while they are read.

    Args:
        library: where filters and actions are found.
        options: the merged jail files.
        notes: takes log lines and problems.
        dump: as for ``-d``: a missing log file is no error.
        root: put before log paths when they are looked for.
    """

    library: Library
    options: Interpolator
    notes: Notes
    dump: bool = False
    root: str = ""

    def report(self, problem: Problem, jail: str) -> None:
        """Take a problem of a jail."""
        self.notes.report(msgspec.structs.replace(problem, jail=jail))

    def split(self, what: What, text: str, place: Place, jail: str) -> tuple[str, dict[str, str]]:
        """Split a reference into a name and parameters.

        Raises:
            ProblemError: it is none.
        """
        try:
            return split_reference(text)
        except ConfigError as error:
            words = f"Invalid {what} definition {text!r}: {error.message}"
            self.notes.say("jailreader", "ERROR", words)
            problem = Problem(
                kind=f"bad-{what}-syntax",
                message=f"this names no {what}: {error.message}",
                place=place,
                jail=jail,
                value=text,
                expected='name[option="value", ...]',
                words=words,
            )
            raise ProblemError(problem) from error

    def files(self, what: What, name: str, reference: Raw, jail: str) -> FileSet:
        """Read the file set of a filter or action.

        Raises:
            ProblemError: there is none, or it can't be read.
        """
        base = f"{what}.d/{name}"
        files = self.library.read_set(base)
        if self.library.refuse(files, self.notes) or not files.files:
            raise self._missing(what, name, reference, files, jail)
        for problem in files.problems:
            self.report(problem, jail)
        if DEFINITION not in files.sections:
            self._without_definition(files, jail)
        return files

    def _missing(
        self, what: What, name: str, reference: Raw, files: FileSet, jail: str
    ) -> ProblemError:
        base = f"{what}.d/{name}"
        text = f"Found no accessible config files for {base!r} under {self.library.config_dir}"
        self.notes.say("configreader", "ERROR", text)
        words = f"Unable to read {'the filter' if what == 'filter' else 'action'} {name!r}"
        self.notes.say("jailreader", "ERROR", words)
        for problem in files.unreadable:
            self.report(problem, jail)
        return ProblemError(
            Problem(
                kind=f"missing-{what}-file",
                message=f"there is no {what} {name!r} that can be read",
                place=reference.place,
                jail=jail,
                value=reference.text,
                expected=f"a file {base}.conf or {base}.local",
                hint=self._nearest(what, name),
                words=words,
            )
        )

    def _nearest(self, what: What, name: str) -> str:
        return did_you_mean(name, self.library.list_names(f"{what}.d"))

    def _without_definition(self, files: FileSet, jail: str) -> None:
        self.notes.say("configreader", "ERROR", f"No section: {DEFINITION!r}")
        self.report(
            Problem(
                kind="missing-section",
                message=f"there is no [{DEFINITION}], so nothing is defined",
                place=Place(files.files[-1]),
                jail=jail,
                level="warning",
            ),
            jail,
        )
