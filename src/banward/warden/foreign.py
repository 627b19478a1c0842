"""Notices when somebody else changes the packet filter, and lets every jail mend its bans."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.enforcement.factory import Backends
    from banward.enforcement.watch import FilterWatch
    from banward.warden.jail import Jail

__all__ = ["ForeignChanges"]

_log = logging.getLogger("fail2ban.actions")

_QUIET: Final = 0.2
"""Seconds to wait for the rest of a change, which comes as many events."""


class ForeignChanges:
    """The watch for changes that are not ours.

    Args:
        jails: the jails that run, by name.
        backends: knows which changes are ours.
    """

    def __init__(self, jails: Mapping[str, Jail], backends: Backends) -> None:
        self._jails = jails
        self._backends = backends
        self._watch: FilterWatch | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to look out; where the kernel tells nobody, there is nothing to do."""
        self._watch = self._backends.watch(self._changed.set)
        self._task = asyncio.create_task(self._run(), name="foreign changes")

    async def end(self) -> None:
        """Look out no more."""
        if self._watch:
            self._watch.close()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(_QUIET)
            self._changed.clear()
            _log.debug("The packet filter was changed by others")
            for jail in list(self._jails.values()):
                if jail.started:
                    jail.actions.mend()
