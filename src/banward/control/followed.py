"""The files that a jail follows at this moment: those named, and those that patterns find."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from banward.settings import LogPath

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.settings import JailSettings

__all__ = ["followed"]


def followed(settings: JailSettings) -> tuple[LogPath, ...]:
    """The files that a jail follows, in the order of its paths, each once.

    Args:
        settings: of the jail. A path that was configured and is no file yet is left out.
    """
    first: dict[str, LogPath] = {}
    for log in _found(settings):
        first.setdefault(log.path, log)
    return tuple(first.values())


def _found(settings: JailSettings) -> Iterator[LogPath]:
    yield from settings.logpaths
    for log in settings.patterns:
        for path in sorted(glob.glob(log.path)):  # noqa: PTH207  (texts, as they are configured)
            if os.path.isfile(path):  # noqa: PTH113  (the same)
                yield LogPath(path, log.tail)
