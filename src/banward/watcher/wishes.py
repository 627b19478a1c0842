"""What a jail wants to follow and to search for, as its settings say. Opens no file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from banward.sources.entries import is_pattern, matches_of
from banward.sources.journal_files import JournalPlace

if TYPE_CHECKING:
    from banward.settings import WatchSettings

__all__ = [
    "SYSTEMD",
    "backend_of",
    "have_moved",
    "paths_of",
    "patterns_of",
    "place_of",
]

SYSTEMD: Final = "systemd"
_PARAMETER: Final = re.compile(r"""(\w+)\s*=\s*("[^"]*"|'[^']*'|[^],]*)""")


def backend_of(settings: WatchSettings) -> str:
    """The name of the backend, without its parameters: ``auto``, ``polling``, ``systemd``."""
    return settings.backend.partition("[")[0].strip().lower()


def place_of(settings: WatchSettings) -> JournalPlace:
    """The journal that the parameters of the backend name: ``systemd[journalflags=1]``.

    Raises:
        SourceError: a parameter can't be used.
    """
    found = _PARAMETER.findall(settings.backend.partition("[")[2])
    return JournalPlace.of(**{name: value.strip().strip("\"'") for name, value in found})


def patterns_of(settings: WatchSettings) -> set[str]:
    """The patterns among the paths of a jail."""
    if backend_of(settings) == SYSTEMD:
        return set()
    return {path.path for path in settings.logpaths if is_pattern(path.path)}


def paths_of(settings: WatchSettings) -> dict[str, bool]:
    """The paths that a jail wants at this moment, and whether it begins at their end."""
    wanted: dict[str, bool] = {}
    for path in settings.logpaths:
        found = [path.path]
        if is_pattern(path.path):
            found = [each for each in matches_of(path.path) if os.path.isfile(each)]  # noqa: PTH113
        for each in found:
            wanted.setdefault(each, path.tail)
    return wanted


def have_moved(old: WatchSettings, new: WatchSettings) -> bool:
    """Whether what a jail follows has to be opened anew although its paths are the same."""
    if old.filter.logencoding != new.filter.logencoding:
        return True
    systemd = SYSTEMD in (backend_of(old), backend_of(new))
    return systemd and (old.backend, old.journalmatch) != (new.backend, new.journalmatch)
