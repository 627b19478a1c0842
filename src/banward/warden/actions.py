"""The actions of one jail: built, started, told of decisions, changed, stopped; and their log.

Everything that an action does is a turn of the jail's worker, so that the order of decisions is
kept. A failing action harms neither the others nor the jail.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from banward.errors import ActionError, NoAnswerError
from banward.records import Ban, Unban
from banward.warden.facts import FactsOf
from banward.warden.looks import Looks
from banward.warden.mending import Mending
from banward.warden.telling import Telling
from banward.warden.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from banward.control.desk import PythonActionDesk
    from banward.enforcement.base import Enforcer
    from banward.settings import ActionSettings
    from banward.warden.jail import Jail
    from banward.warden.shared import Shared

__all__ = ["Actions"]

_GRACE: Final = 3.0
"""Seconds that actions of the kernel get at a stop after commands have used up the time."""


class Actions:
    """The actions of a jail.

    Args:
        jail: the jail.
        shared: what jails use together.
    """

    def __init__(self, jail: Jail, shared: Shared) -> None:
        self._jail = jail
        self._shared = shared
        self._facts = FactsOf(jail, shared)
        self._enforcers: dict[str, Enforcer] = {}
        self._settings: dict[str, ActionSettings] = {}
        self._worker = Worker(jail.name, self._enforce)
        self._moved: dict[str, None] = {}  # whose end moved, in their order
        self._doubted: dict[str, None] = {}  # whose ban is to be looked for
        self._telling = Telling(self._facts)
        self._mending = Mending(jail, shared, self._telling)
        self.in_force = self._mending.in_force
        self._looks = Looks()

    @property
    def enforcers(self) -> list[Enforcer]:
        """The actions, in their order."""
        return list(self._enforcers.values())

    # Life -------------------------------------------------------------------------------------

    def start(self, actions: Sequence[ActionSettings], restored: Awaitable[Sequence[Ban]]) -> None:
        """Build and start actions in their order, and put restored bans in force.

        Args:
            actions: the actions.
            restored: is there once all bans are; what is decided meanwhile comes after them.
        """
        self._worker.start()
        for settings in actions:
            self._build(settings)

        async def begin() -> None:
            bans = await restored
            for enforcer in list(self._enforcers.values()):
                await self._take_over(enforcer)
                await self._mending.begin(enforcer, bans)

        self._worker.call(begin)

    async def _take_over(self, enforcer: Enforcer) -> None:
        """Bring what an action left at a restart of the jail to the parameters of its successor."""
        key = self._jail.name, enforcer.name
        left = self._shared.left.get(key)
        if left is None or type(left) is not type(enforcer):
            return
        del self._shared.left[key]
        try:
            await left.reload(self._settings[enforcer.name])
        except ActionError as error:
            self._telling.failed_to("reload", enforcer.name, error)

    async def stop(self, lift: Sequence[Unban], *, keep: bool) -> None:
        """Lift bans (4.5) and stop the actions, last first, within ``Shared.stop_timeout``.

        What hangs longer is ended; actions of the kernel, which need no command, get their turn.

        Args:
            lift: orders to lift all bans that hold.
            keep: leave them in force where the action can.
        """
        self._queue_noted()
        if not self._enforcers:
            self._telling.unbans(lift, "Repeal Ban")
        limit = self._shared.stop_timeout
        try:
            async with asyncio.timeout(limit):
                await self._worker.call(lambda: self._end_all(self._in_turn(), lift, keep=keep))
        except TimeoutError:
            await self._worker.break_off()
            self._telling.unfinished(limit, [e for e in self.enforcers if not e.keeps])
            native = [enforcer for enforcer in self._in_turn() if enforcer.keeps]
            with suppress(TimeoutError):
                async with asyncio.timeout(_GRACE):
                    await self._end_all(native, lift, keep=keep)
        await self._worker.finish()
        self._enforcers.clear()
        self._settings.clear()

    async def _end_all(
        self, enforcers: Sequence[Enforcer], lift: Sequence[Unban], *, keep: bool
    ) -> None:
        await self._lift([e for e in enforcers if not (keep and e.keeps)], lift, "Repeal Ban")
        for enforcer in reversed(enforcers):
            await self._end(enforcer, keep=keep)

    def _in_turn(self) -> list[Enforcer]:
        """The actions in their order; those of the kernel go before commands, which may hang."""
        return sorted(self._enforcers.values(), key=lambda enforcer: not enforcer.keeps)

    async def idle(self) -> None:
        """Wait until all that was decided is done."""
        self._queue_noted()
        await self._worker.idle()

    async def configure(self, actions: Sequence[ActionSettings]) -> None:
        """Make just these actions be there (4.9): new ones take over the bans that hold."""
        wanted = {settings.name: settings for settings in actions}
        if wanted != self._settings:
            await self._worker.call(lambda: self._configure(wanted))

    async def _configure(self, wanted: Mapping[str, ActionSettings]) -> None:
        for name in [name for name in self._enforcers if name not in wanted]:
            await self._remove(name)
        for name, settings in wanted.items():
            enforcer = self._enforcers.get(name)
            if enforcer is None:
                if built := self._build(settings):
                    await self._mending.begin(built, list(self._jail.ledger))
            elif settings != self._settings[name]:
                await self._change(enforcer, settings)

    async def _change(self, enforcer: Enforcer, settings: ActionSettings) -> None:
        self._settings[settings.name] = settings
        try:
            await enforcer.reload(settings)
        except ActionError as error:
            self._telling.failed_to("reload", enforcer.name, error)
        lost = [ban for ban in self._jail.ledger if enforcer.outdated(ban.subject)]
        if lost:
            self._telling.outcomes(enforcer, "reban", lost, await enforcer.reban(lost))

    async def _remove(self, name: str) -> None:
        enforcer = self._enforcers.pop(name)
        self._settings.pop(name, None)
        self.in_force.drop(name)
        await self._lift([enforcer], self._facts.lifts(), "")
        await self._end(enforcer, keep=False)

    def _build(self, settings: ActionSettings) -> Enforcer | None:
        self._settings[settings.name] = settings
        try:
            enforcer = self._shared.backends.build(settings, self._facts)
        except ActionError as error:
            self._telling.failed_to("load", settings.name, error)
            return None
        self._enforcers[settings.name] = enforcer
        self.in_force.add(enforcer)
        return enforcer

    async def _end(self, enforcer: Enforcer, *, keep: bool) -> None:
        try:
            await enforcer.stop(keep=keep)
        except ActionError as error:
            self._telling.failed_to("stop", enforcer.name, error)

    # Decisions --------------------------------------------------------------------------------

    def enforce(self, decisions: Sequence[Ban] | Sequence[Unban]) -> asyncio.Future[None]:
        """Queue bans or unbans; the future is done when all actions have run."""
        bans = [each.subject for each in decisions if isinstance(each, Ban)]
        self.in_force.expect(bans)
        self.in_force.lifted(each.ban.subject for each in decisions if isinstance(each, Unban))
        return self._worker.put(decisions)

    def retime(self, bans: Sequence[Ban]) -> None:
        """Queue new ends of bans, after all that is decided at this stretch."""
        self._soon(self._moved, bans)

    async def reban(self, bans: Sequence[Ban]) -> None:
        """Repeat bans that got lost, and wait for it."""
        if bans:
            await self._worker.call(lambda: self._reban(bans))

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
        if moved:
            self._worker.call(lambda: self._retime(moved))
        if doubted:
            self._worker.call(lambda: self._check(doubted))

    async def _retime(self, subjects: Sequence[str]) -> None:
        bans = self._holding(subjects)
        for enforcer in list(self._enforcers.values()) if bans else ():
            await enforcer.retime(bans)

    async def _check(self, subjects: Sequence[str]) -> None:
        for enforcer in list(self._enforcers.values()):
            await enforcer.check()
        await self._reban(self._holding(subjects))

    def _holding(self, subjects: Sequence[str]) -> list[Ban]:
        """The bans of these as they hold at present."""
        return [ban for subject in subjects if (ban := self._jail.ledger.get(subject))]

    def lost(self, subject: str) -> bool:
        """Whether the ban of a subject has to be repeated (4.8)."""
        if self.in_force.is_owed(subject):
            return True
        return any(enforcer.outdated(subject) for enforcer in self._enforcers.values())

    def lift_all(self, unbans: Sequence[Unban]) -> asyncio.Future[None]:
        """Queue that all bans are lifted at once; the future is done when they are."""
        return self._worker.call(lambda: self._lift(self._in_turn(), unbans, ""))

    def mend(self) -> None:
        """Queue a comparison of the kernel with the ledger; what differs is told once."""

        async def mend() -> None:
            for enforcer in list(self._enforcers.values()):
                await self._mending.mend(enforcer)

        self._worker.call(mend)
        self._looks.soon()
        self._shared.wake()

    def next_look(self, now: float) -> float | None:
        """When to look next at what others may have changed unheard, None if there is no need."""
        every = self._shared.look_every
        if every and any(enforcer.needs_look for enforcer in self._enforcers.values()):
            return self._looks.due(now, every)
        return None

    def look(self, now: float) -> None:
        """Queue that look, if it is due."""
        due = self.next_look(now)
        if due is None or due > now:
            return

        async def look() -> None:
            begun = self._shared.clock.now()
            try:
                for enforcer in [e for e in self._enforcers.values() if e.needs_look]:
                    await self._mending.look_after(enforcer)
            finally:
                self._looks.end(begun, self._shared.clock.now())
                self._shared.wake()

        self._looks.begin(now)
        self._worker.call(look)

    def retry(self, now: float) -> None:
        """Queue another attempt for actions that failed and whose time has come."""

        async def retry(name: str) -> None:
            if enforcer := self._enforcers.get(name):
                await self._mending.retry(enforcer)

        for name in self.in_force.due(now):
            self._worker.call(partial(retry, name))

    async def _enforce(self, decisions: Sequence[Ban | Unban]) -> None:
        bans = [decision for decision in decisions if isinstance(decision, Ban)]
        unbans = [decision for decision in decisions if isinstance(decision, Unban)]
        for enforcer in self._in_turn():
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

    async def _reban(self, bans: Sequence[Ban]) -> None:
        for enforcer in list(self._enforcers.values()):
            await self._mending.reban(enforcer, bans)

    async def _lift(self, enforcers: Sequence[Enforcer], lift: Sequence[Unban], word: str) -> None:
        """Flush the actions that can, lift each ban with the others (4.5)."""
        if not lift:
            return
        remaining = [enforcer for enforcer in enforcers if not await self._flush(enforcer)]
        if remaining and word:
            self._telling.unbans(lift, word)
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

    # Commands of clients ----------------------------------------------------------------------

    def python(self, name: str) -> PythonActionDesk | None:
        """The object of a Python action, None for others."""
        enforcer = self._enforcers.get(name)
        return getattr(enforcer, "desk", None)

    async def call(self, name: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method of an action in its turn.

        Raises:
            AttributeError: it has no such method.
            ActionError: it failed, or is not there.
        """
        enforcer = self._enforcers.get(name)
        if enforcer is None:
            raise ActionError(f"Invalid Action name: {name}")
        answer: list[Any] = []

        async def ask() -> None:
            answer.append(await enforcer.call(method, arguments))

        await self._worker.call(ask)
        return answer[0]
