"""What holds for the server: its settings, and what follows when they change; how it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from banward.control.desk import Health, Vitals
from banward.warden.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.logs import Logs
    from banward.settings import ServerSettings
    from banward.warden.intake import Intake
    from banward.warden.jail import Jail
    from banward.warden.listening import Listening
    from banward.warden.shared import Shared

__all__ = ["Server"]


class Server:
    """The settings and the state of the server.

    Args:
        jails: the jails that run, by name.
        shared: keeps the settings.
        logs: the server's log.
        listening: goes on from the positions of the database.
        intake: goes on with what waited in the database.

    Attributes:
        database: the file that they name.
    """

    def __init__(
        self,
        jails: Mapping[str, Jail],
        shared: Shared,
        logs: Logs,
        listening: Listening,
        intake: Intake,
    ) -> None:
        self._jails = jails
        self._shared = shared
        self._logs = logs
        self._listening = listening
        self._intake = intake
        self._began = shared.clock.elapsed()
        self.database = Database(shared, lambda: listening.positions, self._database_came)

    @property
    def settings(self) -> ServerSettings:
        """What holds at present."""
        return msgspec.structs.replace(
            self._shared.server, loglevel=self._logs.level, syslogsocket=self._logs.syslogsocket
        )

    @property
    def health(self) -> Health:
        """What is amiss with the reading of logs."""
        regexes = self._listening.quarantines.regexes
        of_jails = tuple(regex for regex in regexes if regex.jail in self._jails)
        return Health(of_jails, tuple(self._listening.lags()))

    @property
    def vitals(self) -> Vitals:
        """How the server itself does."""
        unsaved = self._shared.unsaved
        is_saving = unsaved.retry.due is None
        return Vitals(
            uptime=self._shared.clock.elapsed() - self._began,
            restarts=self._listening.restarts,
            unsaved=unsaved.size,
            is_saving=None if is_saving and self._shared.store is None else is_saving,
        )

    async def change(self, **fields: Any) -> None:
        """Replace settings, and make them hold at once."""
        new = msgspec.structs.replace(self._shared.server, **fields)
        if "loglevel" in fields:
            self._logs.set_level(new.loglevel)
        if "syslogsocket" in fields:
            self._logs.syslogsocket = new.syslogsocket
        if "logtarget" in fields:
            self._logs.set_target(new.logtarget)
        if new.dbfile != self._shared.server.dbfile:
            self._open_database(new)
        self._shared.server = new
        if "extra" in fields:
            await self._shared.protection.configure(new.extra)
        if "allowipv6" in fields:
            self._shared.allow_ipv6()

    def _open_database(self, new: ServerSettings) -> None:
        self.database.open(new)
        self._shared.stored(lambda store: store.set_enabled(None, enabled=False), None)
        self._listening.positions = self._shared.stored(lambda store: store.positions(), {})
        self._listening.quarantines.load()
        self._intake.resume()

    def _database_came(self, settings: ServerSettings) -> None:
        """The database works that could not be opened at the start."""
        fields = {"dbfile": settings.dbfile, "dbmaxmatches": settings.dbmaxmatches}
        self._shared.server = msgspec.structs.replace(self._shared.server, **fields)
        for jail in self._jails.values():
            if jail.started:
                jail.take_up()
        self._intake.resume()
