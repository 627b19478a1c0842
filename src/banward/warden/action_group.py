"""Some actions of one jail and the queue of what they have to do, one after the other.

Everything that an action does is a turn of its group, so that the order of decisions is kept. A
failing action harms neither the others nor the jail. Methods that say so are turns: they are
called by the group's worker.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from banward.errors import ActionError, NoAnswerError
from banward.records import Ban, Unban
from banward.warden.looks import Looks
from banward.warden.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from banward.enforcement.base import Enforcer
    from banward.settings import ActionSettings
    from banward.warden.mending import Mending
    from banward.warden.shared import Shared
    from banward.warden.telling import Telling

__all__ = ["ActionGroup"]

_MOMENT: Final = 1.0  # seconds


class ActionGroup:
    """Those actions of a jail that ban, or those that only tell of bans.

    Args:
        jail: name of the jail.
        shared: what jails use together.
        mending: sees that the jail's bans are in force.
        telling: writes the log.
        then: gets the decisions whose turn is over.

    Attributes:
        worker: the queue.
    """

    def __init__(
        self,
        jail: str,
        shared: Shared,
        mending: Mending,
        telling: Telling,
        then: Callable[[Sequence[Ban | Unban]], None],
    ) -> None:
        self._shared = shared
        self._mending = mending
        self._telling = telling
        self._then = then
        self.worker = Worker(jail, self._do)
        self._enforcers: dict[str, Enforcer] = {}
        self._looks = Looks()
        self._is_check_queued = False

    @property
    def enforcers(self) -> list[Enforcer]:
        """The actions in their order; those of the kernel go before commands, which may hang."""
        return sorted(self._enforcers.values(), key=lambda enforcer: not enforcer.keeps)

    # Life -------------------------------------------------------------------------------------

    def add(self, enforcer: Enforcer) -> None:
        """Let an action have its turns."""
        self._enforcers[enforcer.name] = enforcer

    async def begin(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """Start an action that is new here, and put bans in force; a turn."""
        self.add(enforcer)
        await self._mending.begin(enforcer, bans)

    async def change(self, enforcer: Enforcer, settings: ActionSettings) -> None:
        """Give an action other parameters, and repeat the bans that it lost by that; a turn."""
        try:
            await enforcer.reload(settings)
        except ActionError as error:
            self._telling.failed_to("reload", enforcer.name, error)
        await self._mending.repeat_lost(enforcer)

    async def remove(self, enforcer: Enforcer, lift: Sequence[Unban]) -> None:
        """Lift the bans of one action and stop it; a turn."""
        await self._lift([enforcer], lift)
        await self._end(enforcer, keep=False)

    async def end(
        self, lift: Sequence[Unban], *, keep: bool, repeal: Callable[[], None], native: bool = False
    ) -> None:
        """Lift bans and stop the actions, last first (4.5); a turn.

        Args:
            lift: orders to lift all bans that hold.
            keep: leave them in force where the action can.
            repeal: is called before bans are lifted one by one.
            native: only of actions of the kernel, which need no command.
        """
        ending = [each for each in self.enforcers if each.keeps or not native]
        await self._lift([e for e in ending if not (keep and e.keeps)], lift, repeal)
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

    async def _do(self, decisions: Sequence[Ban | Unban]) -> None:
        try:
            await self._enforce(decisions)
        finally:
            self._then(decisions)

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

    async def lift(self, unbans: Sequence[Unban]) -> None:
        """Lift all bans at once; a turn."""
        await self._lift(self.enforcers, unbans)

    async def retime(self, bans: Sequence[Ban]) -> None:
        """Give bans another end; a turn."""
        for enforcer in self.enforcers if bans else ():
            await enforcer.retime(bans)

    async def reban(self, bans: Sequence[Ban]) -> None:
        """Repeat those of some bans that got lost; a turn."""
        for enforcer in self.enforcers:
            await self._mending.reban(enforcer, bans)

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
            await self._let_go_before(enforcer, self._mending.look_after(enforcer))

    async def mend(self) -> None:
        """Compare the kernel with the ledger; a turn."""
        for enforcer in self.enforcers:
            await self._let_go_before(enforcer, self._mending.mend(enforcer))

    async def _let_go_before(self, enforcer: Enforcer, work: Coroutine[Any, Any, object]) -> None:
        """Look after an action, but no longer than a moment once decisions wait.

        A command that hangs must hold up no ban of the kernel. What is broken off is looked at
        again when all that was decided is done.
        """
        if enforcer.keeps:
            await work
            return
        looking = asyncio.ensure_future(work)
        try:
            while not looking.done():
                await asyncio.wait({looking}, timeout=_MOMENT)
                if self.worker.has_decisions and not looking.done():
                    self.look_soon()
                    return
            await looking
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

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
                await self._let_go_before(enforcer, self._mending.look_after(enforcer))
        finally:
            self._looks.end(begun, self._shared.clock.now())
            self._shared.wake()
