"""Stores what jails have to say, in one transaction; what could not be stored is told again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from banward.errors import StorageError
from banward.storage.base import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banward.records import Ban, Count, Match, Progress
    from banward.warden.jail import Jail
    from banward.warden.shared import Shared

__all__ = ["commit"]

_log = logging.getLogger("fail2ban.database")

_UNKNOWN: Final = -1


def commit(
    shared: Shared,
    jails: Iterable[Jail],
    *,
    progress: Progress | None = None,
    bans: Sequence[Ban] = (),
    pending: Sequence[Match] = (),
    settled: Sequence[int] = (),
) -> Sequence[int]:
    """Store the counters that changed, and all that belongs to them.

    Args:
        shared: the database.
        jails: whose counters and decisions are stored.
        progress: the position up to which a source was read.
        bans: new bans.
        pending: matches that have to wait.
        settled: numbers of matches that waited and are counted.

    Returns:
        Numbers of the pending matches, -1 where they could not be stored.
    """
    counts: dict[str, Sequence[Count]] = {}
    gone: dict[str, Sequence[str]] = {}
    decisions = []
    touched = []
    for jail in jails:
        kept, dropped = jail.window.changed()
        if kept:
            counts[jail.name] = kept
        if dropped:
            gone[jail.name] = dropped
        if kept or dropped:
            touched.append(jail)
        decisions += jail.deciding.take_notes()
    unknown = [_UNKNOWN] * len(pending)
    if shared.store is None:
        return unknown
    try:
        return shared.store.commit(Facts(progress, counts, gone, bans, pending, settled, decisions))
    except StorageError as error:
        _log.error("%s", error)
    for jail in touched:
        subjects = [entry.subject for entry in counts.get(jail.name, ())]
        jail.window.not_stored([*subjects, *gone.get(jail.name, ())])
    return unknown
