"""What the warden may do with a watcher, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

    from banward.link import Report
    from banward.records import Position
    from banward.settings import WatchSettings

__all__ = ["WatcherSide"]


class WatcherSide(Protocol):
    """A watcher as the warden sees it."""

    @property
    def restarts(self) -> int:
        """How many watchers were replaced because they hung or died."""

    async def start(self) -> None:
        """Start the watcher; it follows nothing before ``configure``.

        Raises:
            LinkError: it can't be started.
        """

    async def configure(
        self,
        jails: Sequence[WatchSettings],
        positions: Mapping[tuple[str, str], Position],
        quarantined: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Follow the sources of these jails, and of no others (see ``link.Configure``).

        Each call is answered by one ``JailState`` for each jail, once its sources are open.

        Args:
            jails: all jails that are to be followed; leave out those that are idle.
            positions: where to go on, by jail and source, for sources that are not followed yet.
            quarantined: regexes that ran away before, as (jail, pattern as configured).
        """

    def reports(self) -> AsyncIterator[Report]:
        """What the watcher finds, until ``stop``; to be read by one task only.

        Asking for the next report says that the one before was handled: the watcher never is
        more than a few blocks ahead.
        """

    async def stop(self) -> None:
        """End the watcher; ``reports`` gives what it still has to say, then ends."""
