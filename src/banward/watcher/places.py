"""What the watcher has to be able to read: the places of logs, and of Python itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.errors import SourceError
from banward.sources.entries import entries_of, entries_of_pattern, is_pattern
from banward.watcher.wishes import SYSTEMD, backend_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.settings import WatchSettings

__all__ = ["folders_of", "is_covered"]

_ALWAYS: Final = (
    "/var/log",
    "/run/log",
    "/usr",
    "/lib",
    "/lib64",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/ld.so.cache",
    sys.prefix,
    sys.base_prefix,
    str(Path(__file__).parent.parent),
)


def folders_of(jails: Iterable[WatchSettings]) -> set[str]:
    """The directories and files that are read for some jails, without those below others.

    Args:
        jails: what the jails follow.
    """
    found = set(_ALWAYS)
    for settings in jails:
        found |= _folders_of(settings)
    real = {os.path.realpath(path) for path in found}
    return {path for path in real if not any(_is_below(path, other) for other in real)}


def _folders_of(settings: WatchSettings) -> set[str]:
    if backend_of(settings) == SYSTEMD:
        try:
            place = place_of(settings)
        except SourceError:
            return set()
        return {path for path in (place.path, *map(os.path.dirname, place.files)) if path}
    found: set[str] = set()
    for path in (log.path for log in settings.logpaths):
        entries = entries_of_pattern(path) if is_pattern(path) else entries_of(path)
        found |= {folder for folder, _ in entries}
    return found


def is_covered(needed: Iterable[str], allowed: Iterable[str]) -> bool:
    """Whether all that is needed is among what is allowed, or below it."""
    paths = set(allowed)
    return all(path in paths or any(_is_below(path, other) for other in paths) for path in needed)


def _is_below(path: str, other: str) -> bool:
    return path != other and path.startswith(other.rstrip("/") + "/")
