"""The regexes that ran away on a line: known to the watcher, to who asks, and after a restart.

The watcher finds them out. A regex leaves the quarantine when its jail is configured without it,
or when its jail is restarted by order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.records import Quarantined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.link import Quarantine
    from banward.settings import WatchSettings
    from banward.warden.shared import Shared

__all__ = ["Quarantines"]


class Quarantines:
    """What is in quarantine.

    Args:
        shared: the clock and the database.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._held: dict[tuple[str, str], Quarantined] = {}

    @property
    def regexes(self) -> tuple[Quarantined, ...]:
        """All of them, oldest first."""
        return tuple(self._held.values())

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """All of them as (jail, pattern as configured)."""
        return tuple(self._held)

    def load(self) -> None:
        """Take up what the database knows."""
        for regex in self._shared.stored(lambda store: store.quarantined(), ()):
            self._held.setdefault((regex.jail, regex.pattern), regex)

    def take(self, report: Quarantine) -> None:
        """Keep a regex that the watcher found out."""
        key = report.jail, report.pattern
        self._held[key] = Quarantined(*key, report.source, report.line, self._shared.clock.now())
        self._store()

    def prune(self, watched: Iterable[WatchSettings]) -> None:
        """Forget regexes that their jails do not have any more.

        Args:
            watched: the jails that are followed.
        """
        written = {settings.jail: settings.filter.all_regexes for settings in watched}
        self._drop([key for key in self._held if key[1] not in written.get(key[0], {key[1]})])

    def keep(self, jails: Iterable[str]) -> None:
        """Forget the regexes of all jails but these."""
        names = set(jails)
        self._drop([key for key in self._held if key[0] not in names])

    def release(self, jails: Iterable[str]) -> None:
        """Let the regexes of these jails be tried again."""
        names = set(jails)
        self._drop([key for key in self._held if key[0] in names])

    def _drop(self, keys: list[tuple[str, str]]) -> None:
        for key in keys:
            del self._held[key]
        if keys:
            self._store()

    def _store(self) -> None:
        self._shared.stored(lambda store: store.set_quarantined(self.regexes), None)
