"""Opens the database that ``dbfile`` names, beside one of fail2ban's if that is what lies there.

A file of fail2ban's is never changed: ours then lies beside it as ``banward.sqlite3``, and takes
over its bans, history and positions when it is made (server-and-client.md 7.6).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.errors import StorageError
from banward.storage.base import Facts
from banward.storage.sqlite import APPLICATION_ID, SqliteStore
from banward.storage.upstream import read_upstream

if TYPE_CHECKING:
    from banward.storage.base import Store

__all__ = ["Opened", "open_store"]

_OWN_NAME: Final = "banward.sqlite3"


@dataclass(frozen=True, slots=True)
class Opened:
    """A store that was opened.

    Args:
        store: the store.
        path: the file.
        is_new: true if it was made just now.
        imported: how many bans were taken over from fail2ban.
        notice: what went wrong on the way, or an empty text.
    """

    store: Store
    path: str
    is_new: bool = False
    imported: int = 0
    notice: str = ""


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
    path = Path(dbfile)
    foreign = path if _is_foreign(path) else None
    if foreign:
        path = path.with_name(_OWN_NAME)
    notice = _set_aside(path)
    is_new = not path.exists()
    if is_new and path.is_absolute() and not path.parent.exists():
        _make_folder(path.parent)
    store = SqliteStore(str(path), most_lines=most_lines)
    if not (foreign and is_new):
        return Opened(store, str(path), is_new, notice=notice)
    try:
        found = read_upstream(foreign)
    except StorageError as error:
        return Opened(store, str(path), is_new, notice=str(error))
    store.import_bans(found.newest, found.history)
    for progress in found.positions:
        store.commit(Facts(progress=progress))
    return Opened(store, str(path), is_new, len(found.newest), notice)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: {error}") from error


def _is_foreign(path: Path) -> bool:
    """Whether the file is a database of fail2ban."""
    found = _look(
        path, "SELECT count(*) FROM sqlite_master WHERE type='table' AND name='fail2banDb'"
    )
    return found == 1


def _set_aside(path: Path) -> str:
    """Move a damaged database of ours out of the way, and say so."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    if _look(path, "PRAGMA application_id") == APPLICATION_ID and _look(path, _SOUND) == "ok":
        return ""
    if _look(path, "PRAGMA application_id") not in {None, APPLICATION_ID}:
        raise StorageError(f"{path}: the file is a database of another program")
    aside = path.with_name(f"{path.name}.damaged")
    path.rename(aside)
    return f"{path} was damaged; it was moved to {aside} and begun anew"


_SOUND: Final = "PRAGMA quick_check(1)"


def _look(path: Path, question: str) -> object:
    """The answer to one question to a database file; None if it can't be read."""
    if not path.exists():
        return None
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return None
    try:
        answer: object = db.execute(question).fetchone()[0]
    except sqlite3.Error:
        return None
    else:
        return answer
    finally:
        db.close()
