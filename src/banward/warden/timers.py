"""What happens when its time has come: ends of bans, retries, names that are due, the purge.

One task sleeps until the next of these moments; nothing polls.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.warden.database import Database
    from banward.warden.jail import Jail
    from banward.warden.shared import Shared

__all__ = ["Timers"]

_log = logging.getLogger("fail2ban.observer")

_PURGE_EVERY: Final = 3600.0
_JUST_AFTER: Final = 0.001
_LONGEST: Final = 60.0
"""Seconds: so soon it is noticed that the clock was set."""


class Timers:
    """Waits for the next moment.

    Args:
        jails: the jails that run, by name.
        shared: the clock.
        database: is told when it is time to try again what it did not take.
    """

    def __init__(self, jails: Mapping[str, Jail], shared: Shared, database: Database) -> None:
        self._jails = jails
        self._shared = shared
        self._database = database
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._purge_at = shared.clock.now() + _PURGE_EVERY

    def begin(self) -> None:
        """Begin to wait."""
        self._task = asyncio.create_task(self._run(), name="timers")

    async def end(self) -> None:
        """Wait no more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def wake(self) -> None:
        """The next moment may have changed."""
        self._changed.set()

    async def tick(self) -> float:
        """Do what is due, and tell how many seconds there are until the next moment."""
        self._shared.steady()
        now = self._shared.clock.now()
        self._database.attend(now)
        moments = [self._purge_at]
        if (due := self._shared.unsaved.retry.due) is not None:
            moments.append(due)
        for jail in list(self._jails.values()):
            jail.lifting.expire(now)
            jail.release(now)
            jail.actions.retry(now)
            jail.actions.look(now)
            end = jail.ledger.next_end()
            if end is not None:
                moments.append(end + _JUST_AFTER)
            owed, look = jail.actions.in_force.next_due(), jail.actions.next_look(now)
            later = (owed, look, jail.deciding.free_at(now))
            moments += (each for each in later if each is not None)
            refresh = jail.ignoring.next_refresh()
            if refresh is not None and refresh <= now:
                await jail.ignoring.refresh()
                refresh = jail.ignoring.next_refresh()
            if refresh is not None:
                moments.append(refresh)
        if not now < self._purge_at <= now + _PURGE_EVERY:  # also if the clock was set back
            self._purge_at = now + _PURGE_EVERY
            age = self._shared.server.dbpurgeage
            self._shared.stored(lambda store: store.purge(now, age), None)
        return max(_JUST_AFTER, min(*moments, now + _LONGEST) - now)

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                pause = await self.tick()
            except Exception:  # noqa: BLE001  (border: what fails once must not stop the clock)
                _log.exception("Failed at a timer")
                pause = 1.0
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            except TimeoutError:
                continue
