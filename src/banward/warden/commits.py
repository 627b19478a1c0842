"""Stores what jails have to say, in one transaction; what can not be stored waits until it can."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from banward.errors import DamagedError, StorageError
from banward.logs import NOTICE
from banward.storage.base import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banward.records import Ban, Count, Match, Progress
    from banward.storage.base import Decision
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
    unknown = [_UNKNOWN] * len(pending)
    told = Facts(progress, bans=bans, pending=pending, settled=settled)
    unsaved = shared.unsaved
    is_waiting = unsaved.retry.due and not unsaved.retry.is_due(shared.clock.now())
    if shared.store is None or unsaved.damaged or is_waiting:
        if unsaved.retry.due:
            unsaved.keep(told)
        return unknown
    # Nothing that waits may be stored without the counters that belong to it.
    jails = list(shared.jails.values() if unsaved else jails)
    told = _with_counters(told, jails)
    try:
        for forget in unsaved.forgets:
            shared.store.forget(*forget)
        unsaved.forgets.clear()
        numbers = unsaved.stored(shared.store.commit(unsaved.with_these(told)))
    except StorageError as error:
        _keep(shared, told, jails, error)
        return unknown
    if unsaved.retry.worked():
        _log.log(NOTICE, "The database works again, all that waited is stored")
    return numbers


def _with_counters(told: Facts, jails: Iterable[Jail]) -> Facts:
    """The facts with the counters that changed, which count as stored by this."""
    counts: dict[str, Sequence[Count]] = {}
    gone: dict[str, Sequence[str]] = {}
    decisions: list[Decision] = []
    for jail in jails:
        kept, dropped = jail.window.changed()
        if kept:
            counts[jail.name] = kept
        if dropped:
            gone[jail.name] = dropped
        decisions += jail.deciding.take_notes()
    return replace(told, counts=counts, gone=gone, decisions=decisions)


def _keep(shared: Shared, told: Facts, jails: Iterable[Jail], error: StorageError) -> None:
    """Keep what could not be stored, and say when it is tried again."""
    shared.unsaved.keep(told)
    counts, gone = told.counts or {}, told.gone or {}
    for jail in jails:
        subjects = [entry.subject for entry in counts.get(jail.name, ())]
        jail.window.not_stored([*subjects, *gone.get(jail.name, ())])
    pause = shared.unsaved.retry.failed(shared.clock.now())
    if isinstance(error, DamagedError):
        shared.unsaved.damaged = True
    _log.error("%s: nothing is stored, next attempt in %g seconds", error, pause)
    shared.wake()
