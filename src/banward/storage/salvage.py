"""Takes out of a damaged database of ours whatever rows can still be read.

A damaged page makes every walk through its table stop there. So a table is walked from both ends;
what lies between is asked for row by row, with the keys that an index knows.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from banward.storage.queries import query

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

__all__ = ["salvage"]

# Table to the columns of its key, and the index that knows all keys where there is one.
_TABLES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "jail": (("name",), ""),
    "position": (("jail", "source"), ""),
    "sheet": (("jail", "number"), "sqlite_autoindex_sheet_1"),
    "pending": (("id",), ""),
    "ban": (("id",), "ban_at"),
    "quarantine": (("jail", "pattern"), ""),
    "decision": (("subject", "jail", "reason"), "decision_at"),
    # Where bans stood before the fourth step of ``migrations``.
    "history": (("id",), "history_at"),
    "newest": (("jail", "subject"), "newest_subject"),
}

_EARLIER: Final = {"history": {"newest": 0}, "newest": {"listed": 0}}
"""Tables whose rows are bans, with what this says of them."""

_Row = tuple[Any, ...]


def salvage(damaged: Path, into: Path) -> int:
    """Copy all readable rows to a sound database, and give the number of bans that it then knows.

    Args:
        damaged: the damaged file; it is only read.
        into: a database of ours without bans.

    Raises:
        sqlite3.Error: the sound database can't be written.
    """
    with closing(sqlite3.connect(into, isolation_level=None)) as target:
        target.execute("BEGIN")
        source = _connect(damaged)
        if source:
            with closing(source):
                for table in _TABLES:
                    _copy(source, target, table)
                target.executemany(query("save_without_data"), _read(source, query("in_index")))
        for name in ("one_newest", "forget_all_outdated", "any_newest"):
            target.execute(query(name))
        target.execute("COMMIT")
        (bans,) = target.execute("SELECT count(*) FROM ban WHERE newest").fetchone()
        return int(bans)


def _connect(path: Path) -> sqlite3.Connection | None:
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return None
    db.text_factory = lambda data: data.decode("utf-8", "replace")
    return db


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    added = _EARLIER.get(table, {})
    into = "ban" if added else table
    columns = [column for column in _columns(target, into) if column in _columns(source, table)]
    key, index = _TABLES[table]
    if not set(key) <= set(columns):
        return
    names = ", ".join(columns)
    rows = _rows(source, table, names, key, index)
    blobs = int(table == "sheet")
    places = ", ".join("?" * (len(columns) + len(added)))
    # Here and below, names of tables and columns are ours. A row that lost a value is passed over.
    target.executemany(
        f"INSERT OR IGNORE INTO {into} ({', '.join((*columns, *added))}) VALUES ({places})",  # noqa: S608 - names are ours
        (
            (*row, *added.values())
            for row in rows
            if sum(isinstance(value, bytes) for value in row) == blobs
        ),
    )


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in _read(db, "SELECT name FROM pragma_table_info(?)", (table,))]


def _rows(
    db: sqlite3.Connection, table: str, names: str, key: tuple[str, ...], index: str
) -> Iterator[_Row]:
    """Every row that can be read; where there is damage, some of them more than once."""
    for order in ("ASC", "DESC"):
        ordered = ", ".join(f"{column} {order}" for column in key)
        whole = yield from _read(db, f"SELECT {names} FROM {table} ORDER BY {ordered}")  # noqa: S608 - as above
        if whole:
            return
    if index:
        found = " AND ".join(f"{column} = ?" for column in key)
        one = f"SELECT {names} FROM {table} WHERE {found}"  # noqa: S608 - as above
        keys = f"SELECT {', '.join(key)} FROM {table} INDEXED BY {index}"  # noqa: S608 - as above
        for known in _read(db, keys):
            yield from _read(db, one, known)


def _read(db: sqlite3.Connection, question: str, values: _Row = ()) -> Generator[_Row, None, bool]:
    """The rows of an answer, up to the first one that can't be read; returns if that was all."""
    try:
        yield from db.execute(question, values)
    except sqlite3.Error:
        return False
    return True
