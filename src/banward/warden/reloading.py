"""A reload that goes on: which jails it affects, what came again, and how it ends or is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.settings import JailSettings
    from banward.warden.jail import Jail

__all__ = ["Reloading"]


class Running(Protocol):
    """Whoever has the jails, and makes and stops them."""

    @property
    def jails(self) -> Mapping[str, Jail]:
        """Those that are there."""

    def make_jail(self, settings: JailSettings) -> Jail:
        """Create a jail that does not run yet."""

    async def stop_jail(self, name: str) -> None:
        """Stop a jail and remove it."""


class Reloading:
    """The jails that a reload affects (server-and-client.md 1.5).

    Their lists are emptied at the begin, since the new configuration sends them anew; nothing of
    it holds before the jail is told to go on.

    Args:
        affected: the jails that run and are affected.
        restart: they are about to be stopped, and are made anew.
    """

    def __init__(self, affected: Sequence[Jail], *, restart: bool = False) -> None:
        self._before = {jail.name: jail.settings for jail in affected}
        self._named: set[str] = set()
        self._new: set[str] = set()
        for jail in () if restart else affected:
            jail.before = jail.settings
            jail.reloading = True
            jail.settings = _emptied(jail.settings)

    def affects(self, name: str) -> bool:
        """Whether a jail that runs may be named again."""
        return name in self._before and name not in self._named

    def go_on(self, jail: Jail, backend: str) -> bool:
        """Take note that a jail is named again; false if it has to be made anew."""
        self._named.add(jail.name)
        if jail.settings.backend == backend:
            return True
        jail.reloading = False
        return False

    def added(self, name: str) -> None:
        """Take note of a jail that is new."""
        self._named.add(name)
        self._new.add(name)

    @staticmethod
    async def finish(jail: Jail) -> None:
        """Make the new settings of a jail hold."""
        jail.reloading = False
        await jail.apply(jail.before)

    async def end(self, warden: Running) -> None:
        """Stop the jails that were not named again."""
        for name in self._before:
            jail = warden.jails.get(name)
            if jail is None:
                continue
            if name not in self._named:
                jail.reloading = False
                await warden.stop_jail(name)
            elif jail.reloading:
                await self.finish(jail)

    async def keep(self, warden: Running, name: str) -> None:
        """Let a jail go on as it was before; one that is new is removed."""
        jail, before = warden.jails.get(name), self._before.get(name)
        if jail and name in self._new:
            await warden.stop_jail(name)
            jail = None
        if before is None:
            return
        self._named.add(name)
        if jail is None:
            await warden.make_jail(before).start()
            return
        changed, jail.settings = jail.settings, before
        if not jail.reloading:
            await jail.apply(changed)
        jail.reloading = False

    async def take_back(self, warden: Running) -> None:
        """Go back to the jails and settings before the reload."""
        for name in self._new | self._before.keys():
            await self.keep(warden, name)


def _emptied(settings: JailSettings) -> JailSettings:
    return msgspec.structs.replace(
        settings,
        logpaths=(),
        journalmatch=(),
        ignoreip=(),
        actions=(),
        filter=msgspec.structs.replace(settings.filter, failregex=(), ignoreregex=()),
    )
