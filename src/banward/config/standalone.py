"""One filter on its own, as ``fail2ban-regex`` reads it; knows nothing of other jails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from banward.config.files import Library
from banward.config.filters import Filter
from banward.config.ini import Raw
from banward.config.interpolation import Interpolator
from banward.config.jails import Jail
from banward.config.model import Problem, ProblemError
from banward.config.notes import Notes
from banward.config.parts import Reading
from banward.config.reader import always
from banward.config.sections import INCLUDES
from banward.records import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from banward.config.files import FileSet
    from banward.config.ini import Options
    from banward.config.model import FilterDefinition

__all__ = ["find_filter", "read_filter", "read_jail_filter"]

_FILTER_D = "filter.d"
_ENDING = re.compile(r"\.[^/]{0,5}\Z")
"""A dot within the last six characters: the name is taken as it is (spec 4.1)."""


def find_filter(
    config_dir: Path | str, name: str, *, fallback: Path | str | None = None
) -> Path | None:
    """Find the file that a filter name of ``fail2ban-regex`` means (spec 4.1).

    Args:
        config_dir: the user's directory (``-c``).
        name: the REGEX argument without its ``[...]`` part.
        fallback: the shipped rules, looked through after ``config_dir``.

    Returns:
        The file, or None if there is none: then the argument is a regex.
    """
    names = [name] if _ENDING.search(name) else [name, f"{name}.conf", f"{name}.local"]
    candidates = (path for each in names for path in _places(Path(config_dir), each, fallback))
    return next((path for path in candidates if path.is_file()), None)


def _places(config_dir: Path, name: str, fallback: Path | str | None) -> Iterator[Path]:
    parent = str(Path(name).parent)
    if parent not in {".", _FILTER_D} or name.startswith(("/", "./")):
        yield Path(name)
        return
    for root in (config_dir, Path(fallback) if fallback else None):
        if root:
            yield root / _FILTER_D / Path(name).name


def read_filter(
    config_dir: Path | str,
    name_or_path: str,
    options: Mapping[str, str] | None = None,
    *,
    backend: str = "auto",
    fallback: Path | str | None = None,
) -> FilterDefinition:
    """Read a filter file as ``fail2ban-regex`` does, without a jail (spec 4.1).

    A file inside a directory called ``filter.d`` is read with its whole set; any other with its
    includes and the ``.local`` beside it.

    Args:
        config_dir: the user's directory (``-c``).
        name_or_path: the REGEX argument without its ``[...]`` part.
        options: parameters of the ``[...]`` part (see ``split_reference``).
        backend: ``systemd`` where the log is the journal: decides ``logtype``.
        fallback: the shipped rules, looked through after ``config_dir``.

    Raises:
        ConfigError: ``kind`` is ``missing-filter-file`` if there is no such file; any other
            kind: the file can't be understood.
    """
    path = find_filter(config_dir, name_or_path, fallback=fallback)
    if path is None:
        raise _missing(config_dir, name_or_path)
    files = _read_files(path, config_dir, fallback)
    _raise_first(files)
    given = _given(options or {})
    filter_ = Filter(path.stem, files, given, backend, init_first=False)
    return filter_.define({}, Notes())


def _read_files(path: Path, config_dir: Path | str, fallback: Path | str | None) -> FileSet:
    home = path.parent
    if home.name != _FILTER_D:
        return Library(config_dir, fallback).read_file(str(path))
    # The set is that of the directory in which the file was found; a shipped filter is read with
    # what the user put over it.
    is_shipped = fallback is not None and home == Path(fallback) / _FILTER_D
    library = Library(config_dir if is_shipped else home.parent, fallback)
    return library.read_set(f"{_FILTER_D}/{path.stem}")


def _missing(config_dir: Path | str, name: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind="missing-filter-file",
            message=f"there is no filter {name!r}",
            place=Place(f"{config_dir}/{_FILTER_D}/{name}.conf"),
        )
    )


def _given(options: Mapping[str, str]) -> Options:
    place = Place("command line")
    return {name: Raw(text, place) for name, text in options.items()}


def _raise_first(files: FileSet) -> None:
    for problem in (*files.unreadable, *files.problems):
        raise ProblemError(problem)


def read_jail_filter(
    config_dir: Path | str,
    jail: str,
    options: Mapping[str, str] | None = None,
    *,
    backend: str = "auto",
    fallback: Path | str | None = None,
) -> FilterDefinition | None:
    """Read the filter of a jail with the jail's own regexes, enabled or not (spec 4.1).

    Args:
        config_dir: the user's directory (``-c``).
        jail: name of the jail.
        options: parameters that go before those of the jail, for the jail and its filter.
        backend: ``systemd`` where the log is the journal: decides ``logtype``.
        fallback: the shipped rules, read where the user has no file.

    Returns:
        The filter; None if there is no jail of this name.

    Raises:
        ConfigError: the configuration of the jail or its filter can't be understood.
    """
    library = Library(config_dir, fallback)
    files = library.read_set("jail")
    if jail not in files.sections or jail == INCLUDES:
        return None
    _raise_first(files)
    notes = Notes()
    reading = Reading(library, Interpolator(files.sections, always(library)), notes)
    defined = Jail(jail, reading, _given(options or {})).define_filter(backend)
    for problem in notes.problems:
        if problem.level == "error":
            raise ProblemError(problem)
    return defined
