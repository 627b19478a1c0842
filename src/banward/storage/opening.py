"""Opens the database that ``dbfile`` names, beside one of fail2ban's if that is what lies there.

A file of fail2ban's is never changed: ours then lies beside it as ``banward.sqlite3``, and takes
over its bans, history and positions when it is made (server-and-client.md 7.6).
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.errors import StorageError
from banward.storage.base import Facts
from banward.storage.salvage import salvage
from banward.storage.sqlite import APPLICATION_ID, DAMAGED_CODES, PRIMARY_CODE, SqliteStore
from banward.storage.upstream import read_upstream

if TYPE_CHECKING:
    from banward.storage.base import Store

__all__ = ["Opened", "open_store"]

_OWN_NAME: Final = "banward.sqlite3"
_UPSTREAM_NAME: Final = "fail2ban.sqlite3"
_MAGIC: Final = b"SQLite format 3\0"
_SUFFIXES: Final = frozenset({".sqlite3", ".sqlite", ".db"})
"""A file of another name that is no database is not taken for a damaged one."""

_PATIENCE: Final = 1.0
"""Seconds that another program's lock is waited for."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that was opened.

    Args:
        store: the store.
        path: the file.
        is_new: true if it was made just now.
        imported: how many bans were taken over from fail2ban.
        notice: what went wrong on the way, or an empty text.
        damaged: true if it is made anew in the place of a damaged one; bans may be missing.
    """

    store: Store
    path: str
    is_new: bool = False
    imported: int = 0
    notice: str = ""
    damaged: bool = False


def open_store(dbfile: str, *, most_lines: int) -> Opened:
    """Open the database, and make it if it is not there.

    Args:
        dbfile: a path or ``:memory:``.
        most_lines: how many matched lines are stored with a ban.

    Raises:
        StorageError: it can't be opened or made.
    """
    if dbfile == ":memory:":
        return Opened(SqliteStore(dbfile, most_lines=most_lines), dbfile, is_new=True)
    given = Path(dbfile)
    try:
        foreign = _is_foreign(given)
        path = _beside(given) if foreign or _was_beside(given) else given
        aside = _set_aside(path)
        is_new = not path.exists()
        if is_new and path.is_absolute() and not path.parent.exists():
            path.parent.mkdir(mode=0o700)
    except OSError as error:
        raise StorageError(f"{given}: {error}") from error
    store = SqliteStore(str(path), most_lines=most_lines)
    if aside:
        return Opened(store, str(path), is_new, notice=_rebuild(aside, path), damaged=True)
    if not (foreign and is_new):
        return Opened(store, str(path), is_new)
    try:
        return Opened(store, str(path), is_new, imported=_take_over(given, store))
    except StorageError as error:
        return Opened(store, str(path), is_new, notice=str(error), damaged=True)


def _beside(path: Path) -> Path:
    return path.with_name(_OWN_NAME)


def _was_beside(path: Path) -> bool:
    """Whether ours was made beside a file of fail2ban's that is gone since."""
    return path.name == _UPSTREAM_NAME and not path.exists() and _beside(path).exists()


def _take_over(foreign: Path, store: Store) -> int:
    found = read_upstream(foreign)
    store.import_bans(found.newest, found.history)
    for progress in found.positions:
        store.commit(Facts(progress=progress))
    return len(found.newest)


def _rebuild(aside: Path, path: Path) -> str:
    """Fill a new database with what can be read of a damaged one, and tell."""
    try:
        found = f"{salvage(aside, path)} ban(s) could be read"
    except sqlite3.Error as error:
        found = f"nothing could be read: {error}"
    return f"{path} was damaged; it was moved to {aside}, {found}"


def _is_foreign(path: Path) -> bool:
    """Whether the file is a database of fail2ban, or was one before it was damaged."""
    tables = "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='fail2banDb'"
    try:
        return _look(path, tables) == 1
    except _DamagedError:
        return path.name == _UPSTREAM_NAME and not _is_ours(path)


def _is_ours(path: Path) -> bool:
    try:
        return path.name == _OWN_NAME or _look(path, "PRAGMA application_id") == APPLICATION_ID
    except _DamagedError:
        return False


def _set_aside(path: Path) -> Path | None:
    """Move a damaged database of ours out of the way, with what SQLite put beside it."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        if _look(path, "PRAGMA quick_check(1)") == "ok":
            return None
    except _DamagedError:
        if not _is_ours(path) and path.suffix not in _SUFFIXES:
            raise StorageError(f"{path}: expected a database, found another file") from None
    if not _is_ours(path) and _is_sqlite(path):
        raise StorageError(f"{path}: the file is a damaged database of another program")
    aside = _free_name(path)
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


class _DamagedError(Exception):
    """The file is damaged, or no database at all."""


def _look(path: Path, question: str) -> object:
    """The answer to one question to a database file; None if there is no file.

    Raises:
        StorageError: it can't be asked (rights, locks).
    """
    if not path.exists():
        return None
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as db:
            answer: object = db.execute(question).fetchone()[0]
            return answer
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE in DAMAGED_CODES:
            raise _DamagedError from error
        raise StorageError(f"{path}: {error}") from error
