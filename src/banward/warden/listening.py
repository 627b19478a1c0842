"""The warden's end of the watcher: tells it what to follow, and hands on what it reports."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import singledispatchmethod
from typing import TYPE_CHECKING

from banward.link import JailState, Notice, Quarantine, Report, SourceEvent
from banward.records import Progress
from banward.warden.lag import Lags
from banward.warden.quarantine import Quarantines

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from banward.control.desk import Lag
    from banward.records import Position
    from banward.warden.intake import Intake
    from banward.warden.jail import Jail
    from banward.warden.shared import Shared
    from banward.watcher_side import WatcherSide

__all__ = ["Listening"]

_log = logging.getLogger("fail2ban.filter")


class Listening:
    """What the watcher is told and what it tells.

    Args:
        jails: the jails that run, by name.
        watcher: the watcher.
        intake: takes what was found.
        shared: the clock and the database.

    Attributes:
        positions: how far each jail has read each source.
        quarantines: the regexes that ran away.
    """

    def __init__(
        self,
        jails: Mapping[str, Jail],
        watcher: WatcherSide,
        intake: Intake,
        shared: Shared,
    ) -> None:
        self._jails = jails
        self._watcher = watcher
        self._intake = intake
        self.positions: dict[tuple[str, str], Position] = {}
        self.quarantines = Quarantines(shared)
        self._clock = shared.clock
        self._lags = Lags()
        self._due = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Start the watcher and listen to it."""
        await self._watcher.start()
        self._run(self._listen())

    async def end(self) -> None:
        """End the watcher, and take what it still had to say."""
        await self._watcher.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def configure_soon(self) -> None:
        """Tell the watcher what to follow, once for all changes of this moment."""
        if not self._due:
            self._due = True
            self._run(self.configure())

    async def configure(self) -> None:
        """Tell the watcher what to follow."""
        self._due = False
        watched = [
            jail.settings.watch
            for jail in self._jails.values()
            if jail.started and not jail.settings.idle
        ]
        settled = (s for s in watched if not self._jails[s.jail].reloading)
        self.quarantines.prune(settled)
        await self._watcher.configure(watched, self.positions, self.quarantines.keys)

    def lags(self) -> list[Lag]:
        """How far the reading of each file is behind."""
        return self._lags.view(self._jails.values(), self.positions, self._clock.now())

    @property
    def restarts(self) -> int:
        """How many watchers were replaced because they hung or died."""
        return self._watcher.restarts

    async def _listen(self) -> None:
        async for report in self._watcher.reports():
            try:
                if isinstance(report, Progress):
                    await self._take_progress(report)
                else:
                    self._take(report)
            except Exception:  # noqa: BLE001  (border: a bad report must not end the listening)
                _log.exception("Failed to process a report of the watcher")
            # Reports that wait already must not keep bans from the kernel, nor clients waiting.
            await asyncio.sleep(0)

    async def _take_progress(self, progress: Progress) -> None:
        for jail in progress.jails:
            self.positions[jail, progress.source] = progress.position
        self._lags.take(progress, self._clock.now())
        await self._intake.take(progress)

    @singledispatchmethod
    def _take(self, report: Report) -> None:
        raise TypeError(f"no report: {report!r}")

    @_take.register
    def _(self, notice: Notice) -> None:
        logging.getLogger(f"fail2ban.{notice.logger}").log(notice.level, "%s", notice.message)

    @_take.register
    def _(self, state: JailState) -> None:
        jail = self._jails.get(state.jail)
        if jail is None:
            return
        jail.backend = state.backend or jail.backend
        jail.sources = state.sources
        if state.error:
            _log.error("[%s] %s", state.jail, state.error)

    @_take.register
    def _(self, quarantine: Quarantine) -> None:
        self.quarantines.take(quarantine)
        _log.error(
            "[%s] The regular expression %r ran too long on a line of %s and is not tried any "
            "more: %r",
            quarantine.jail,
            quarantine.pattern,
            quarantine.source,
            quarantine.line,
        )

    @_take.register
    def _(self, event: SourceEvent) -> None:
        _log.debug("%s: %s (%s)", event.source, event.kind, ", ".join(event.jails))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            error = task.exception()
            if error:
                _log.error("the link to the watcher failed: %s", error)
