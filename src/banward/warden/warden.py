"""The warden: all jails of a server, and what client commands ask of it (``control.desk.Desk``)."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec

from banward.errors import DuplicateJailError, UnknownJailError
from banward.settings import JailSettings
from banward.warden.backends import choose_backend
from banward.warden.clearing import Clearing
from banward.warden.commits import commit
from banward.warden.foreign import ForeignChanges
from banward.warden.intake import Intake
from banward.warden.jail import Jail
from banward.warden.listening import Listening
from banward.warden.reloading import Reloading
from banward.warden.resolver import Resolver
from banward.warden.server import Server
from banward.warden.shared import Shared
from banward.warden.timers import Timers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from banward.clock import Clock
    from banward.control.desk import Health, Vitals
    from banward.enforcement.factory import Backends
    from banward.logs import Logs
    from banward.settings import ServerSettings
    from banward.watcher_side import WatcherSide

__all__ = ["Warden"]

_log = logging.getLogger("fail2ban.server")
_log_jail = logging.getLogger("fail2ban.jail")
_log_observer = logging.getLogger("fail2ban.observer")

_LONG_NAME: Final = 26


class Warden:
    """Everything behind the control socket.

    Args:
        settings: what holds for the server; its ``dbfile`` is opened by ``change``.
        clock: tells the time.
        watcher: follows the logs.
        logs: the server's log.
        backends: makes the enforcers of actions.
    """

    def __init__(
        self,
        settings: ServerSettings,
        *,
        clock: Clock,
        watcher: WatcherSide,
        logs: Logs,
        backends: Backends,
    ) -> None:
        self._logs = logs
        self.jails: dict[str, Jail] = {}
        self.stopping = False
        self.stopped = asyncio.Event()
        self._reloading: Reloading | None = None
        self._shared = Shared(
            clock,
            msgspec.structs.replace(settings, dbfile="None"),
            Resolver(clock),
            rewatch=self._rewatch,
            wake=lambda: self._timers.wake(),
            backends=backends,
            jails=self.jails,
        )
        self._intake = Intake(self.jails, self._shared)
        self._listening = Listening(self.jails, watcher, self._intake, self._shared)
        self._server = Server(self.jails, self._shared, logs, self._listening, self._intake)
        self._timers = Timers(self.jails, self._shared, self._server.database)
        self._foreign = ForeignChanges(self.jails, backends)
        self._clearing = Clearing(self.jails, self._shared)

    async def begin(self) -> None:
        """Start the watcher and the timers.

        Raises:
            LinkError: the watcher can't be started.
        """
        _log_observer.info("Observer start...")
        await self._shared.protection.configure(self._shared.server.extra)
        self._shared.allow_ipv6()
        await self._listening.begin()
        self._timers.begin()
        self._foreign.begin()

    async def settle(self) -> None:
        """Remove what jails that are no more left behind; for the end of the start.

        An action that hangs at its start is not waited for: it is done once that is over.
        """
        self._listening.quarantines.keep(self.jails)
        await self._clearing.after_start()

    # The server -------------------------------------------------------------------------------

    @property
    def settings(self) -> ServerSettings:
        """What holds for the server."""
        return self._server.settings

    async def change(self, **fields: Any) -> None:
        """Replace settings of the server, and make them hold at once."""
        await self._server.change(**fields)

    @property
    def health(self) -> Health:
        """What is amiss with the reading of logs."""
        return self._server.health

    @property
    def vitals(self) -> Vitals:
        """How the server itself does."""
        return self._server.vitals

    def protection(self, subject: str) -> str:
        """Why no log can get this subject banned, in words; an empty text if one can."""
        return self._shared.protection.reason(subject)

    def flush_logs(self) -> str:
        """Reopen the log file or flush the stream."""
        return self._logs.flush()

    # Jails ------------------------------------------------------------------------------------

    async def add_jail(self, name: str, backend: str) -> None:
        """Create a jail with default settings; during a reload one that runs may go on."""
        present = self.jails.get(name)
        if present and not (self._reloading and self._reloading.affects(name)):
            raise DuplicateJailError(name)
        if present and self._reloading and self._reloading.go_on(present, backend):
            _log.info("Reload jail %r", name)
            return
        if present:
            _log.info("Restart jail %r (reason: %r != %r)", name, backend, present.settings.backend)
            await self.stop_jail(name)
        _log_jail.info("Creating new jail %r", name)
        if len(name) >= _LONG_NAME:
            _log_jail.warning(
                "Jail name %r might be too long and some commands might not function correctly. "
                "Please shorten",
                name,
            )
        self.make_jail(JailSettings(name, backend))
        if self._reloading:
            self._reloading.added(name)

    def make_jail(self, settings: JailSettings) -> Jail:
        """Create a jail that does not run yet.

        Raises:
            ValueError: no backend of this kind can work here.
        """
        name = settings.name
        jail = Jail(settings, choose_backend(name, settings.backend), self._shared)
        self.jails[name] = jail
        self._shared.stored(lambda store: store.set_enabled(name, enabled=True), None)
        return jail

    async def start_jail(self, name: str) -> None:
        """Start a jail, or let it go on after a reload."""
        jail = self._jail(name)
        if jail.reloading:
            await Reloading.finish(jail)
            _log.info("Jail %r reloaded", name)
            return
        if jail.started:
            return
        await jail.start()
        self._intake.go_on(name)
        _log_jail.info("Jail %r started", name)

    async def stop_jail(self, name: str) -> None:
        """Stop a jail and remove it."""
        await self._stop([self._jail(name)], keep=False)

    async def leave_out(self, name: str) -> None:
        """Let a jail go on as it was before a reload; without one, remove it."""
        if self._reloading:
            await self._reloading.keep(self, name)
        elif name in self.jails:
            await self.stop_jail(name)

    async def stop_all(self) -> None:
        """Stop and remove all jails."""
        _log.info("Stopping all jails")
        await self._stop(list(self.jails.values()), keep=False)

    async def _stop(self, jails: list[Jail], *, keep: bool) -> None:
        for jail in jails:
            await jail.up()
            jail.settings = msgspec.structs.replace(jail.settings, idle=True)
        await self._listening.configure()
        async with self._shared.block:
            pass  # what is being counted is stored, and its bans are known
        await asyncio.gather(*(jail.stop(keep=keep) for jail in jails))
        async with self._shared.block:
            commit(self._shared, jails, whole=True)
        for jail in jails:
            self._shared.stored(lambda store: store.set_enabled(jail.name, enabled=False), None)  # noqa: B023
            self.jails.pop(jail.name, None)

    async def unban_all(self) -> int:
        """Lift all bans of all jails and forget their history."""
        # To delete all rows takes SQLite nothing, to delete those of each jail half a second.
        self._shared.forget(None, None)
        emptied = [(jail, jail.lifting.empty()) for jail in self.jails.values()]
        for jail, unbans in emptied:
            await jail.lifting.flush(unbans)
        return sum(len(unbans) for _, unbans in emptied)

    def _jail(self, name: str) -> Jail:
        try:
            return self.jails[name]
        except KeyError:
            raise UnknownJailError(name) from None

    def _rewatch(self) -> None:
        if self._reloading is None and not self.stopping:
            self._listening.configure_soon()

    # Reload and stop --------------------------------------------------------------------------

    @asynccontextmanager
    async def reload(
        self, jail: str | None, *, restart: bool, unban: bool, if_exists: bool
    ) -> AsyncIterator[None]:
        """Go through a reload of one jail, or of all if ``jail`` is None (1.5)."""
        _log.info("Reload jail %s", jail) if jail else _log.info("Reload all jails")
        try:
            if jail and jail not in self.jails and not if_exists:
                raise UnknownJailError(jail)
            affected = [j for name, j in self.jails.items() if jail in {None, name}]
            if jail is None:
                self._shared.resolver.forget()
            if unban and jail is None:
                await self.unban_all()
            elif unban:
                for each in affected:
                    await each.lifting.clear()
            self._reloading = Reloading(affected, restart=restart)
            if restart and affected:
                await self._restart(affected, every=jail is None)
            try:
                yield
            except BaseException:
                await self._reloading.take_back(self)
                raise
            await self._reloading.end(self)
        finally:
            self._reloading = None
            await self._clearing.after_restart()
            self._listening.configure_soon()
            _log.info("Reload finished.")

    async def _restart(self, jails: list[Jail], *, every: bool) -> None:
        self._listening.quarantines.release(jail.name for jail in jails)
        if every:
            _log.info("Stopping all jails")
        for jail in jails:
            self._shared.left.leave(jail.name, jail.actions.enforcers)
        await self._stop(jails, keep=True)
        for jail in jails:
            self._shared.stored(lambda store: store.forget_counts(jail.name), None)  # noqa: B023  (called at once)

    async def shutdown(self, *, keep: bool = False) -> None:
        """Stop everything; bans are lifted, or left in force where an action can (``keep``)."""
        if self.stopping:
            await self.stopped.wait()
            return
        self.stopping = True
        _log.info("Shutdown in progress...")
        _log_observer.info("Observer stop ... try to end queue 5 seconds")
        await self._timers.end()
        await self._foreign.end()
        await self._clearing.end()
        await self._intake.finish()
        _log_observer.info("Observer stopped, 0 events remaining.")
        _log.info("Stopping all jails")
        await self._stop(list(self.jails.values()), keep=keep)
        await self._listening.end()
        await self._shared.backends.close()
        self._server.database.close()
        self.stopped.set()
