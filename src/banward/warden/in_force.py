"""Which bans of a jail are really in force, where its actions can be read back; tells the log.

What was decided and is not in force is nobody's ban for the status, and is tried again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from banward.errors import ActionError
from banward.logs import NOTICE
from banward.subject import Subject
from banward.warden.shortfall import Shortfall

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from banward.clock import Clock
    from banward.enforcement.base import Enforcer

__all__ = ["InForce"]

_log = logging.getLogger("fail2ban.actions")


class InForce:
    """What the actions of one jail owe.

    Args:
        jail: name of the jail, for the log.
        clock: tells the time.
        wanted: the subjects whose bans hold.
    """

    def __init__(self, jail: str, clock: Clock, wanted: Container[str]) -> None:
        self._jail = jail
        self._wanted = wanted
        self._clock = clock
        self._shortfalls: dict[str, Shortfall] = {}

    def add(self, enforcer: Enforcer) -> None:
        """Watch over an action, if it bans."""
        if enforcer.is_retried:
            short = self._shortfalls.setdefault(enforcer.name, Shortfall())
            short.is_read_back = enforcer.keeps
        else:
            self.drop(enforcer.name)

    def drop(self, name: str) -> None:
        """Watch over an action no more."""
        self._shortfalls.pop(name, None)

    def is_absent(self, subject: str) -> bool:
        """Whether the ban of a subject is not in force."""
        return any(subject in short.absent for short in self._witnesses())

    def absent(self) -> frozenset[str]:
        """The subjects whose bans are not in force."""
        return frozenset().union(*(short.absent for short in self._witnesses()))

    def _witnesses(self) -> Sequence[Shortfall]:
        """Whose word counts: where some can be read back, nobody else's."""
        shortfalls = list(self._shortfalls.values())
        return [short for short in shortfalls if short.is_read_back] or shortfalls

    def owes(self, name: str, subject: str) -> bool:
        """Whether an action failed to put the ban of a subject in force."""
        short = self._shortfalls.get(name)
        return short is not None and subject in short.absent

    def owe(self, name: str, subjects: Iterable[str]) -> None:
        """Take note that the bans of these got lost in an action."""
        if short := self._shortfalls.get(name):
            short.expect(subjects)

    def is_owed(self, subject: str) -> bool:
        """Whether any action did."""
        return any(subject in short.absent for short in self._shortfalls.values())

    def expect(self, subjects: Iterable[str]) -> None:
        """These were decided, and are soon in force."""
        wanted = list(subjects)
        for short in self._shortfalls.values():
            short.expect(wanted)

    def lifted(self, subjects: Iterable[str]) -> None:
        """The bans of these are not wanted any more."""
        over = list(subjects)
        for short in self._shortfalls.values():
            short.settle(over)

    def all_lifted(self) -> None:
        """No ban is wanted any more."""
        for short in self._shortfalls.values():
            short.absent.clear()

    async def judge(
        self, enforcer: Enforcer, done: Sequence[str], failed: Mapping[str, str], *, again: bool
    ) -> None:
        """Take note of what an action did.

        Args:
            enforcer: the action.
            done: the subjects whose bans it put in force.
            failed: the others, with the reason; a native action is not asked again to ban what
                is no address.
            again: whether all bans were gone through, so that no failure means all is well.
        """
        short = self._shortfalls.get(enforcer.name)
        if short is None:
            return
        there = await self._present(enforcer) if failed else ()
        short.expect(failed)
        short.settle(done)
        short.settle(there)
        if again:
            short.absent = {text for text in short.absent if text in self._wanted}
        native = enforcer.keeps
        reasons = [r for text, r in failed.items() if not native or Subject.parse(text).network]
        if reasons and (again or short.retry.due is None):
            self._fail(enforcer.name, short, reasons[0])
        elif again and not reasons and short.retry.worked():
            _log.log(NOTICE, "[%s] Action %r works again", self._jail, enforcer.name)

    def broke(self, enforcer: Enforcer, wanted: Iterable[str], reason: str) -> None:
        """Take note that an action could do nothing at all, or not even be read."""
        short = self._shortfalls.get(enforcer.name)
        if short:
            short.expect(wanted)
            self._fail(enforcer.name, short, reason)

    def next_due(self) -> float | None:
        """When the next action is tried again, None if all is well."""
        return min((s.retry.due for s in self._shortfalls.values() if s.retry.due), default=None)

    def due(self, now: float) -> list[str]:
        """The names of the actions whose time has come; each is told once."""
        names = [name for name, s in self._shortfalls.items() if s.retry.is_due(now)]
        for name in names:
            self._shortfalls[name].retry.due = None
        return names

    def _fail(self, name: str, short: Shortfall, reason: str) -> None:
        pause = short.retry.failed(self._clock.now())
        _log.warning(
            "[%s] Action %r failed (%s): %d ban(s) are not in force, next attempt in %g seconds",
            self._jail,
            name,
            reason,
            len(short.absent),
            pause,
        )

    @staticmethod
    async def _present(enforcer: Enforcer) -> Iterable[str]:
        try:
            return await enforcer.present() or ()
        except ActionError:
            return ()
