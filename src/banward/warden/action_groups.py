"""The three groups of actions of one jail: which action belongs where, and who waits for whom.

    decisions ─┬▶ native ones ─┬▶ those that only tell
               └▶ commands ────┘

Each group has a queue of its own, so that a command that hangs holds up no ban in the kernel, and a
mail that hangs holds up no ban at all. Those who tell follow the native ones, or the commands where
there are no native ones: who is told learns of a ban once it is in force.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from banward.warden.action_group import ActionGroup
from banward.warden.backlog import Backlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from banward.enforcement.base import Enforcer
    from banward.warden.mending import Mending
    from banward.warden.roster import Roster
    from banward.warden.shared import Shared
    from banward.warden.telling import Telling
    from banward.warden.view import Known

    Turn = asyncio.Future[None]
    Queue = Callable[[ActionGroup, Turn | None], Turn]
    """Has a group do something, in a turn that does not begin before another is over."""

__all__ = ["ActionGroups", "over"]


class ActionGroups:
    """The groups of one jail.

    Args:
        jail: the jail.
        roster: the actions that it has.
        shared: what jails use together.
        mending: sees that the jail's bans are in force.
        telling: writes the log.

    Attributes:
        native: those whose bans stay in the kernel without us.
        commands: others that ban.
        tellers: those that only tell of bans.
        banning: native ones and commands.
        all: those who tell come last.
    """

    def __init__(
        self, jail: Known, roster: Roster, shared: Shared, mending: Mending, telling: Telling
    ) -> None:
        self._roster = roster

        def group(whom: str) -> ActionGroup:
            backlog = Backlog(jail.name, whom, jail.ledger)
            return ActionGroup(jail, backlog, shared, mending, telling)

        self.native = group("native actions")
        self.commands = group("commands that ban")
        self.tellers = group("actions that only tell of bans")
        self.banning = self.native, self.commands
        self.all = *self.banning, self.tellers

    def of(self, enforcer: Enforcer) -> ActionGroup:
        """Where an action belongs; it does as long as it is there."""
        if enforcer.keeps:
            return self.native
        return self.commands if enforcer.is_retried else self.tellers

    def has(self, group: ActionGroup) -> bool:
        """Whether the jail has actions of this kind."""
        return any(self.of(enforcer) is group for enforcer in self._roster.enforcers)

    @property
    def _lead(self) -> ActionGroup:
        """Those of whose bans the others tell."""
        return self.native if self.has(self.native) else self.commands

    def each(self, queue: Queue) -> list[Turn]:
        """Have each group do something; who tells has his turn after those he follows.

        Returns:
            The turns of the native ones, of the commands, and of those who tell.
        """
        turns = {group: queue(group, None) for group in self.banning}
        return [*turns.values(), queue(self.tellers, turns[self._lead])]

    def each_banning(self, queue: Queue) -> list[Turn]:
        """The same, without the turn of those who tell: nobody waits for it."""
        return self.each(queue)[:-1]

    def one(self, group: ActionGroup, do: Callable[[], Awaitable[None]]) -> None:
        """Have one do something, who tells after all that those he follows have to do."""
        group.worker.call(do, self._lead.worker.idle() if group is self.tellers else None)


async def over(turns: Sequence[Turn]) -> None:
    """Wait until turns are over; whoever gives up waiting calls none of them off."""
    if turns:
        await asyncio.wait(turns)
