"""What all jails of a warden share: the clock, the database, the resolver, the way to be heard."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from banward.errors import DamagedError, StorageError
from banward.timespan import seconds
from banward.warden import host
from banward.warden.jumps import Jumps
from banward.warden.leftovers import Leftovers
from banward.warden.protection import Protection
from banward.warden.unsaved import Unsaved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from banward.clock import Clock
    from banward.enforcement.factory import Backends
    from banward.settings import ServerSettings
    from banward.storage.base import Store
    from banward.warden.resolver import Resolver
    from banward.warden.view import Movable

__all__ = ["Shared"]

_log = logging.getLogger("fail2ban.database")
_log_server = logging.getLogger("fail2ban.server")

_STOP_TIMEOUT: Final = 80.0
"""Seconds; systemd kills what does not end within 90 (systemd-system.conf(5))."""

_LOOK_EVERY: Final = 30.0

Result = TypeVar("Result")
Other = TypeVar("Other")


@dataclass(slots=True)
class Shared:
    """What jails use together.

    Args:
        clock: tells the time.
        server: what holds for the server; replaced when it changes.
        resolver: looks names up.
        rewatch: says that what the watcher has to know has changed.
        wake: says that the next end of a ban may have changed.
        backends: makes the enforcers of actions.
        store: the database, None where there is none.
        jails: all of them, by name.
        unsaved: what the database did not take.
        doubtful: true if the database may have lost bans that the kernel holds.
        jumps: notices when the clock was set.
        protection: who must not be banned.
        left: what jails that are restarted left in force.
        block: held while a block of a log is counted, and by whoever else changes counters.
    """

    clock: Clock
    server: ServerSettings
    resolver: Resolver
    rewatch: Callable[[], None]
    wake: Callable[[], None]
    backends: Backends
    store: Store | None = None
    jails: Mapping[str, Movable] = field(default_factory=dict)
    unsaved: Unsaved = field(default_factory=Unsaved)
    doubtful: bool = False
    jumps: Jumps = field(init=False)
    protection: Protection = field(init=False)
    left: Leftovers = field(default_factory=Leftovers)
    block: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Read the clock for the first time."""
        self.jumps = Jumps(self.clock)
        self.protection = Protection(self.clock)

    def stored(self, call: Callable[[Store], Result], otherwise: Other) -> Result | Other:
        """Ask the database; a failure is told, and the answer is ``otherwise``."""
        if self.store is None:
            return otherwise
        try:
            return call(self.store)
        except StorageError as error:
            if not self.unsaved.damaged:  # else it was told, and is about to be rebuilt
                _log.error("%s", error)
            if isinstance(error, DamagedError):
                self.unsaved.damaged = True
                self._try_again()
            return otherwise

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """Delete bans of subjects (None: all) in a jail (None: all), at once or when it works."""
        self.unsaved.forget(subjects, jail)
        if self.store is None:
            return
        try:
            self.store.forget(subjects, jail)
        except StorageError as error:
            _log.error("%s", error)
            self.unsaved.forgets.append((subjects, jail))
            self._try_again()

    def _try_again(self) -> None:
        if self.unsaved.retry.due is None:
            self.unsaved.retry.failed(self.clock.now())
            self.wake()

    def allow_ipv6(self) -> None:
        """Take up from the settings whether names and actions may use IPv6 (1.2)."""
        allowed = host.ipv6_allowed(self.server.allowipv6)
        self.backends.allow_ipv6 = allowed
        if self.resolver.ipv6 != allowed:
            self.resolver.ipv6 = allowed
            self.resolver.forget()

    def steady(self) -> None:
        """Move all that is known in time if the clock was set; to be called before it is used."""
        jump = self.jumps.take()
        if jump:
            _log_server.warning(
                "The clock was set by %+.0f seconds; bans last as long as they would have", jump
            )
            for jail in self.jails.values():
                jail.shift(jump)

    @property
    def stop_timeout(self) -> float:
        """Seconds that actions may take at a stop, all of them together."""
        return self._span("stop_timeout", _STOP_TIMEOUT)

    @property
    def look_every(self) -> float:
        """Seconds between looks at what the kernel does not tell of, 0 for never."""
        return self._span("look_every", _LOOK_EVERY)

    def _span(self, option: str, default: float) -> float:
        text = self.server.extra.get(option, "")
        try:
            return float(seconds(text)) if text else default
        except ValueError:
            return default
