"""Which journal files have to be read: the current ones, and those rotated away since a moment.

A host keeps up to hundreds of old journal files. To open all of them costs descriptors, and time
for each entry that is read, so only those are opened that can hold what is looked for.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Final, NamedTuple, Self

from banward.errors import SourceError

__all__ = ["FLAGS_VARIABLE", "JournalPlace", "files_of"]

FLAGS_VARIABLE: Final = "F2B_SYSTEMD_DEFAULT_FLAGS"
"""Environment variable with the flags if neither files nor path are set."""

_LOCAL: Final = 1
_RUNTIME: Final = 2
_SYSTEM: Final = 4
_FOLDERS: Final = ("/var/log/journal", "/run/log/journal")
_TRUE: Final = {"1", "on", "true", "yes"}
_SLACK: Final = 60.0  # seconds that the time of a file may be behind that of its last entry


class JournalPlace(NamedTuple):
    """Which journal is meant: the parameters of ``backend = systemd[…]`` (2.11).

    Args:
        path: a directory.
        files: names of files, with wildcards.
        flags: 1 local only, 2 runtime only, 4 system only.
        namespace: a namespace of the journal.
        rotated: whether all rotated files are read, however old.
    """

    path: str = ""
    files: tuple[str, ...] = ()
    flags: int = _LOCAL
    namespace: str = ""
    rotated: bool = False

    @classmethod
    def of(cls, **options: str) -> Self:
        """The place that the parameters name.

        Raises:
            SourceError: a parameter is not known, or they exclude each other.
        """
        unknown = set(options) - {"journalpath", "journalfiles", "journalflags"}
        unknown -= {"namespace", "rotated"}
        if unknown:
            raise SourceError(f"systemd backend: unknown parameter {min(unknown)!r}")
        places = [name for name in options if name != "rotated" and options[name]]
        if len(places) > 1:
            raise SourceError(f"systemd backend: {' and '.join(sorted(places))} exclude each other")
        flags = options.get("journalflags") or os.environ.get(FLAGS_VARIABLE) or str(_LOCAL)
        if not flags.isdecimal():
            raise SourceError(f"systemd backend: journalflags must be a number, found {flags!r}")
        return cls(
            path=options.get("journalpath", ""),
            files=tuple(options.get("journalfiles", "").replace(",", " ").split()),
            flags=int(flags),
            namespace=options.get("namespace", ""),
            rotated=options.get("rotated", "").lower() in _TRUE,
        )


def files_of(place: JournalPlace, since: float) -> list[str]:
    """The files to open.

    Args:
        place: which journal is meant.
        since: entries from before this moment do not matter, in seconds since the epoch.

    Returns:
        Paths, sorted; all files that the place names, if it names files.
    """
    if place.files:
        return sorted({path for pattern in place.files for path in glob.glob(pattern)})  # noqa: PTH207
    return sorted(
        str(path)
        for folder in _folders(place)
        for path in folder.glob("*.journal")
        if _is_meant(path, place.flags)
        and ("@" not in path.name or place.rotated or _changed(path) >= since - _SLACK)
    )


def _folders(place: JournalPlace) -> list[Path]:
    if place.path:
        tops = [Path(place.path)]
    else:
        tops = [Path(top) for top in _FOLDERS[1 if place.flags & _RUNTIME else 0 :]]
    below = [sub for top in tops if top.is_dir() for sub in sorted(top.iterdir()) if sub.is_dir()]
    if not place.path and place.flags & _LOCAL:
        machine = _machine()
        below = [sub for sub in below if sub.name == machine]
    return [*tops, *below]


def _machine() -> str:
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _is_meant(path: Path, flags: int) -> bool:
    return not flags & _SYSTEM or path.name.startswith("system")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
