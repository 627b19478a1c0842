"""The watcher as the warden sees it: start, tell, listen, and start again if it hangs or dies.

The warden needs one loop:

    async with WatcherProcess() as watcher:
        await watcher.configure(jails, positions)
        async for report in watcher.reports():
            ...  # a Progress is handled when the next report is asked for

A watcher that hangs or dies is replaced behind the scenes. The new one goes on after the last
``Progress`` that was given out, so that nothing is counted twice or lost; what the old one had
sent and nobody took is thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from types import TracebackType

    from banward.link import Report
    from banward.records import Position
    from banward.settings import WatchSettings

__all__ = ["InlineWatcher", "WatcherProcess", "WatcherSide"]


class WatcherSide(Protocol):
    """What the warden may do with a watcher, in a process of its own or not."""

    async def start(self) -> None:
        """Start the watcher; it follows nothing before ``configure``.

        Raises:
            LinkError: it can't be started.
        """

    async def configure(
        self, jails: Sequence[WatchSettings], positions: Mapping[tuple[str, str], Position]
    ) -> None:
        """Follow the sources of these jails, and of no others (see ``link.Configure``).

        Each call is answered by one ``JailState`` for each jail, once its sources are open.

        Args:
            jails: all jails that are to be followed; leave out those that are idle.
            positions: where to go on, by jail and source, for sources that are not followed yet.
        """

    def reports(self) -> AsyncIterator[Report]:
        """What the watcher finds, until ``stop``; to be read by one task only.

        Asking for the next report says that the one before was handled: the watcher never is
        more than a few blocks ahead.
        """

    async def stop(self) -> None:
        """End the watcher; ``reports`` gives what it still has to say, then ends."""


class WatcherProcess:
    """A watcher in a process of its own, without privileges.

    Args:
        user: whom it runs as; ``nobody`` where there is no such user.
        patience: seconds of its CPU time without a sign of life before it is killed.
    """

    def __init__(self, *, user: str = "banward", patience: float = 2.0) -> None:
        raise NotImplementedError

    @property
    def pid(self) -> int | None:
        """Number of the process, None while there is none."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """See ``WatcherSide``."""
        raise NotImplementedError

    async def configure(
        self, jails: Sequence[WatchSettings], positions: Mapping[tuple[str, str], Position]
    ) -> None:
        """See ``WatcherSide``."""
        raise NotImplementedError

    def reports(self) -> AsyncIterator[Report]:
        """See ``WatcherSide``."""
        raise NotImplementedError

    async def stop(self) -> None:
        """See ``WatcherSide``."""
        raise NotImplementedError


class InlineWatcher(WatcherProcess):
    """A watcher in a thread of this process, with all its rights: for tests and ``--single``."""
