"""The store in an SQLite file: WAL, one transaction for what belongs together."""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from banward.errors import DamagedError, StorageError
from banward.records import Quarantined
from banward.storage.base import MOST_DECISIONS, Facts, Offender, Positions
from banward.storage.convert import CONVERSIONS
from banward.storage.queries import migrations, query
from banward.storage.rows import (
    ban_row,
    decision_of,
    decision_row,
    match_of,
    match_row,
    position_of,
    position_row,
    quarantined_row,
    stored_ban,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from banward.records import Ban, Match, Sheets, StoredBan
    from banward.storage.base import Decision

__all__ = ["APPLICATION_ID", "DAMAGED_CODES", "PRIMARY_CODE", "SqliteStore"]

APPLICATION_ID: Final = 0x42414E57
"""Marks a database file as ours (``PRAGMA application_id``): the letters BANW."""

PRIMARY_CODE: Final = 0xFF
"""The bits of an error code that say its kind (sqlite.org/rescode.html)."""

DAMAGED_CODES: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "temp_store = MEMORY",
    "secure_delete = FAST",  # where it is on (Debian), to delete all bans would write all pages
    f"journal_size_limit = {16 * 1024 * 1024}",
)
_CHUNK: Final = 5_000
_VALUES: Final = 500
_ROWS: Final = 100
"""How many values or rows a statement has at most: older SQLite takes no more than 999 values."""

# The columns ``newest`` and ``listed`` of bans that are taken over.
_IN_HISTORY: Final = (False, True)
_BESIDE_HISTORY: Final = (True, False)

_ERRORS: Final = (sqlite3.Error, OSError, UnicodeError, OverflowError)

_Item = TypeVar("_Item")

_encode = msgspec.json.Encoder().encode


class SqliteStore:
    """Facts in a file.

    Args:
        path: the file, or ``:memory:``.
        most_lines: how many matched lines are stored with a ban.
        patience: how many seconds another program's lock is waited for; everybody waits with us.

    Raises:
        StorageError: it can't be opened, or is not ours.
    """

    def __init__(self, path: str, *, most_lines: int = 10, patience: float = 1.0) -> None:
        self.path = path
        self.most_lines = most_lines
        with _as_storage_error(path):
            self._db = _open(path, patience)

    def commit(self, facts: Facts) -> Sequence[int]:
        """See ``Store``."""
        with self._transaction() as db:
            for progress in facts.positions:
                rows = (
                    (jail, progress.source, *position_row(progress.position))
                    for jail in progress.jails
                )
                db.executemany(query("save_position"), rows)
            for jail, sheets in facts.sheets.items():
                _save_sheets(db, jail, sheets)
            self._save_bans(db, facts.bans)
            db.executemany(query("save_decision"), map(decision_row, facts.decisions))
            db.executemany(query("settle_pending"), ((number,) for number in facts.settled))
            return [
                int(db.execute(query("save_pending"), match_row(match)).lastrowid or 0)
                for match in facts.pending
            ]

    def positions(self) -> Positions:
        """See ``Store``."""
        return {
            (jail, source): position_of(rest) for jail, source, *rest in self._read("positions")
        }

    def sheets(self, jail: str) -> Iterator[tuple[int, bytes]]:
        """See ``Store``."""
        with _as_storage_error(self.path):
            yield from self._db.execute(query("sheets"), (jail,))

    def sheet(self, jail: str, number: int) -> bytes:
        """See ``Store``."""
        rows = self._read("sheet", jail, number)
        return bytes(rows[0][0]) if rows else b""

    def pending(self) -> Sequence[tuple[int, Match]]:
        """See ``Store``."""
        return [(number, match_of(data)) for number, data in self._read("pending")]

    def current(self, jail: str, now: float, size: int) -> Iterator[Sequence[StoredBan]]:
        """See ``Store``."""
        last = 0
        while rows := self._read("current", jail, now, last, size):
            last = rows[-1][0]
            yield [stored_ban(row[1:]) for row in rows]

    def offender(self, subject: str, jail: str | None) -> Offender:
        """See ``Store``."""
        ((bancount, last),) = self._read("offender", subject, jail, jail)
        return Offender(bancount, last)

    def offenders(self, subjects: Sequence[str], jail: str | None) -> Mapping[str, Offender]:
        """See ``Store``."""
        found: dict[str, Offender] = {}
        for part in _parts(subjects, _VALUES):
            for subject, *known in self._read("offenders", jail, jail, *part, count=len(part)):
                found[subject] = Offender(*known)
        return found

    def history(self, subject: str, jail: str | None, limit: int) -> Sequence[StoredBan]:
        """See ``Store``."""
        rows = self._read("history", subject, jail, jail, limit)
        return [stored_ban(row) for row in reversed(rows)]

    def decisions(self, subject: str, jail: str | None) -> Sequence[Decision]:
        """See ``Store``."""
        return [decision_of(row) for row in self._read("decisions", subject, jail, jail)]

    def quarantined(self) -> Sequence[Quarantined]:
        """See ``Store``."""
        return [Quarantined(*row) for row in self._read("quarantined")]

    def set_quarantined(self, regexes: Sequence[Quarantined]) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            db.execute(query("forget_quarantined"))
            db.executemany(query("save_quarantined"), map(quarantined_row, regexes))

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """See ``Store``."""
        of_jail = () if jail is None else (jail,)
        if subjects is None:
            what, rows = "jail" if of_jail else "all", [of_jail]
        else:
            what = "subject_in_jail" if of_jail else "subject"
            rows = [(subject, *of_jail) for subject in subjects]
        with self._transaction() as db:
            db.executemany(query(f"forget_{what}"), rows)

    def forget_counts(self, jail: str) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            db.execute(query("drop_sheets"), (jail, sys.maxsize))

    def forget_position(self, jail: str, source: str) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            db.execute(query("forget_position"), (jail, source))

    def set_enabled(self, jail: str | None, *, enabled: bool) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            if jail is None:
                db.execute(query("enable_all"), (int(enabled),))
            else:
                db.execute(query("enable_jail"), (jail, int(enabled)))

    def purge(self, now: float, age: float) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            db.execute(query("purge_bans"), (now - age,))
            db.execute(query("purge_history"), (now - age,))
            for name in ("purge_jails", "purge_positions", "purge_sheets"):
                db.execute(query(name))
            db.execute(query("purge_decisions"), (now - age,))
            db.execute(query("purge_many_decisions"), (MOST_DECISIONS,))

    def import_bans(self, newest: Sequence[StoredBan], history: Sequence[StoredBan]) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            _save_rows(db, [(*ban_row(ban, self.most_lines), *_IN_HISTORY) for ban in history])
            self._outdate(db, newest, "outdate", "forget_outdated")
            for ban in newest:
                row = jail, subject, at, bantime, bancount, _ = ban_row(ban, self.most_lines)
                made = db.execute(query("make_newest"), (bantime, bancount, subject, jail, at))
                if not made.rowcount:
                    _save_rows(db, [(*row, *_BESIDE_HISTORY)])

    def close(self) -> None:
        """See ``Store``."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def _save_bans(self, db: sqlite3.Connection, bans: Sequence[Ban]) -> None:
        # In pieces, so that a hundred thousand bans are never all there as rows.
        for part in _parts(bans, _CHUNK):
            self._outdate(db, part, "outdate")
            newest = {(ban.jail, ban.subject): ban for ban in part}
            rows = [
                (*ban_row(ban, self.most_lines), newest[ban.jail, ban.subject] is ban, True)
                for ban in part
            ]
            _save_rows(db, rows)

    @staticmethod
    def _outdate(db: sqlite3.Connection, bans: Sequence[Ban | StoredBan], *names: str) -> None:
        """Say of the bans that were there before these that they are the newest no more."""
        by_jail: dict[str, list[str]] = {}
        for ban in bans:
            by_jail.setdefault(ban.jail, []).append(ban.subject)
        for jail, subjects in by_jail.items():
            for name, part in itertools.product(names, _parts(subjects, _VALUES)):
                db.execute(query(name, len(part)), (jail, *part))

    def _read(self, name: str, *values: object, count: int = 1) -> list[tuple[Any, ...]]:
        # Asked for each ban: a context manager would cost as much again as the statement.
        try:
            return self._db.execute(query(name, count), values).fetchall()
        except _ERRORS as error:
            raise _storage_error(self.path, error) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _as_storage_error(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # When the disk is full, SQLite may have rolled back by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _save_rows(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    # A statement for many rows costs half of what it costs to be called for each of them.
    for part in _parts(rows, _ROWS):
        values = list(itertools.chain.from_iterable(part))
        db.execute(query("save_bans", len(part)), values)


def _parts(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _open(path: str, patience: float) -> sqlite3.Connection:
    if path != ":memory:":
        # The file is made with its rights, so that there is no moment in which others may read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, isolation_level=None, timeout=patience, check_same_thread=False)
    try:
        _migrate(db)
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
    except BaseException:
        db.close()
        raise
    return db


def _save_sheets(db: sqlite3.Connection, jail: str, sheets: Sheets) -> None:
    oldest = sys.maxsize if sheets.anew else sheets.oldest
    db.execute(query("drop_sheets"), (jail, oldest))
    db.executemany(query("save_sheet"), ((jail, *sheet) for sheet in sheets.written))


def _migrate(db: sqlite3.Connection) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise StorageError("the file is no database of Banward")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    steps = migrations()
    if version > steps[-1][0]:
        raise StorageError(f"the database is of a later release (version {version})")
    for number, text in steps:
        if number > version:
            db.executescript(f"BEGIN; {text}")
            if convert := CONVERSIONS.get(number):
                convert(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")


@contextlib.contextmanager
def _as_storage_error(path: str) -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise _storage_error(path, error) from error


def _storage_error(path: str, error: Exception) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE
    kind = DamagedError if code in DAMAGED_CODES else StorageError
    return kind(f"{path}: {error}")
