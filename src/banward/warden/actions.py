"""The actions of one jail: started, told of decisions, changed, stopped.

    decisions ─▶ group of those that ban ─▶ backlog ─▶ group of those that only tell

Each group has a queue of its own, so that a mail that hangs holds up no ban; who is told learns of
a ban once it is in force.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from banward.errors import ActionError
from banward.records import Ban, Unban
from banward.warden.action_group import ActionGroup
from banward.warden.backlog import Backlog
from banward.warden.facts import FactsOf
from banward.warden.mending import Mending
from banward.warden.roster import Roster
from banward.warden.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from banward.control.desk import PythonActionDesk
    from banward.enforcement.base import Enforcer
    from banward.settings import ActionSettings
    from banward.warden.shared import Shared
    from banward.warden.view import Adopting

__all__ = ["Actions"]

_GRACE: Final = 3.0
"""Seconds that actions of the kernel get at a stop after commands have used up the time."""


class Actions:
    """The actions of a jail.

    Args:
        jail: the jail.
        shared: what jails use together.
    """

    def __init__(self, jail: Adopting, shared: Shared) -> None:
        self._jail = jail
        self._shared = shared
        self._facts = FactsOf(jail, shared)
        self._wanted: Mapping[str, ActionSettings] = {}
        self._moved: dict[str, None] = {}  # whose end moved, in their order
        self._doubted: dict[str, None] = {}  # whose ban is to be looked for
        self._telling = Telling(self._facts)
        self._mending = Mending(jail, shared, self._telling)
        self.in_force = self._mending.in_force
        self._roster = Roster(self._facts, shared, self.in_force, self._telling)
        self._backlog = Backlog(jail.name)
        make = partial(ActionGroup, jail.name, shared, self._mending, self._telling)
        self._banning = make(self._hand_on)
        self._notifying = make(self._backlog.told)
        self._groups = self._banning, self._notifying

    @property
    def enforcers(self) -> list[Enforcer]:
        """The actions, in their order."""
        return self._roster.enforcers

    # Life -------------------------------------------------------------------------------------

    def start(self, actions: Sequence[ActionSettings], restored: Awaitable[Sequence[Ban]]) -> None:
        """Build and start actions in their order, and put restored bans in force.

        Args:
            actions: the actions.
            restored: is there once all bans are; what is decided meanwhile comes after them.
        """
        for group in self._groups:
            group.worker.start()
        self._wanted = {settings.name: settings for settings in actions}
        for settings in actions:
            if enforcer := self._roster.build(settings):
                self._group_of(enforcer).add(enforcer)

        async def begin() -> None:
            bans = await restored
            for enforcer in self._banning.enforcers:
                await self._roster.take_over(enforcer)
                await self._banning.begin(enforcer, bans)
            for enforcer in self._notifying.enforcers:
                self._notifying.worker.call(partial(self._notifying.begin, enforcer, bans))

        self._banning.worker.call(begin)

    async def stop(self, lift: Sequence[Unban], *, keep: bool) -> None:
        """Lift bans (4.5) and stop the actions, last first, within ``Shared.stop_timeout``.

        What hangs longer is ended; actions of the kernel, which need no command, get their turn.

        Args:
            lift: orders to lift all bans that hold.
            keep: leave them in force where the action can.
        """
        self._queue_noted()
        repeal = cache(partial(self._telling.unbans, lift, "Repeal Ban"))  # told once
        if not self.enforcers:
            repeal()
        limit = self._shared.stop_timeout
        try:
            async with asyncio.timeout(limit):
                for group in self._groups:
                    await group.worker.call(partial(group.end, lift, keep=keep, repeal=repeal))
        except TimeoutError:
            for group in self._groups:
                await group.worker.break_off()
            left = [enforcer for group in self._groups for enforcer in group.enforcers]
            self._telling.unfinished(limit, [enforcer for enforcer in left if not enforcer.keeps])
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._banning.end(lift, keep=keep, repeal=repeal, native=True)
        for group in self._groups:
            await group.finish()
        self._roster.clear()

    async def enforced(self) -> None:
        """Wait until all that was decided is in force."""
        self._queue_noted()
        await self._banning.worker.idle()

    async def idle(self) -> None:
        """Wait until all that was decided is done and told."""
        await self.enforced()
        await self._notifying.worker.idle()

    async def configure(self, actions: Sequence[ActionSettings]) -> None:
        """Make just these actions be there (4.9): new ones take over the bans that hold.

        It is over when those that ban are as they should be.
        """
        wanted = {settings.name: settings for settings in actions}
        if wanted != self._wanted:
            self._wanted = wanted
            await self._banning.worker.call(lambda: self._configure(wanted))

    async def _configure(self, wanted: Mapping[str, ActionSettings]) -> None:
        for gone in self._roster.gone(wanted):
            await self._remove(gone)
        for settings in wanted.values():
            enforcer = self._roster.get(settings.name)
            if enforcer is None:
                if built := self._roster.build(settings):
                    await self._turn(built, partial(self._begin, built))
            elif self._roster.takes(settings):
                group = self._group_of(enforcer)
                await self._turn(enforcer, partial(group.change, enforcer, settings))

    async def _begin(self, enforcer: Enforcer) -> None:
        await self._group_of(enforcer).begin(enforcer, list(self._jail.ledger))

    async def _remove(self, enforcer: Enforcer) -> None:
        self._roster.remove(enforcer)
        group = self._group_of(enforcer)
        await self._turn(enforcer, lambda: group.remove(enforcer, self._facts.lifts()))

    async def _turn(self, enforcer: Enforcer, do: Callable[[], Awaitable[None]]) -> None:
        """Have something done in a turn of the action's group; called in one of those that ban."""
        if self._group_of(enforcer) is self._banning:
            await do()
        else:
            self._notifying.worker.call(do)

    def _group_of(self, enforcer: Enforcer) -> ActionGroup:
        return self._banning if enforcer.is_retried else self._notifying

    # Decisions --------------------------------------------------------------------------------

    def enforce(self, decisions: Sequence[Ban] | Sequence[Unban]) -> asyncio.Future[None]:
        """Queue bans or unbans; the future is done when all that ban have done them."""
        bans = [each.subject for each in decisions if isinstance(each, Ban)]
        self.in_force.expect(bans)
        self.in_force.lifted(each.ban.subject for each in decisions if isinstance(each, Unban))
        return self._banning.worker.put(decisions)

    def _hand_on(self, decisions: Sequence[Ban | Unban]) -> None:
        """Queue for those who tell what those who ban have done."""
        if self._notifying.enforcers:
            self._notifying.worker.put(self._backlog.admit(decisions))

    def retime(self, bans: Sequence[Ban]) -> None:
        """Queue new ends of bans, after all that is decided at this stretch."""
        self._soon(self._moved, bans)

    async def reban(self, bans: Sequence[Ban]) -> None:
        """Repeat bans that got lost, and wait until they are in force."""
        if bans:
            await self._banning.worker.call(lambda: self._banning.reban(bans))
            self._notifying.worker.call(lambda: self._notifying.reban(bans))

    def check_again(self, ban: Ban) -> None:
        """Queue a look whether what was started is there still, and repeat the ban if not (2.6)."""
        self._soon(self._doubted, [ban])

    def _soon(self, which: dict[str, None], bans: Sequence[Ban]) -> None:
        """Note bans, so that all of a block are dealt with at once and after its new bans."""
        if bans and not (self._moved or self._doubted):
            asyncio.get_running_loop().call_soon(self._queue_noted)
        which.update(dict.fromkeys(ban.subject for ban in bans))

    def _queue_noted(self) -> None:
        moved, doubted = list(self._moved), list(self._doubted)
        self._moved.clear()
        self._doubted.clear()
        banning = self._banning
        if moved:
            banning.worker.call(lambda: banning.retime(self._holding(moved)))
        if doubted:
            banning.worker.call(lambda: banning.check(self._holding(doubted)))
            self._notifying.check_all()

    def _holding(self, subjects: Sequence[str]) -> list[Ban]:
        """The bans of these as they hold at present."""
        return [ban for subject in subjects if (ban := self._jail.ledger.get(subject))]

    def lost(self, subject: str) -> bool:
        """Whether the ban of a subject has to be repeated (4.8)."""
        if self.in_force.is_owed(subject):
            return True
        return any(enforcer.outdated(subject) for enforcer in self.enforcers)

    def lift_all(self, unbans: Sequence[Unban]) -> asyncio.Future[None]:
        """Queue that all bans are lifted at once; the future is done when they are."""

        async def lift() -> None:
            try:
                await self._banning.lift(unbans)
            finally:
                told = self._backlog.admit(unbans)
                self._notifying.worker.call(lambda: self._notifying.lift(told))

        return self._banning.worker.call(lift)

    def mend(self) -> None:
        """Queue a comparison of the kernel with the ledger; what differs is told once."""
        self._banning.worker.call(self._banning.mend)
        for group in self._groups:
            group.look_soon()
        self._shared.wake()

    def next_look(self, now: float) -> float | None:
        """When to look next at what others may have changed unheard, None if there is no need."""
        looks = [group.next_look(now) for group in self._groups]
        return min((look for look in looks if look is not None), default=None)

    def look(self, now: float) -> None:
        """Queue that look, if it is due."""
        for group in self._groups:
            group.look(now)

    def retry(self, now: float) -> None:
        """Queue another attempt for actions that failed and whose time has come."""

        async def retry(name: str) -> None:
            if enforcer := self._roster.get(name):
                await self._mending.retry(enforcer)

        for name in self.in_force.due(now):
            self._banning.worker.call(partial(retry, name))

    # Commands of clients ----------------------------------------------------------------------

    def python(self, name: str) -> PythonActionDesk | None:
        """The object of a Python action, None for others."""
        enforcer = self._roster.get(name)
        return getattr(enforcer, "desk", None)

    async def call(self, name: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method of an action in its turn.

        Raises:
            AttributeError: it has no such method.
            ActionError: it failed, or is not there.
        """
        enforcer = self._roster.get(name)
        if enforcer is None:
            raise ActionError(f"Invalid Action name: {name}")
        answer: list[Any] = []

        async def ask() -> None:
            answer.append(await enforcer.call(method, arguments))

        await self._group_of(enforcer).worker.call(ask)
        return answer[0]
