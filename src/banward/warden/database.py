"""Opens and closes the database, and opens it again when it was damaged or could not be opened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from banward.errors import StorageError
from banward.records import Progress, StoredBan
from banward.storage.base import Facts
from banward.storage.opening import open_store
from banward.warden.commits import commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from banward.records import Position
    from banward.settings import ServerSettings
    from banward.storage.opening import Opened
    from banward.warden.shared import Shared

__all__ = ["Database"]

_log = logging.getLogger("fail2ban.database")

_NO_DATABASE: Final = "none"


class Database:
    """The file that ``dbfile`` names.

    Args:
        shared: gets the store.
        positions: how far each jail has read each source.
        opened: is called when a database was opened that could not be opened at first.
    """

    def __init__(
        self,
        shared: Shared,
        positions: Callable[[], Mapping[tuple[str, str], Position]],
        opened: Callable[[ServerSettings], None],
    ) -> None:
        self._shared = shared
        self._positions = positions
        self._opened = opened
        self._wanted: ServerSettings | None = None

    def open(self, settings: ServerSettings) -> None:
        """Open the file that the settings name, in the place of the one before.

        Raises:
            StorageError: it can't be opened; that is tried again.
        """
        self._let_go()
        self._wanted = None
        if settings.dbfile.lower() == _NO_DATABASE:
            return
        self._wanted = settings
        try:
            opened = self._open(settings)
        except StorageError:
            self._shared.doubtful = True
            self._shared.unsaved.retry.failed(self._shared.clock.now())
            raise
        self._shared.doubtful = opened.damaged
        if opened.is_new:
            _log.warning("New database created. Version '4'")
        if opened.imported:
            _log.info("Took over %d ban(s) from %s", opened.imported, settings.dbfile)

    def close(self) -> None:
        """Store what waits, and close the file."""
        shared = self._shared
        if shared.store and shared.unsaved:
            shared.unsaved.retry.due = None
            commit(shared, ())
        if shared.store:
            self._let_go()
            _log.info("Connection to database closed.")

    def attend(self, now: float) -> None:
        """Try again what failed, if it is time."""
        unsaved = self._shared.unsaved
        if not unsaved.retry.is_due(now) or self._wanted is None:
            return
        if self._shared.store is None or unsaved.damaged:
            self._open_again(self._wanted)
        if self._shared.store:
            commit(self._shared, self._shared.jails.values())

    def _open(self, settings: ServerSettings) -> Opened:
        opened = open_store(settings.dbfile, most_lines=settings.dbmaxmatches)
        self._shared.store = opened.store
        self._shared.unsaved.damaged = False
        _log.info("Connected to fail2ban persistent database '%s'", opened.path)
        if opened.notice:
            _log.error("%s", opened.notice)
        return opened

    def _let_go(self) -> None:
        if self._shared.store:
            self._shared.store.close()
            self._shared.store = None

    def _open_again(self, settings: ServerSettings) -> None:
        """Open the file while jails run, and tell it all that is known here."""
        is_first = self._shared.store is None
        self._let_go()
        try:
            self._open(settings)
            self._tell_all()
        except StorageError as error:
            self._let_go()
            pause = self._shared.unsaved.retry.failed(self._shared.clock.now())
            _log.error("%s: nothing is stored, next attempt in %g seconds", error, pause)
        else:
            if is_first:
                self._opened(settings)

    def _tell_all(self) -> None:
        """Store bans and positions; counters are told as changed with the next transaction."""
        store = self._shared.store
        if store is None:
            return
        for jail in self._shared.jails.values():
            store.set_enabled(jail.name, enabled=True)
            jail.window.tell_all()
            store.import_bans(list(map(StoredBan.of, jail.ledger)), ())
        progress = [
            Progress(source, (jail,), position)
            for (jail, source), position in self._positions().items()
        ]
        self._shared.unsaved.keep_all(Facts(earlier=progress))
