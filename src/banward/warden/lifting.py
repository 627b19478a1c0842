"""How bans of a jail end: by order, all at once, or when their time is over.

Order, flush, end ─▶ ledger ─▶ Unban ─▶ log, database, actions
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from banward.logs import MSG, NOTICE, tell_all
from banward.pieces import PIECE, neighbours, pieces
from banward.records import Origin, Reason, Unban
from banward.subject import Subject
from banward.warden.action_groups import over
from banward.warden.commits import commit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.warden.actions import Actions
    from banward.warden.deciding import Deciding
    from banward.warden.shared import Shared
    from banward.warden.view import Stored

__all__ = ["Lifting"]

_log = logging.getLogger("fail2ban.actions")


class Lifting:
    """The ends of bans of one jail.

    Args:
        jail: the jail.
        deciding: holds bans back that end before they begin.
        actions: lift what is in force.
        shared: what jails use together.
    """

    def __init__(self, jail: Stored, deciding: Deciding, actions: Actions, shared: Shared) -> None:
        self._jail = jail
        self._deciding = deciding
        self._actions = actions
        self._shared = shared

    async def unban(self, subjects: Sequence[str]) -> tuple[int, Sequence[str]]:
        """Unban by order and forget; a network or name stands for what is within (5.3)."""
        absent = self._jail.ledger.without(subjects)
        within = []
        async for part in pieces(absent):
            within += [found for subject in part for found in await self._within(subject)]
        turns: list[asyncio.Future[None]] = []
        count = 0
        async for part in neighbours([*subjects, *within]):
            self._deciding.let_go(part)
            self._shared.forget(part, self._jail.name)
            unbans = self._jail.ledger.remove(part, Reason.ORDERED, Origin.OPERATOR)
            if unbans:
                self._tell_unbans(unbans)
                turns += self._actions.enforce(unbans)
                count += len(unbans)
        await over(turns)
        async for part in pieces(absent):
            tell_all(_log, MSG, [f"{subject} is not banned" for subject in part])
        return count, absent

    async def clear(self) -> None:
        """Lift all bans and forget the history, for a reload; others are served meanwhile.

        The database is asked for pieces, and at last, when that takes no time, for all. The bans
        hold until then, so that whoever is banned meanwhile is lifted and forgotten too.
        """
        unsaved, name = self._shared.unsaved, self._jail.name
        known = self._shared.stored(lambda store: store.current(name, 0, PIECE), iter(()))
        subjects = []
        while rows := self._shared.stored(lambda _: next(known, ()), ()):
            subjects += [row.subject for row in rows]
            await asyncio.sleep(0)
        async for part in neighbours(subjects):
            if unsaved.retry.due is not None:
                break  # it does not work: it would be waited for as often as there are pieces
            self._shared.forget(part, name)
        self._shared.forget(None, name)
        await self.flush(self.empty())

    def empty(self) -> Sequence[Unban]:
        """Take all bans out of the ledger, for ``flush``; the caller forgets them before."""
        self._deciding.let_go()
        self._actions.in_force.all_lifted()
        return self._jail.ledger.clear(Reason.ORDERED, Origin.OPERATOR)

    async def flush(self, unbans: Sequence[Unban]) -> None:
        """Lift all bans that were taken out, with a flush where an action can."""
        if not unbans:
            return
        # Queued at once: whoever is banned from here on is banned after the flush.
        lifting = self._actions.lift_all(unbans)
        async for part in pieces(unbans):
            self._tell_unbans(part)
        await over(lifting)

    def expire(self, now: float) -> None:
        """Lift the bans that are over, as many as can be lifted at a stretch."""
        unbans = self._jail.ledger.expire(now, most=PIECE)
        if unbans:
            self._tell_unbans(unbans)
            self._actions.enforce(unbans)

    def _tell_unbans(self, unbans: Sequence[Unban]) -> None:
        """Tell the log and the database that bans are lifted."""
        name = self._jail.name
        tell_all(_log, NOTICE, [f"[{name}] Unban {each.ban.subject}" for each in unbans])
        self._jail.notes.note_ends(unbans)
        commit(self._shared, [self._jail])

    async def _within(self, subject: str) -> list[str]:
        parsed = Subject.parse(subject)
        if parsed.is_network:
            return self._jail.ledger.within(subject)
        if parsed.family or not len(self._jail.ledger):
            return []
        answer = await self._shared.resolver.addresses(subject)
        return [address for address in answer.addresses if address in self._jail.ledger]
