"""Sees that the bans of one jail are in force: judges what actions did, and does it once more.

It runs in turns of a group, and does not know when it is time for what. The bans that it gets are
those that hold and have had their first turn.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from banward.errors import ActionError
from banward.warden.in_force import InForce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.enforcement.base import Enforcer, Synced
    from banward.records import Ban, Outcome
    from banward.warden.shared import Shared
    from banward.warden.telling import Telling
    from banward.warden.view import Adopting

__all__ = ["Mending"]


class Mending:
    """The bans of one jail in its actions.

    Args:
        jail: the jail.
        shared: what jails use together.
        telling: writes the log.
    """

    def __init__(self, jail: Adopting, shared: Shared, telling: Telling) -> None:
        self._jail = jail
        self._shared = shared
        self._telling = telling
        self.in_force = InForce(jail.name, shared.clock, jail.ledger)

    async def begin(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Start an action and put bans in force, or take those over that are."""
        try:
            await enforcer.start()
            if self._shared.doubtful:
                bans = [*bans, *self._jail.deciding.adopt(await enforcer.ends())]
            synced = await enforcer.sync(bans)
        except ActionError as error:
            self._telling.failed_to("start", enforcer.name, error)
            self._broke(enforcer, error)
            return
        if synced:
            await self._judge(enforcer, bans, dict(synced.errors), again=True)
            for subject, reason in synced.errors:
                self._telling.error(enforcer, "ban", subject, reason)
        elif bans:
            await self.take(enforcer, "ban", bans, await enforcer.ban(bans))

    async def take(
        self, enforcer: Enforcer, doing: str, bans: Sequence[Ban], outcomes: Sequence[Outcome]
    ) -> None:
        """Tell what failed, and see that it is tried again."""
        self._telling.outcomes(enforcer, doing, bans, outcomes)
        await self._judge(enforcer, bans, _failures(outcomes), again=False)

    async def reban(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Repeat those of some bans that an action lost or owes."""
        owes = partial(self.in_force.owes, enforcer.name)
        lost = [b for b in bans if enforcer.outdated(b.subject) or owes(b.subject)]
        self.in_force.owe(enforcer.name, (ban.subject for ban in lost))
        self._telling.rebans(enforcer, lost)
        if lost:
            await self.take(enforcer, "reban", lost, await enforcer.reban(lost))

    async def repeat_lost(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Repeat the bans that an action lost by new parameters."""
        lost = [ban for ban in bans if enforcer.outdated(ban.subject)]
        if lost:
            await self.take(enforcer, "reban", lost, await enforcer.reban(lost))

    async def mend(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Compare the kernel with the ledger, where that is possible; what differs is told."""
        synced = await self._sync(enforcer, bans)
        if synced and synced.is_change:
            self._telling.restored(enforcer, synced)

    async def look_after(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Mend what the kernel does not tell of."""
        if enforcer.keeps:
            await self.mend(enforcer, bans)
            return
        await enforcer.check()
        lost = [ban for ban in bans if enforcer.outdated(ban.subject)]
        await self.reban(enforcer, lost)

    async def retry(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Try once more what an action failed to do."""
        await self._sync(enforcer, bans, start=True)

    async def _sync(
        self, enforcer: Enforcer, bans: Sequence[Ban], *, start: bool = False
    ) -> Synced | None:
        """Make kernel and ledger equal; None where that is not possible."""
        try:
            if start:
                await enforcer.start()
            synced = await enforcer.sync(bans)
        except ActionError as error:
            self._telling.broke(error)
            self._broke(enforcer, error)
            return None
        if synced:
            await self._judge(enforcer, bans, dict(synced.errors), again=True)
        elif start:
            await self._repeat(enforcer, bans)
        return synced

    async def _repeat(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Do again what an action owes that can't be read back."""
        owed = [ban for ban in bans if self.in_force.owes(enforcer.name, ban.subject)]
        outcomes = await enforcer.reban(owed)
        self._telling.outcomes(enforcer, "reban", owed, outcomes)
        await self._judge(enforcer, owed, _failures(outcomes), again=True)

    async def _judge(
        self, enforcer: Enforcer, bans: Sequence[Ban], failed: Mapping[str, str], *, again: bool
    ) -> None:
        done = [ban.subject for ban in bans if ban.subject not in failed]
        await self.in_force.judge(enforcer, done, failed, again=again)
        if failed or again:
            self._shared.wake()

    def _broke(self, enforcer: Enforcer, error: ActionError) -> None:
        wanted = (ban.subject for ban in self._jail.ledger)
        self.in_force.broke(enforcer, wanted, str(error))
        self._shared.wake()


def _failures(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {each.subject: each.error for each in outcomes if each.error}
