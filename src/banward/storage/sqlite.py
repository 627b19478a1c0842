"""The store in an SQLite file: WAL, one transaction for what belongs together."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING, Any, Final

import msgspec

from banward.errors import StorageError
from banward.records import Ban, Count, Match, Position, StoredBan
from banward.storage.base import Facts, Offender, Positions
from banward.storage.queries import migrations, query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["APPLICATION_ID", "SqliteStore"]

APPLICATION_ID: Final = 0x42414E57
"""Marks a database file as ours (``PRAGMA application_id``): the letters BANW."""

_CHUNK: Final = 5_000
_Row = tuple[str, str, float, float, int, str]

_encode = msgspec.json.Encoder().encode


class SqliteStore:
    """Facts in a file.

    Args:
        path: the file, or ``:memory:``.
        most_lines: how many matched lines are stored with a ban.

    Raises:
        StorageError: it can't be opened, or is not ours.
    """

    def __init__(self, path: str, *, most_lines: int = 10) -> None:
        self.path = path
        self.most_lines = most_lines
        with _as_storage_error(path):
            self._db = _open(path)
            _migrate(self._db)

    def commit(self, facts: Facts) -> Sequence[int]:
        """See ``Store``."""
        with self._transaction() as db:
            if facts.progress:
                progress = facts.progress
                rows = (
                    (jail, progress.source, *_position(progress.position))
                    for jail in progress.jails
                )
                db.executemany(query("save_position"), rows)
            for jail, counts in (facts.counts or {}).items():
                db.executemany(query("save_count"), (_count_row(jail, count) for count in counts))
            for jail, subjects in (facts.gone or {}).items():
                db.executemany(query("drop_count"), ((jail, subject) for subject in subjects))
            self._save_bans(db, facts.bans)
            db.executemany(query("settle_pending"), ((number,) for number in facts.settled))
            return [
                int(db.execute(query("save_pending"), (_encode(match).decode(),)).lastrowid or 0)
                for match in facts.pending
            ]

    def positions(self) -> Positions:
        """See ``Store``."""
        return {(jail, source): Position(*rest) for jail, source, *rest in self._read("positions")}

    def counts(self, jail: str) -> Sequence[Count]:
        """See ``Store``."""
        return [
            Count(subject, first, last, count, failures, *_lines_and_fields(data))
            for subject, first, last, count, failures, data in self._read("counts", jail)
        ]

    def pending(self) -> Sequence[tuple[int, Match]]:
        """See ``Store``."""
        decode = msgspec.json.Decoder(Match).decode
        return [(number, decode(data)) for number, data in self._read("pending")]

    def current(self, jail: str, now: float) -> Sequence[StoredBan]:
        """See ``Store``."""
        return [_stored(row) for row in self._read("current", jail, now)]

    def offender(self, subject: str, jail: str | None) -> Offender:
        """See ``Store``."""
        ((bancount, last),) = self._read("offender", subject, jail, jail)
        return Offender(bancount, last)

    def history(self, subject: str, jail: str | None, limit: int) -> Sequence[StoredBan]:
        """See ``Store``."""
        rows = self._read("history", subject, jail, jail, limit)
        return [_stored(row) for row in reversed(rows)]

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """See ``Store``."""
        chosen: Sequence[str | None] = [None] if subjects is None else subjects
        rows = [(subject, subject, jail, jail) for subject in chosen]
        with self._transaction() as db:
            db.executemany(query("forget_newest"), rows)
            db.executemany(query("forget_history"), rows)

    def forget_counts(self, jail: str) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            db.execute(query("forget_counts"), (jail,))

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
            db.execute(query("purge_history"), (now - age,))
            db.execute(query("purge_newest"), (now - age,))
            for name in ("purge_jails", "purge_positions", "purge_counts"):
                db.execute(query(name))

    def import_bans(self, newest: Sequence[StoredBan], history: Sequence[StoredBan]) -> None:
        """See ``Store``."""
        with self._transaction() as db:
            db.executemany(query("save_newest"), map(self._stored_row, newest))
            db.executemany(query("save_history"), map(self._stored_row, history))

    def close(self) -> None:
        """See ``Store``."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def _save_bans(self, db: sqlite3.Connection, bans: Sequence[Ban]) -> None:
        for start in range(0, len(bans), _CHUNK):
            rows = [self._ban_row(ban) for ban in bans[start : start + _CHUNK]]
            db.executemany(query("save_history"), rows)
            db.executemany(query("save_newest"), rows)

    def _ban_row(self, ban: Ban) -> _Row:
        data = self._data(ban.lines, ban.failures, ban.fields)
        return ban.jail, ban.subject, round(ban.at), ban.bantime, ban.bancount, data

    def _stored_row(self, ban: StoredBan) -> _Row:
        data = self._data(ban.lines, ban.failures, ban.fields)
        return ban.jail, ban.subject, round(ban.at), ban.bantime, ban.bancount, data

    def _data(self, lines: Sequence[str], failures: int, fields: dict[str, object]) -> str:
        kept = lines[-self.most_lines :] if self.most_lines else ()
        return _encode({**fields, "matches": kept, "failures": failures}).decode()

    def _read(self, name: str, *values: object) -> list[tuple[Any, ...]]:
        with _as_storage_error(self.path):
            return self._db.execute(query(name), values).fetchall()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _as_storage_error(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _open(path: str) -> sqlite3.Connection:
    if path != ":memory:":
        # The file is made with its rights, so that there is no moment in which others may read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    db = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "temp_store = MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    return db


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
            mark = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
            db.executescript(f"BEGIN; {text} {mark} COMMIT;")


@contextlib.contextmanager
def _as_storage_error(path: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"{path}: {error}") from error


def _position(position: Position) -> tuple[float, float, str, int]:
    return position.offset, position.replay, position.mark, position.inode


def _count_row(jail: str, count: Count) -> tuple[str, str, float, float, int, int, str]:
    data = _encode({**count.fields, "matches": count.lines}).decode()
    return jail, count.subject, count.first, count.last, count.count, count.failures, data


def _lines_and_fields(data: str) -> tuple[tuple[str, ...], dict[str, object]]:
    try:
        fields = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return (), {}
    if not isinstance(fields, dict):
        return (), {}
    fields.pop("failures", None)
    return tuple(map(_joined, fields.pop("matches", ()))), fields


def _joined(line: object) -> str:
    # fail2ban stores a line as its three parts around the date (server-and-client.md 7.1).
    return "".join(map(str, line)) if isinstance(line, list) else str(line)


def _stored(row: Iterable[Any]) -> StoredBan:
    jail, subject, at, bantime, bancount, data = row
    lines, fields = _lines_and_fields(data)
    return StoredBan(
        subject=subject,
        at=at,
        bantime=bantime,
        bancount=bancount,
        failures=_failures(data),
        lines=lines,
        fields=fields,
        jail=jail,
    )


def _failures(data: str) -> int:
    try:
        return int(msgspec.json.decode(data).get("failures", 0))
    except (msgspec.DecodeError, AttributeError, TypeError, ValueError):
        return 0
