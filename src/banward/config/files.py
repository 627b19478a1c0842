"""Which files make up a configuration object, and in which order; not what is in them.

The order of a set and the includes are those of spec config-and-filters.md 1.1 and 1.2. Under the
user's directory may lie another, with the shipped rules: where the user has no ``X.conf`` the
shipped one is read in its place, and an include that one directory lacks is taken from the other.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from banward.config.ini import IniFile, parse
from banward.config.interpolation import Interpolator
from banward.config.model import Problem, ProblemError
from banward.config.sections import INCLUDES, Sections
from banward.records import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.config.notes import Notes

__all__ = ["FileSet", "Library", "shipped_rules"]

RULES_VARIABLE = "BANWARD_RULES"
"""Environment variable: another directory instead of the shipped rules; empty for none."""


def shipped_rules() -> Path | None:
    """The directory of the shipped rules, the ``fallback`` that commands pass to the readers.

    ``BANWARD_RULES`` in the environment names another directory; empty, it switches the
    fallback off, so that only the user's directory is read.
    """
    chosen = os.environ.get(RULES_VARIABLE)
    if chosen is None:
        return Path(__file__).parent.parent / "rules"
    return Path(chosen) if chosen else None


@dataclass(slots=True)
class FileSet:
    """The files of one object, read and merged.

    Args:
        sections: the raw options of all files.
        files: the files in the order of reading; a file may be in here twice.
        missing: files of the set itself that are not there.
        opened: what each file holds, in words, by path; only those that were not read before.
        unreadable: files that are there but could not be read or decoded.
        problems: what is wrong with the files themselves.
    """

    sections: Sections = field(default_factory=Sections)
    files: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    opened: dict[str, str] = field(default_factory=dict)
    unreadable: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Library:
    """The directories of a configuration; reads each file once.

    Args:
        config_dir: the user's directory.
        fallback: the directory of the shipped rules, or None.
    """

    def __init__(self, config_dir: Path | str, fallback: Path | str | None = None) -> None:
        """Keep the directories; nothing is read yet."""
        self.config_dir = str(config_dir)
        self.fallback = str(fallback) if fallback else ""
        self._parsed: dict[str, tuple[IniFile | None, Problem | None]] = {}

    def read_set(self, base: str) -> FileSet:
        """Read the set of a base name, such as ``jail`` or ``filter.d/sshd``."""
        return self._read(self._set_files(base))

    def read_file(self, path: str) -> FileSet:
        """Read one file with its includes and the ``.local`` beside it."""
        return self._read(path for path in (path, _local(path)) if Path(path).is_file())

    def find(self, name: str) -> str:
        """The path of a file below the user's directory or the shipped rules, or empty."""
        candidates = (str(Path(d) / name) for d in (self.config_dir, self.fallback) if d)
        return next((path for path in candidates if Path(path).is_file()), "")

    def find_command(self, command: str) -> str:
        """A command, with the shipped program where the user has none at that place."""
        program, blank, rest = command.partition(" ")
        inside = program.removeprefix(f"{self.config_dir.rstrip('/')}/")
        if not self.fallback or inside == program or Path(program).exists():
            return command
        shipped = Path(self.fallback) / inside
        return f"{shlex.quote(str(shipped))}{blank}{rest}" if shipped.is_file() else command

    def list_names(self, directory: str) -> list[str]:
        """The names of the ``.conf`` files in a directory, the user's and the shipped ones."""
        roots = (Path(d) / directory for d in (self.config_dir, self.fallback) if d)
        return sorted({Path(path).stem for root in roots for path in _directory(root, ".conf")})

    def refuse(self, files: FileSet, notes: Notes) -> bool:
        """Say which files are read, and what fail2ban says of those that it can't read.

        What is said below the level INFO is ours: which files are looked for in vain, and what is
        in those that are read.

        Returns:
            True if it drops the whole set.
        """
        if files.files:
            notes.say("configparserinc", "INFO", f"  Loading files: {files.files}")
        if files.missing:
            notes.say("configparserinc", "DEBUG", f"  Not there: {files.missing}")
        for path in dict.fromkeys(files.files):
            text = files.opened.get(path, "read before")
            notes.say("configparserinc", "TRACE", f"    {path}: {text}")
        for problem in files.unreadable:
            notes.say("configparserinc", "ERROR", problem.words)
        if files.unreadable:
            names = ", ".join(p.place.file for p in files.unreadable if p.place)
            notes.say("configreader", "ERROR", f"Could not read config files: {names}")
        return bool(files.unreadable)

    def _set_files(self, base: str) -> Iterator[str]:
        start = Path(base) if base.startswith(("./", "/")) else Path(self.config_dir) / base
        conf = f"{start}.conf"
        yield conf if Path(conf).exists() else self.find(f"{base}.conf") or conf
        yield from _directory(f"{start}.d", ".conf")
        yield f"{start}.local"
        yield from _directory(f"{start}.d", ".local")

    def _read(self, paths: Iterator[str]) -> FileSet:
        result = FileSet()
        reported: set[str] = set()
        for path in paths:
            if not Path(path).exists():
                result.missing.append(path)
            else:
                for file in self._with_includes(path, (), result):
                    result.sections.merge(file)
                    result.files.append(file.path)
                    if file.path not in reported:
                        result.problems.extend(file.problems)
                    reported.add(file.path)
        return result

    def _with_includes(
        self, path: str, ancestors: tuple[str, ...], result: FileSet
    ) -> Iterator[IniFile]:
        """The file with all that it includes, in the order of reading."""
        file = self._parse(path, result)
        if file is None:
            return
        line = (*ancestors, os.path.normpath(path))
        yield from self._descend(file, "before", line, result)
        yield file
        yield from self._descend(file, "after", line, result)

    def _descend(
        self, file: IniFile, option: str, line: tuple[str, ...], result: FileSet
    ) -> Iterator[IniFile]:
        """What a file includes; a file that includes itself is read once (spec 1.2)."""
        for included in self._included(file, option, result):
            if os.path.normpath(included) in line:
                result.problems.append(_loop(file, option, included, line))
            else:
                yield from self._with_includes(included, line, result)

    def _included(self, file: IniFile, option: str, result: FileSet) -> list[str]:
        """The files that ``[INCLUDES] before`` or ``after`` of one file name and that exist."""
        if option not in file.sections.get(INCLUDES, {}):
            return []
        sections = Sections()
        sections.merge(file)
        try:
            value = Interpolator(sections).get(INCLUDES, option)
        except ProblemError as error:
            result.problems.append(error.problem)
            return []
        names = [name.strip() for name in value.text.split("\n") if name.strip()] if value else []
        every = list(names)
        for name in reversed(names):
            local = _local(name)
            if local not in names:
                every.insert(every.index(name) + 1, local)
        found = (self._resolve(file.path, name) for name in every)
        return [path for path in found if path]

    def _resolve(self, including: str, name: str) -> str:
        """The path of an included file, or empty if there is none."""
        beside = Path(including).parent / name
        candidates = [beside]
        for root in (self.config_dir, self.fallback):
            if root and beside.is_relative_to(root):
                inner = beside.relative_to(root)
                candidates = [Path(d) / inner for d in (self.config_dir, self.fallback) if d]
                break
        return next((str(path) for path in candidates if path.is_file()), "")

    def _parse(self, path: str, result: FileSet) -> IniFile | None:
        if path not in self._parsed:
            self._parsed[path] = _load(path)
            result.opened[path] = _told(self._parsed[path][0])
        file, problem = self._parsed[path]
        if problem and problem not in result.unreadable:
            result.unreadable.append(problem)
        return file


def _told(file: IniFile | None) -> str:
    """How much is in a file."""
    sections = file.sections.values() if file else ()
    return f"{sum(map(len, sections))} options in {len(sections)} sections"


def _loop(file: IniFile, option: str, included: str, line: tuple[str, ...]) -> Problem:
    """A file that is included by one that it includes itself."""
    first = line.index(os.path.normpath(included))
    way = " -> ".join(Path(path).name for path in (*line[first:], included))
    return Problem(
        kind="include-loop",
        message=f"the files include each other without an end: {way}",
        place=file.sections[INCLUDES][option].place,
        value=Path(included).name,
        expected="a file that does not lead back here",
        hint="take it out of this line; it is read once, as if this line did not name it",
        level="warning",
    )


def _load(path: str) -> tuple[IniFile | None, Problem | None]:
    """Read a file as far as it can be read; the problem says why it is not whole."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return None, _unreadable(path, f"can't be read: {error.strerror}")
    problem = None
    try:
        # A byte order mark, which some editors write, is no text.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        words = f"Error decoding config file {path!r}: {error}"
        problem = _unreadable(path, "is not UTF-8", line, words)
        text = data.decode("utf-8-sig", errors="replace")
    return parse(text, path), problem


def _unreadable(path: str, message: str, line: int = 0, words: str = "") -> Problem:
    return Problem(
        kind="unreadable-file",
        message=f"the file {message}",
        place=Place(path, line),
        expected="a readable file in UTF-8",
        words=words or f"{path!r} {message}",
    )


def _directory(path: str | Path, suffix: str) -> list[str]:
    """The files of a ``.d`` directory with a suffix, by name, without hidden ones."""
    try:
        names = os.listdir(path)  # noqa: PTH208 - plain names, sorted as upstream sorts paths
    except OSError:
        return []
    chosen = sorted(n for n in names if n.endswith(suffix) and not n.startswith("."))
    return [str(Path(path) / name) for name in chosen]


def _local(path: str) -> str:
    """The name of the ``.local`` beside a file."""
    return str(Path(path).with_suffix(".local")) if Path(path).suffix else f"{path}.local"
