"""What a migration has to do that SQL can't: counters of one row each become sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.evidence import bundle, pack
from banward.sheets import HEAD, key_of, sealed
from banward.storage.queries import query
from banward.storage.rows import read_data

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

__all__ = ["CONVERSIONS"]

_FULL: Final = 16 * 1024


def _counters_to_sheets(db: sqlite3.Connection) -> None:
    rows = db.execute(
        "SELECT jail, subject, first, last, count, failures, data FROM failure ORDER BY jail"
    )
    for number, (jail, sheet) in enumerate(_sheets(rows), 1):
        db.execute(query("save_sheet"), (jail, number, sealed(sheet)))
    db.execute("DROP TABLE failure")


def _sheets(rows: sqlite3.Cursor) -> Iterator[tuple[str, bytes]]:
    """Sheets with the counters of these rows, each of one jail."""
    jail, sheet = "", bytearray()
    for of, subject, first, last, count, failures, text in rows:
        if sheet and (of != jail or len(sheet) >= _FULL):
            yield jail, bytes(sheet)
            sheet.clear()
        jail = of
        data = read_data(text)
        evidence = bundle(b"", [pack(data.lines, data.fields)], len(data.lines))
        sheet += HEAD.pack(key_of(subject), first, last, count, failures, len(evidence)) + evidence
    if sheet:
        yield jail, bytes(sheet)


CONVERSIONS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {5: _counters_to_sheets}
"""Number of a migration to what follows its SQL, in the same transaction."""
