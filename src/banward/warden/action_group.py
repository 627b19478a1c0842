"""Some actions of one jail and the queue of what they have to do, one after the other.

Everything that an action does is a turn of its group, so that the order of decisions is kept. A
failing action harms neither the others nor the jail. Methods that say so are turns: they are
called by the group's worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.errors import ActionError, NoAnswerError
from banward.records import Ban, Unban
from banward.warden.looks import Looks
from banward.warden.worker import Worker

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

    from banward.enforcement.base import Enforcer
    from banward.settings import ActionSettings
    from banward.warden.backlog import Backlog
    from banward.warden.mending import Mending
    from banward.warden.shared import Shared
    from banward.warden.telling import Telling
    from banward.warden.view import Known

__all__ = ["ActionGroup"]


class ActionGroup:
    """Actions of one kind of a jail: its native ones, its commands, or those that only tell.

    Args:
        jail: the jail.
        backlog: limits what waits.
        shared: what jails use together.
        mending: sees that the jail's bans are in force.
        telling: writes the log.

    Attributes:
        worker: the queue.
    """

    def __init__(
        self,
        jail: Known,
        backlog: Backlog,
        shared: Shared,
        mending: Mending,
        telling: Telling,
    ) -> None:
        self._jail = jail
        self._backlog = backlog
        self._shared = shared
        self._mending = mending
        self._telling = telling
        self.worker = Worker(jail.name, self._do)
        self._enforcers: dict[str, Enforcer] = {}
        self._looks = Looks()
        self._is_check_queued = False

    @property
    def enforcers(self) -> list[Enforcer]:
        """The actions in their order."""
        return list(self._enforcers.values())

    # Life -------------------------------------------------------------------------------------

    def add(self, enforcer: Enforcer) -> None:
        """Let an action have its turns."""
        self._enforcers[enforcer.name] = enforcer

    async def begin(self, enforcer: Enforcer, bans: Iterable[Ban]) -> None:
        """Start an action that is new here, and put bans in force, but those to come; a turn."""
        self.add(enforcer)
        await self._mending.begin(enforcer, self._backlog.settled(bans))

    async def change(self, enforcer: Enforcer, settings: ActionSettings) -> None:
        """Give an action other parameters, and repeat the bans that it lost by that; a turn."""
        try:
            await enforcer.reload(settings)
        except ActionError as error:
            self._telling.failed_to("reload", enforcer.name, error)
        await self._mending.repeat_lost(enforcer, self._settled())

    async def remove(self, enforcer: Enforcer, lift: Sequence[Unban]) -> None:
        """Lift the bans of one action and stop it; a turn."""
        await self._lift([enforcer], lift)
        await self._end(enforcer, keep=False)

    async def end(self, lift: Sequence[Unban], *, keep: bool, repeal: Callable[[], None]) -> None:
        """Lift bans and stop the actions, last first (4.5); a turn.

        Args:
            lift: orders to lift all bans that hold.
            keep: leave them in force where the action can.
            repeal: is called before bans are lifted one by one.
        """
        ending = self.enforcers
        there = self._backlog.admit(lift)
        await self._lift([e for e in ending if not (keep and e.keeps)], there, repeal)
        for enforcer in reversed(ending):
            await self._end(enforcer, keep=keep)

    async def _end(self, enforcer: Enforcer, *, keep: bool) -> None:
        try:
            await enforcer.stop(keep=keep)
        except ActionError as error:
            self._telling.failed_to("stop", enforcer.name, error)
        self._enforcers.pop(enforcer.name, None)

    async def finish(self) -> None:
        """Do all that waits, then let go of the actions."""
        await self.worker.finish()
        self._enforcers.clear()

    async def _lift(
        self,
        enforcers: Sequence[Enforcer],
        lift: Sequence[Unban],
        repeal: Callable[[], None] | None = None,
    ) -> None:
        """Flush the actions that can, lift each ban with the others (4.5)."""
        if not lift:
            return
        remaining = [enforcer for enforcer in enforcers if not await self._flush(enforcer)]
        if remaining and repeal:
            repeal()
        bans = [unban.ban for unban in lift]
        for enforcer in remaining:
            self._telling.outcomes(enforcer, "unban", bans, await enforcer.unban(lift))

    async def _flush(self, enforcer: Enforcer) -> bool:
        try:
            flushed = await enforcer.flush()
        except ActionError as error:
            self._telling.failed_to("flush bans in", enforcer.name, error)
            # Where one command hangs, one for each ban would be no better.
            return isinstance(error, NoAnswerError)
        if flushed:
            self._telling.flushed(enforcer)
        return flushed

    # Decisions --------------------------------------------------------------------------------

    def put(
        self, decisions: Sequence[Ban] | Sequence[Unban], after: asyncio.Future[None] | None = None
    ) -> asyncio.Future[None]:
        """Queue bans or unbans; the future is done when those that wait have had their turn.

        Args:
            decisions: what was decided.
            after: their turn does not begin before this is done.
        """
        return self.worker.put(self._backlog.admit(decisions), after)

    async def _do(self, decisions: Sequence[Ban | Unban]) -> None:
        try:
            await self._enforce(decisions)
        finally:
            self.put(self._backlog.done(decisions))

    async def _enforce(self, decisions: Sequence[Ban | Unban]) -> None:
        bans = [decision for decision in decisions if isinstance(decision, Ban)]
        unbans = [decision for decision in decisions if isinstance(decision, Unban)]
        for enforcer in self.enforcers:
            if bans:
                await self._mending.take(enforcer, "ban", bans, await enforcer.ban(bans))
                if enforcer.needs_look:
                    self._shared.wake()
            if unbans:
                await self._unban(enforcer, unbans)

    async def _unban(self, enforcer: Enforcer, unbans: Sequence[Unban]) -> None:
        bans = [unban.ban for unban in unbans]
        outcomes = await enforcer.unban(unbans)
        if enforcer.keeps:  # then a comparison with the kernel takes out what is left
            await self._mending.take(enforcer, "unban", bans, outcomes)
        else:
            self._telling.outcomes(enforcer, "unban", bans, outcomes)

    def lift(
        self, unbans: Sequence[Unban], after: asyncio.Future[None] | None = None
    ) -> asyncio.Future[None]:
        """Queue that all bans are lifted at once (see ``put``)."""
        admitted = self._backlog.admit(unbans)
        return self.worker.call(lambda: self._lift(self.enforcers, admitted), after)

    async def retime(self, bans: Sequence[Ban]) -> None:
        """Give bans another end; a turn."""
        there = self._backlog.settled(bans)
        for enforcer in self.enforcers if there else ():
            await enforcer.retime(there)

    async def reban(self, bans: Sequence[Ban]) -> None:
        """Repeat those of some bans that got lost; a turn."""
        for enforcer in self.enforcers:
            await self._mending.reban(enforcer, self._backlog.settled(bans))

    async def retry(self, enforcer: Enforcer) -> None:
        """Try once more what an action failed to do; a turn."""
        await self._mending.retry(enforcer, self._settled())

    async def check(self, bans: Sequence[Ban]) -> None:
        """Repair what was started and is not there any more, and repeat those of bans; a turn."""
        for enforcer in self.enforcers:
            await enforcer.check()
        await self.reban(bans)

    def check_all(self) -> None:
        """Queue a check that repeats whatever got lost, unless one waits already."""
        if not self._is_check_queued:
            self._is_check_queued = True
            self.worker.call(self._check_all)

    async def _check_all(self) -> None:
        self._is_check_queued = False
        for enforcer in self.enforcers:
            await self._mending.look_after(enforcer, self._settled())

    async def mend(self) -> None:
        """Compare the kernel with the ledger; a turn."""
        for enforcer in self.enforcers:
            await self._mending.mend(enforcer, self._settled())

    def _settled(self) -> list[Ban]:
        """The bans that have had their turn: a command must not do the others twice."""
        return self._backlog.settled(self._jail.ledger)

    # Looks ------------------------------------------------------------------------------------

    def look_soon(self) -> None:
        """Others may have changed something that concerns the group."""
        self._looks.soon()

    def next_look(self, now: float) -> float | None:
        """When to look next at what others may have changed unheard, None if there is no need."""
        every = self._shared.look_every
        if every and any(enforcer.needs_look for enforcer in self._enforcers.values()):
            return self._looks.due(now, every)
        return None

    def look(self, now: float) -> None:
        """Queue that look, if it is due."""
        due = self.next_look(now)
        if due is not None and due <= now:
            self._looks.begin(now)
            self.worker.call(self._look)

    async def _look(self) -> None:
        begun = self._shared.clock.now()
        try:
            for enforcer in [e for e in self.enforcers if e.needs_look]:
                await self._mending.look_after(enforcer, self._settled())
        finally:
            self._looks.end(begun, self._shared.clock.now())
            self._shared.wake()
