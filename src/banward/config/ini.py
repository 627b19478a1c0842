"""The ini dialect of one file: text in, raw options with their places out; knows no option.

The rules are those of spec config-and-filters.md 1.3, which are those of Python's ``configparser``
with ``;`` as mark of inline comments. Unlike it, the reader goes on after a mistake: each becomes
a problem, and the rest of the file is read as if the mistake had been mended.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from banward.config.model import Problem
from banward.records import Place

__all__ = ["DEFAULT", "IniFile", "Options", "Raw", "parse"]

DEFAULT = "DEFAULT"
"""The section whose values are seen from every other section."""

_INLINE_COMMENT = re.compile(r"(?:^|(?<=\s));")
_HEADER = re.compile(r"\[(.+)\]")
_DELIMITER = re.compile(r"[=:]")


class Raw(NamedTuple):
    """A value as it stands in a file, and where.

    Args:
        text: the value; lines joined by newlines, without comments.
        place: file, line, section and key.
    """

    text: str
    place: Place


Options = dict[str, Raw]
"""Options by name, in the order of writing."""


@dataclass(slots=True)
class IniFile:
    """What one file holds.

    Args:
        path: the file.
        sections: options by section, in the order of writing; also ``[DEFAULT]``.
        heads: where each section begins.
        problems: what fail2ban would refuse; the first of them is the one it would name.
    """

    path: str
    sections: dict[str, Options] = field(default_factory=dict)
    heads: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def parse(text: str, path: str) -> IniFile:
    """Read the text of a file. Never raises: mistakes are in ``problems``."""
    return _Parser(path).run(text)


@dataclass(slots=True)
class _Parser:
    """The state while the lines of one file go by."""

    path: str
    section: str = ""
    key: str = ""
    indent: int = 0
    lines: list[str] | None = None  # of the option that a deeper line continues
    start: int = 0  # line at which that option begins
    seen: dict[tuple[str, str], Place] = field(default_factory=dict)  # first by section and name
    result: IniFile = field(init=False)
    orphans: list[tuple[int, str]] = field(default_factory=list)  # before the first header
    garbled: list[tuple[int, str, str]] = field(default_factory=list)  # no name or delimiter

    def __post_init__(self) -> None:
        self.result = IniFile(self.path)

    def run(self, text: str) -> IniFile:
        for number, line in enumerate(io.StringIO(text, newline=None), start=1):
            self._line(line, number)
        self._close()
        self._report_lines()
        return self.result

    def _line(self, line: str, number: int) -> None:
        code, has_comment = _without_comment(line)
        if not code:
            if not has_comment and self.lines is not None:
                self.lines.append("")
            return
        indent = len(line) - len(line.lstrip())
        if self.lines is not None and indent > self.indent:
            self.lines.append(code)
            return
        self.indent = indent
        header = _HEADER.match(code)
        if header:
            self._begin_section(header[1], number)
        elif not self.section:
            self.orphans.append((number, line))
        else:
            self._begin_option(code, line, number)

    def _begin_section(self, name: str, number: int) -> None:
        self._close()
        self.section = name
        place = Place(self.path, number, name)
        if name in self.result.sections and name != DEFAULT:
            self._duplicate("section", f"section {name!r}", place, self.result.heads[name])
        self.result.sections.setdefault(name, {})
        self.result.heads.setdefault(name, place)

    def _begin_option(self, code: str, line: str, number: int) -> None:
        delimiter = _DELIMITER.search(code)
        if delimiter is None:
            self.garbled.append((number, line, self.section))
            return
        self._close()
        name = code[: delimiter.start()].rstrip().lower()
        place = Place(self.path, number, self.section, name)
        known = self.seen.setdefault((self.section, name), place)
        if known != place:
            what = f"option {name!r} in section {self.section!r}"
            self._duplicate("option", what, place, known)
        if name:
            self.key, self.start = name, number
            self.lines = [code[delimiter.end() :].strip()]
        else:
            self.garbled.append((number, line, self.section))

    def _close(self) -> None:
        """Keep the option that was being read."""
        if self.lines is not None:
            place = Place(self.path, self.start, self.section, self.key)
            text = "\n".join(self.lines).rstrip()
            self.result.sections[self.section][self.key] = Raw(text, place)
        self.lines = None

    def _duplicate(self, what: str, name: str, place: Place, first: Place) -> None:
        repair = "join the two" if what == "section" else "remove one; the last one is used"
        self.result.problems.append(
            Problem(
                kind=f"duplicate-{what}",
                message=f"{name} stands in this file twice, first in line {first.line}",
                place=place,
                hint=repair,
                fatal=True,
                words=f"While reading from {self.path!r} [line {place.line:2d}]: "
                f"{name} already exists",
            )
        )

    def _report_lines(self) -> None:
        """Tell of lines that are no option: at once if they come first, else at the end."""
        if self.orphans:
            number, line = self.orphans[0]
            found = _Found("missing-section-header", number, line, "a [section] before it")
            words = f"File contains no section headers.\nfile: {self.path!r}, line: {number}"
            self.result.problems.insert(0, found.problem(self.path, "", f"{words}\n{line!r}"))
        every = "".join(f"\n\t[line {number:2d}]: {line!r}" for number, line, _ in self.garbled)
        words = f"Source contains parsing errors: {self.path!r}{every}"
        for number, line, section in self.garbled:
            found = _Found("bad-line", number, line, "name = value")
            self.result.problems.append(found.problem(self.path, section, words))


class _Found(NamedTuple):
    """A line that is out of place."""

    kind: str
    number: int
    line: str
    expected: str

    def problem(self, path: str, section: str, words: str) -> Problem:
        return Problem(
            kind=self.kind,
            message="this line is ignored",
            place=Place(path, self.number, section),
            value=self.line.strip(),
            expected=self.expected,
            fatal=True,
            words=words,
        )


def _without_comment(line: str) -> tuple[str, bool]:
    """The line without its comment and blanks around it, and whether there was a comment."""
    stripped = line.strip()
    if stripped.startswith(("#", ";")):
        return "", True
    mark = _INLINE_COMMENT.search(line)
    return (line[: mark.start()].strip(), True) if mark else (stripped, False)
