"""The watcher as the warden sees it: start, tell, listen, and start again if it hangs or dies.

The warden needs one loop:

    async with WatcherProcess() as watcher:
        await watcher.configure(jails, positions)
        async for report in watcher.reports():
            ...  # a Progress is handled when the next report is asked for

A watcher that hangs or dies is replaced behind the scenes. The new one goes on after the last
``Progress`` that was given out, so that nothing is counted twice or lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import time
from typing import TYPE_CHECKING, Final, Self

from banward.errors import LinkError
from banward.link import (
    Acknowledge,
    Configure,
    Notice,
    Order,
    Quarantine,
    Report,
    Shutdown,
    SourceEvent,
    SourceEventKind,
    pack,
    reports,
)
from banward.records import Progress
from banward.watcher.blame import Blame
from banward.watcher.page import Page
from banward.watcher.places import folders_of, is_covered
from banward.watcher_child import Child, ChildProcess, ChildThread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from types import TracebackType

    from banward.records import Position
    from banward.settings import WatchSettings

__all__ = ["InlineWatcher", "WatcherProcess"]

_CHUNK: Final = 256 * 1024
_LOOK: Final = 0.25  # seconds between two looks at the page
_STABLE: Final = 60.0  # seconds after which a watcher counts as working
_LONGEST_PAUSE: Final = 30.0  # seconds before one is started that died again and again
_END: Final = 5.0  # seconds that it may take to end when told to
_DEATH: Final = 1.0  # seconds from the end of the link to that of the process
_MOST_REFUSALS: Final = 3  # watchers that are started because one may not read a file
_ERROR: Final = 40


class WatcherProcess:
    """A watcher in a process of its own, without privileges.

    Args:
        child: where it runs; by default in a process of the user ``banward``.
        patience: seconds of its CPU time without a sign of life before it is killed.

    Attributes:
        restarts: how many watchers were replaced because they hung or died.
    """

    def __init__(self, *, child: Child | None = None, patience: float = 1.6) -> None:
        self.restarts = 0
        self._patience = patience
        self._child = child or ChildProcess("banward")
        self._page: Page | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._order: Configure | None = None
        self._folders: set[str] = set()  # what the running watcher may read
        self._reached: dict[tuple[str, str], Position] = {}
        self._blame = Blame()
        self._overseer: asyncio.Task[None] | None = None
        self._stopping = False
        self._listened_to = False
        self._finished = asyncio.Event()
        self._replacing = False
        self._hung = False
        self._started_at = 0.0
        self._deaths = 0
        self._is_refused = False
        self._refusals = 0  # by watchers that did not last

    @property
    def pid(self) -> int | None:
        """Number of the process, None while there is none."""
        return self._child.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """See ``WatcherSide``."""
        ours, theirs = socket.socketpair()
        self._page = Page()
        try:
            self._child.start(theirs, self._page)
        except OSError as error:
            ours.close()
            theirs.close()
            raise LinkError(f"the watcher can't be started: {error}") from error
        self._started_at = time.monotonic()
        self._replacing = False
        self._reader, self._writer = await asyncio.open_connection(sock=ours)
        if self._order:
            self._order = self._ordered(self._order.jails, self._order.positions)
            self._folders = folders_of(self._order.jails)
            self._send(self._order)
        if self._overseer is None:
            self._overseer = asyncio.create_task(self._oversee())

    async def configure(
        self,
        jails: Sequence[WatchSettings],
        positions: Mapping[tuple[str, str], Position],
        quarantined: Iterable[tuple[str, str]] = (),
    ) -> None:
        """See ``WatcherSide``."""
        first = self._order is None
        if first and not jails:
            return  # what a watcher may read is settled by its first order
        self._blame.quarantined.update(quarantined)
        self._blame.prune(jails)
        self._order = self._ordered(jails, positions)
        needed = folders_of(jails)
        if first:
            self._folders = needed
        if self._replacing or not self._writer:
            return  # the watcher that is started next gets it
        if is_covered(needed, self._folders):
            self._send(self._order)
        else:
            # What a watcher may read is settled when it starts.
            self._replace()
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def reports(self) -> AsyncIterator[Report]:
        """See ``WatcherSide``."""
        self._listened_to = True
        try:
            while True:
                async for report in self._until_its_end():
                    yield report
                    self._take(report)
                if self._stopping:
                    return
                for report in await self._start_again():
                    yield report
        finally:
            self._finished.set()

    async def stop(self) -> None:
        """See ``WatcherSide``."""
        self._stopping = True
        if self._overseer:
            self._overseer.cancel()
            self._overseer = None
        self._send(Shutdown())
        if self._listened_to:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finished.wait(), _END)
        await self._bury(_END)

    # The child.

    async def _oversee(self) -> None:
        """Kill a watcher that works on one line for too long."""
        turn, since = -1, 0.0
        while True:
            await asyncio.sleep(_LOOK)
            if self._is_refused and not self._replacing:
                self._is_refused = False
                self._replace()
            page = self._page
            if page is None or not page.busy or self.pid is None:
                turn = -1
            elif page.turn != turn:
                turn, since = page.turn, self._child.cpu_time()
            elif self._child.cpu_time() - since >= self._patience:
                self._hung = True
                self._child.kill()

    async def _start_again(self) -> list[Report]:
        """Start a new watcher in the place of one that is gone."""
        planned, hung = self._replacing, self._hung
        self._hung = False
        doing = self._page.read() if self._page else None
        code = await self._bury(_END if planned else _DEATH)
        told: list[Report] = []
        if not planned:
            self.restarts += 1
            why = "hung" if hung else f"ended unexpectedly ({_told(code)})"
            told.append(Notice(_ERROR, "watcher", f"The watcher {why}, starting a new one"))
            if doing and self._order:
                told += self._blame.judge(doing, self._order, self._reached, hung=hung)
            self._deaths = 1 if self._is_stable() else self._deaths + 1
        while not self._stopping:
            await asyncio.sleep(min(_LONGEST_PAUSE, 0.1 * 2**self._deaths * (self._deaths > 1)))
            try:
                await self.start()
                break
            except LinkError as error:
                self._deaths += 1
                told.append(Notice(_ERROR, "watcher", str(error)))
        return told

    async def _bury(self, patience: float) -> int:
        """Wait for the end of the watcher, and make sure of it; close what belonged to it."""
        code = await asyncio.to_thread(self._child.wait, patience)
        if self._writer:
            self._writer.close()
            self._writer = None
        if self._page and code is not None:
            self._page.close()
        self._page = None
        return code or 0

    # The link.

    async def _until_its_end(self) -> AsyncIterator[Report]:
        """What the running watcher reports."""
        decoder = reports()
        while self._reader:
            try:
                data = await self._reader.read(_CHUNK)
                frames = decoder.feed(data)
            except (ConnectionError, LinkError) as error:
                yield Notice(_ERROR, "watcher", f"The link to the watcher broke: {error}")
                return
            for frame in frames:
                if isinstance(frame, Progress):
                    position = frame.position
                    self._reached |= {(jail, frame.source): position for jail in frame.jails}
                elif isinstance(frame, Quarantine):
                    self._blame.quarantined.add((frame.jail, frame.pattern))
                yield frame
            if not data:
                return

    def _ordered(
        self, jails: Sequence[WatchSettings], positions: Mapping[tuple[str, str], Position]
    ) -> Configure:
        """The order for these jails; what was given out is newer than any stored position."""
        return Configure(
            tuple(jails),
            {**positions, **self._reached},
            tuple(sorted(self._blame.quarantined)),
            tuple(sorted(self._blame.careful)),
        )

    def _send(self, order: Order) -> None:
        if self._writer and not self._writer.is_closing():
            self._writer.write(pack(order))

    def _take(self, report: Report) -> None:
        """What a report that was handled asks of us."""
        if isinstance(report, Progress):
            self._send(Acknowledge(1))
        elif self._is_refused or self._replacing:
            return  # this watcher said so before, and is about to be replaced
        elif isinstance(report, SourceEvent) and _is_refused(report):
            # A directory that was made anew is not the one that the watcher was let into. Where it
            # is the file that can't be read, another watcher can't either: a few are tried.
            self._refusals = 1 if self._is_stable() else self._refusals + 1
            self._is_refused = self._refusals <= _MOST_REFUSALS

    def _is_stable(self) -> bool:
        return time.monotonic() - self._started_at > _STABLE

    def _replace(self) -> None:
        """End the watcher; ``reports`` takes what it still says, and starts another one."""
        self._replacing = True
        self._send(Shutdown())


class InlineWatcher(WatcherProcess):
    """A watcher in a thread of this process, with all its rights: for tests and ``--single``.

    Regexes that run away are not broken off, for that takes the main thread.
    """

    def __init__(self) -> None:
        super().__init__(child=ChildThread())


def _is_refused(event: SourceEvent) -> bool:
    refused = event.detail == os.strerror(errno.EACCES)
    return refused and event.kind is SourceEventKind.UNREADABLE


def _told(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
