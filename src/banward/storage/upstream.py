"""Reads a database of fail2ban, versions 1 to 4, without changing it (server-and-client.md 7)."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from banward.errors import StorageError
from banward.records import Position, Progress, StoredBan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Import", "read_upstream"]

_NEWEST_VERSION: Final = 4
_WITH_TIMES: Final = 3
_WITH_NEWEST: Final = 4
_UNKNOWN: Final = -2
_JOURNAL: Final = "systemd-journal"


@dataclass(frozen=True, slots=True)
class Import:
    """What a database of fail2ban holds.

    Args:
        newest: the newest ban of each subject in each jail.
        history: all bans.
        positions: how far each jail has read its logs.
    """

    newest: tuple[StoredBan, ...]
    history: tuple[StoredBan, ...]
    positions: tuple[Progress, ...]


def read_upstream(path: Path) -> Import:
    """Read all that can be taken over.

    Raises:
        StorageError: it can't be read, or is of a later version.
    """
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {error}") from error
    try:
        (version,) = db.execute("SELECT version FROM fail2banDb").fetchone()
        if version > _NEWEST_VERSION:
            raise StorageError(f"{path}: version {version} is of a later fail2ban")
        history = tuple(_bans(db, "bans", version))
        newest = tuple(_bans(db, "bips", version)) if version >= _WITH_NEWEST else _last(history)
        return Import(newest, history, tuple(_positions(db)))
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise StorageError(f"{path}: {error}") from error
    finally:
        db.close()


def _bans(db: sqlite3.Connection, table: str, version: int) -> Iterator[StoredBan]:
    times = "bantime, bancount" if version >= _WITH_TIMES else f"{_UNKNOWN}, 1"
    rows = db.execute(
        f"SELECT jail, ip, timeofban, {times}, data FROM {table} ORDER BY timeofban"  # noqa: S608
    )
    for jail, ip, at, bantime, bancount, data in rows:
        if ip is None:
            continue
        fields = _fields(data)
        lines = tuple(map(_line, fields.pop("matches", None) or ()))
        failures = fields.pop("failures", 0)
        yield StoredBan(
            subject=str(ip),
            at=float(at),
            bantime=bantime,
            bancount=int(bancount),
            failures=failures if isinstance(failures, int) else 0,
            lines=lines,
            fields=fields,
            jail=str(jail),
        )


def _last(history: tuple[StoredBan, ...]) -> tuple[StoredBan, ...]:
    newest = {(ban.jail, ban.subject): ban for ban in history}
    return tuple(newest.values())


def _positions(db: sqlite3.Connection) -> Iterator[Progress]:
    for jail, path, mark, offset in db.execute(
        "SELECT jail, path, firstlinemd5, lastfilepos FROM logs"
    ):
        at = float(offset or 0)
        # A journal is found again by its time; the text of that time is no cursor.
        position = Position(at, at, "" if path == _JOURNAL else str(mark or ""))
        yield Progress(str(path), (str(jail),), position)


def _fields(data: Any) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (TypeError, ValueError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _line(line: Any) -> str:
    # A line is stored as its three parts around the date.
    return "".join(map(str, line)) if isinstance(line, list) else str(line)
