"""Reads a database of fail2ban, versions 1 to 4, without changing it (server-and-client.md 7)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from banward.errors import StorageError
from banward.records import Position, Progress, StoredBan
from banward.storage.rows import read_data
from banward.subject import Subject

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
        (version,) = db.execute("SELECT max(version) FROM fail2banDb").fetchone()
        if not isinstance(version, int):
            raise StorageError(f"{path}: expected a version in the table fail2banDb")
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
        # Only words of ours are put in.
        f"SELECT jail, ip, timeofban, {times}, data FROM {table} ORDER BY timeofban"  # noqa: S608
    )
    for jail, ip, at, bantime, bancount, text in rows:
        if not _is_ban(ip, at, bantime, bancount):
            continue
        data = read_data(text)
        yield StoredBan(
            subject=Subject.parse(str(ip)).text,
            at=float(at),
            bantime=bantime,
            bancount=int(bancount),
            failures=data.failures,
            lines=data.lines,
            fields=data.fields,
            jail=str(jail),
        )


def _is_ban(ip: Any, *numbers: Any) -> bool:
    # Columns of SQLite hold any type; a row that is no ban must not cost the others.
    return isinstance(ip, str) and all(isinstance(number, int | float) for number in numbers)


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
