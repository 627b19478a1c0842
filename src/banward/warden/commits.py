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

    from banward.records import Ban, Match, Progress, Sheets
    from banward.storage.base import Decision
    from banward.warden.shared import Shared
    from banward.warden.view import Stored

__all__ = ["commit"]

_log = logging.getLogger("fail2ban.database")

_UNKNOWN: Final = -1


def commit(
    shared: Shared,
    jails: Iterable[Stored],
    *,
    progress: Progress | None = None,
    bans: Sequence[Ban] = (),
    pending: Sequence[Match] = (),
    settled: Sequence[int] = (),
    whole: bool = False,
) -> Sequence[int]:
    """Store the counters that changed, and all that belongs to them.

    Args:
        shared: the database.
        jails: whose counters and decisions are stored.
        progress: the position up to which a source was read.
        bans: new bans.
        pending: matches that have to wait.
        settled: numbers of matches that waited and are counted.
        whole: the caller holds ``Shared.block``, so that no counter is ahead of its position.
            Others store no counters while a block of a log is under way.

    Returns:
        Numbers of the pending matches, -1 where they could not be stored.
    """
    unknown = [_UNKNOWN] * len(pending)
    told = Facts(progress, bans=bans, pending=pending, settled=settled)
    unsaved = shared.unsaved
    is_partial = shared.block.locked() and not whole
    # Nothing that waits may be stored without the counters that belong to it.
    jails = [] if is_partial else list(shared.jails.values() if unsaved else jails)
    for jail in jails:
        jail.window.write()
    is_waiting = unsaved.retry.due and not unsaved.retry.is_due(shared.clock.now())
    if shared.store is None or unsaved.damaged or is_waiting or (unsaved and is_partial):
        if unsaved or unsaved.retry.due:
            unsaved.keep(told)
        return unknown
    told = _with_counters(told, jails)
    try:
        for forget in unsaved.forgets:
            shared.store.forget(*forget)
        unsaved.forgets.clear()
        numbers = unsaved.stored(shared.store.commit(unsaved.with_these(told)))
    except StorageError as error:
        _keep(shared, told, error)
        return unknown
    for jail in jails:
        jail.window.stored()
    if unsaved.retry.worked():
        _log.log(NOTICE, "The database works again, all that waited is stored")
    return numbers


def _with_counters(told: Facts, jails: Iterable[Stored]) -> Facts:
    """The facts with what jails have to store of their counters, and with their decisions."""
    sheets: dict[str, Sheets] = {}
    decisions: list[Decision] = []
    for jail in jails:
        if unsaved := jail.window.unsaved():
            sheets[jail.name] = unsaved
        decisions += jail.notes.take()
    return replace(told, sheets=sheets, decisions=decisions)


def _keep(shared: Shared, told: Facts, error: StorageError) -> None:
    """Keep what could not be stored, and say when it is tried again; windows keep their sheets."""
    shared.unsaved.keep(told)
    pause = shared.unsaved.retry.failed(shared.clock.now())
    if isinstance(error, DamagedError):
        shared.unsaved.damaged = True
    _log.error("%s: nothing is stored, next attempt in %g seconds", error, pause)
    shared.wake()
