"""Removes from the firewall what a start or a restart left behind and nobody took over.

An action that hangs when it is started is not waited for: what is left is removed once that is
over, while everything else goes on.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from banward.errors import ActionError
from banward.warden.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from banward.warden.jail import Jail
    from banward.warden.shared import Shared

__all__ = ["Clearing"]

_log = logging.getLogger("fail2ban.server")

_PATIENCE: Final = 10.0
"""Seconds that a start waits for its actions; then it is over for those who wait for it."""


class Clearing:
    """What has to be done when the actions of all jails have begun.

    Args:
        jails: the jails that run, by name.
        shared: knows what was left.
    """

    def __init__(self, jails: Mapping[str, Jail], shared: Shared) -> None:
        self._jails = jails
        self._shared = shared
        self._tasks = Tasks()

    async def after_start(self) -> None:
        """Remove what jails that are no more left behind; all bans of the kernel are known then."""
        await self._begin(self._sweep())

    async def after_restart(self) -> None:
        """Lift what a restart left and no new action took over."""
        if self._shared.left:
            await self._begin(self._lift())

    async def end(self) -> None:
        """Leave the rest as it is."""
        await self._tasks.call_off()

    async def _begin(self, work: Coroutine[None, None, None]) -> None:
        await asyncio.wait([self._tasks.begin(work, "clearing")], timeout=_PATIENCE)

    async def _all_enforced(self) -> None:
        for jail in list(self._jails.values()):
            await jail.actions.enforced()

    async def _sweep(self) -> None:
        await self._all_enforced()
        active = [action for jail in self._jails.values() for action in jail.actions.enforcers]
        try:
            for name in await self._shared.backends.sweep(active):
                _log.info("Removed %s, which no jail uses any more", name)
        except ActionError as error:
            _log.warning("Leftovers in the firewall can't be looked for: %s", error)
        self._shared.doubtful = False

    async def _lift(self) -> None:
        await self._all_enforced()
        await self._shared.left.lift()
