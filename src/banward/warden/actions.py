"""The actions of one jail: started, told of decisions, changed, stopped."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from banward.errors import ActionError
from banward.records import Ban, Unban
from banward.warden.action_groups import ActionGroups, over
from banward.warden.facts import FactsOf
from banward.warden.mending import Mending
from banward.warden.roster import Roster
from banward.warden.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.control.desk import PythonActionDesk
    from banward.enforcement.base import Enforcer
    from banward.settings import ActionSettings
    from banward.warden.action_group import ActionGroup
    from banward.warden.action_groups import Turn
    from banward.warden.shared import Shared
    from banward.warden.view import Adopting

__all__ = ["Actions"]

_GRACE: Final = 3.0
"""Seconds that native actions get at a stop once more, after something has used up the time."""


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
        self._groups = ActionGroups(jail, self._roster, shared, self._mending, self._telling)

    @property
    def enforcers(self) -> list[Enforcer]:
        """The actions, in their order."""
        return self._roster.enforcers

    # Life -------------------------------------------------------------------------------------

    def start(
        self, actions: Sequence[ActionSettings], restored: asyncio.Future[Sequence[Ban]]
    ) -> None:
        """Build and start actions in their order, and put restored bans in force.

        Args:
            actions: the actions.
            restored: is there once all bans are; what is decided meanwhile comes after them.
        """
        for group in self._groups.all:
            group.worker.start()
        self._wanted = {settings.name: settings for settings in actions}
        for settings in actions:
            if enforcer := self._roster.build(settings):
                self._groups.of(enforcer).add(enforcer)

        async def begin(group: ActionGroup) -> None:
            bans = await restored
            for enforcer in group.enforcers:
                await self._roster.take_over(enforcer)
                await group.begin(enforcer, bans)

        self._groups.each(lambda group, after: group.worker.call(partial(begin, group), after))

    async def stop(self, lift: Sequence[Unban], *, keep: bool) -> None:
        """Lift bans (4.5) and stop the actions, last first, within ``Shared.stop_timeout``.

        What hangs longer is ended; native actions get their turn once more.

        Args:
            lift: orders to lift all bans that hold.
            keep: leave them in force where the action can.
        """
        self._queue_noted()
        repeal = cache(partial(self._telling.unbans, lift, "Repeal Ban"))  # told once
        if not self.enforcers:
            repeal()

        def end(group: ActionGroup, after: Turn | None) -> Turn:
            return group.worker.call(partial(group.end, lift, keep=keep, repeal=repeal), after)

        limit = self._shared.stop_timeout
        _, late = await asyncio.wait(self._groups.each(end), timeout=limit)
        if late:
            for group in reversed(self._groups.all):  # who follows another must not begin
                await group.worker.break_off()
            left = [enforcer for group in self._groups.all for enforcer in group.enforcers]
            self._telling.unfinished(limit, [enforcer for enforcer in left if not enforcer.keeps])
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._groups.native.end(lift, keep=keep, repeal=repeal)
        for group in self._groups.all:
            await group.finish()
        self._roster.clear()

    async def enforced(self) -> None:
        """Wait until all that was decided is in force."""
        self._queue_noted()
        await asyncio.gather(*(group.worker.idle() for group in self._groups.banning))

    async def idle(self) -> None:
        """Wait until all that was decided is done and told."""
        await self.enforced()
        await self._groups.tellers.worker.idle()

    async def configure(self, actions: Sequence[ActionSettings]) -> None:
        """Make just these actions be there (4.9): new ones take over the bans that hold.

        It is over when those that ban are as they should be.
        """
        wanted = {settings.name: settings for settings in actions}
        if wanted == self._wanted:
            return
        self._wanted = wanted
        for gone in self._roster.gone(wanted):
            self._remove(gone)
        for settings in wanted.values():
            enforcer = self._roster.get(settings.name)
            if enforcer is None:
                self._add(settings)
            elif self._roster.takes(settings):
                group = self._groups.of(enforcer)
                self._groups.one(group, partial(group.change, enforcer, settings))
        await self.enforced()

    def _add(self, settings: ActionSettings) -> None:
        enforcer = self._roster.build(settings)
        if enforcer is None:
            return
        group, ledger = self._groups.of(enforcer), self._jail.ledger
        self.in_force.owe(enforcer.name, ledger.subjects)
        self._groups.one(group, lambda: group.begin(enforcer, ledger))

    def _remove(self, enforcer: Enforcer) -> None:
        self._roster.remove(enforcer)
        group = self._groups.of(enforcer)
        self._groups.one(group, partial(group.remove, enforcer, self._facts.lifts()))

    # Decisions --------------------------------------------------------------------------------

    def enforce(self, decisions: Sequence[Ban] | Sequence[Unban]) -> list[Turn]:
        """Queue bans or unbans, and give the turns of those that ban."""
        bans = [each.subject for each in decisions if isinstance(each, Ban)]
        self.in_force.expect(bans)
        self.in_force.lifted(each.ban.subject for each in decisions if isinstance(each, Unban))
        groups = self._groups
        return groups.each_banning(
            lambda group, after: group.put(decisions if groups.has(group) else (), after)
        )

    def retime(self, bans: Sequence[Ban]) -> None:
        """Queue new ends of bans, after all that is decided at this stretch."""
        self._soon(self._moved, bans)

    async def reban(self, bans: Sequence[Ban]) -> None:
        """Repeat bans that got lost, and wait until they are in force."""
        if bans:
            await over(
                self._groups.each_banning(
                    lambda group, after: group.worker.call(lambda: group.reban(bans), after)
                )
            )

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
        native = self._groups.native
        if moved:
            native.worker.call(lambda: native.retime(self._holding(moved)))
        if doubted:
            native.worker.call(lambda: native.check(self._holding(doubted)))
            self._groups.commands.check_all()
            self._groups.tellers.check_all()

    def _holding(self, subjects: Sequence[str]) -> list[Ban]:
        """The bans of these as they hold at present."""
        return [ban for subject in subjects if (ban := self._jail.ledger.get(subject))]

    def lost(self, subject: str) -> bool:
        """Whether the ban of a subject has to be repeated (4.8)."""
        if self.in_force.is_owed(subject):
            return True
        return any(enforcer.outdated(subject) for enforcer in self.enforcers)

    def lift_all(self, unbans: Sequence[Unban]) -> list[Turn]:
        """Queue that all bans are lifted at once, and give the turns of those that ban."""
        return self._groups.each_banning(lambda group, after: group.lift(unbans, after))

    def mend(self) -> None:
        """Queue a comparison of the kernel with the ledger; what differs is told once."""
        self._groups.native.worker.call(self._groups.native.mend)
        for group in self._groups.all:
            group.look_soon()
        self._shared.wake()

    def next_look(self, now: float) -> float | None:
        """When to look next at what others may have changed unheard, None if there is no need."""
        looks = [group.next_look(now) for group in self._groups.all]
        return min((look for look in looks if look is not None), default=None)

    def look(self, now: float) -> None:
        """Queue that look, if it is due."""
        for group in self._groups.all:
            group.look(now)

    def retry(self, now: float) -> None:
        """Queue another attempt for actions that failed and whose time has come."""
        for name in self.in_force.due(now):
            if enforcer := self._roster.get(name):
                group = self._groups.of(enforcer)
                group.worker.call(partial(group.retry, enforcer))

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

        await self._groups.of(enforcer).worker.call(ask)
        return answer[0]
