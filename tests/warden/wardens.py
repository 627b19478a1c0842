"""A warden for tests: a watcher that says what the test tells it, and a recording backend."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from banward.control.commands import Dispatcher
from banward.logs import Logs
from banward.records import Match, Outcome, Position, Progress
from banward.settings import ServerSettings
from banward.testing.clock import TestClock
from banward.warden.warden import Warden

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from banward.enforcement.base import Synced
    from banward.link import Report
    from banward.settings import ActionSettings, WatchSettings


class ScriptedWatcher:
    """A watcher whose reports come from the test."""

    def __init__(self) -> None:
        self.restarts = 0
        self._reports: asyncio.Queue[Report | None] = asyncio.Queue()
        self.jails: tuple[WatchSettings, ...] = ()
        self.positions: dict[tuple[str, str], Position] = {}
        self.quarantined: tuple[tuple[str, str], ...] = ()

    async def start(self) -> None:
        """Nothing to start."""

    async def configure(
        self, jails: Sequence[WatchSettings], positions: Any, quarantined: Any = ()
    ) -> None:
        """Remember what is to be followed."""
        self.jails = tuple(jails)
        self.positions = dict(positions)
        self.quarantined = tuple(quarantined)

    async def reports(self) -> AsyncIterator[Report]:
        """What the test tells."""
        while (report := await self._reports.get()) is not None:
            yield report
            self._reports.task_done()

    async def tell(self, report: Report) -> None:
        """Say something, and wait until the warden has handled it."""
        self._reports.put_nowait(report)
        for _ in range(1000):
            await asyncio.sleep(0)
            if self._reports.empty():
                break
        for _ in range(20):
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """Say nothing more."""
        self._reports.put_nowait(None)


class RecordingEnforcer:
    """An action that writes down what it was told, and can be made to fail, or to wait.

    It bans if it has ``keeps`` or an ``actionunban``, else it only tells of bans.
    """

    def __init__(self, settings: ActionSettings, backends: RecordingBackends) -> None:
        self.name = settings.name
        self.keeps = settings.params.get("keeps") == "yes"
        self.is_retried = self.keeps or "actionunban" in settings.params
        self.needs_look = False
        self._flushes = settings.params.get("flushes") == "yes"
        self._fails = settings.params.get("fails") == "yes"
        self._waits = settings.params.get("waits") == "yes"
        self._backends = backends
        self.held: set[str] = set()

    def _note(self, what: str, *more: Any) -> None:
        self._backends.calls.append((self.name, what, *more))

    def _outcomes(self, subjects: Sequence[str]) -> list[Outcome]:
        error = "Error banning IP" if self._fails else ""
        return [Outcome(self.name, subject, error) for subject in subjects]

    async def start(self) -> None:
        self._note("start")

    async def ban(self, bans: Any) -> list[Outcome]:
        subjects = [ban.subject for ban in bans]
        self._note("ban", *subjects)
        if self._waits:
            await self._backends.released.wait()
        if not self._fails:
            self.held.update(subjects)
        return self._outcomes(subjects)

    async def reban(self, bans: Any) -> list[Outcome]:
        return await self.ban(bans)

    async def prolong(self, bans: Any) -> list[Outcome]:
        return self._outcomes([ban.subject for ban in bans])

    async def retime(self, bans: Any) -> list[Outcome]:
        self._note("retime", *((ban.subject, ban.bantime) for ban in bans))
        return self._outcomes([ban.subject for ban in bans])

    async def unban(self, unbans: Any) -> list[Outcome]:
        subjects = [unban.ban.subject for unban in unbans]
        self._note("unban", *subjects)
        self.held.difference_update(subjects)
        return self._outcomes(subjects)

    async def flush(self) -> bool:
        if self._flushes:
            self._note("flush")
            self.held.clear()
        return self._flushes

    async def check(self) -> bool:
        self._note("check")
        return True

    def outdated(self, subject: str) -> bool:
        return False

    async def stop(self, *, keep: bool = False) -> None:
        self._note("stop", "keep" if keep else "lift")

    async def reload(self, settings: ActionSettings) -> None:
        self._note("reload")
        self._waits = settings.params.get("waits") == "yes"

    async def present(self) -> frozenset[str] | None:
        return frozenset(self.held) if self.keeps else None

    async def ends(self) -> dict[str, float | None]:
        return {}

    async def sync(self, bans: Any) -> Synced | None:
        return None

    async def call(self, method: str, arguments: Any) -> Any:
        return method


class RecordingBackends:
    """Builds recording actions; those with ``waits`` wait at each ban until they are released."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.released = asyncio.Event()

    def build(self, settings: ActionSettings, jail: Any) -> RecordingEnforcer:
        return RecordingEnforcer(settings, self)

    def watch(self, changed: Any) -> None:
        """Keep the bell that tells of foreign changes."""
        self.ring = changed

    async def sweep(self, active: Any) -> list[str]:
        return []

    async def close(self) -> None:
        """Nothing to close."""


class Scene:
    """A warden, its watcher and its clock.

    Args:
        dbfile: the database.
        watcher: the watcher; by default one that says what the test tells it.
    """

    def __init__(self, dbfile: str, watcher: Any = None) -> None:
        self.clock = TestClock()
        self.watcher = watcher or ScriptedWatcher()
        self.backends = RecordingBackends()
        self.warden = Warden(
            ServerSettings(),
            clock=self.clock,
            watcher=self.watcher,
            logs=Logs(),
            backends=self.backends,
        )
        self.commands = Dispatcher(self.warden)
        self.dbfile = dbfile
        self._offset = 0

    @property
    def calls(self) -> list[tuple[Any, ...]]:
        """What the actions were told."""
        return self.backends.calls

    async def run(self, *words: Any) -> Any:
        """Run a client's command."""
        return await self.commands.run(list(words))

    async def fail(self, subject: str, *, jail: str = "j", times: int = 1, **more: Any) -> None:
        """Let the watcher find failures, and wait until all is done."""
        await self.watcher.tell(self.failures(subject, jail=jail, times=times, **more))
        await self.settle()

    def failures(self, subject: str, *, jail: str = "j", times: int = 1, **more: Any) -> Progress:
        """What the watcher says of failures."""
        now = self.clock.now()
        matches = tuple(
            Match.of(jail, subject, now, (f"line of {subject}",), **more) for _ in range(times)
        )
        self._offset += 100
        position = Position(self._offset, self._offset, "mark", 1)
        return Progress("/log", (jail,), position, matches)

    async def settle(self) -> None:
        """Wait until nothing waits."""
        for _ in range(50):
            await asyncio.sleep(0)
        for jail in list(self.warden.jails.values()):
            if jail.started:
                await jail.actions.idle()

    async def add(self, name: str = "j", *settings: tuple[Any, ...], action: Any = ()) -> None:
        """Create and start a jail with one action ``act``."""
        await self.run("add", name, "polling")
        await self.run("set", name, "addfailregex", "^bad <HOST>$")
        for setting in (("maxretry", 3), ("bantime", 600), ("findtime", 600), *settings):
            await self.run("set", name, *setting)
        await self.run("set", name, "addaction", "act")
        if action:
            await self.run("multi-set", name, "action", "act", list(action))
        await self.run("start", name)
        await self.settle()


@asynccontextmanager
async def scene(
    dbfile: Any = ":memory:", *, keep: bool = False, watcher: Any = None
) -> AsyncIterator[Scene]:
    """A scene that begins, and is shut down at the end."""
    made = Scene(str(dbfile), watcher)
    await made.warden.begin()
    await made.warden.change(dbfile=made.dbfile)
    try:
        yield made
    finally:
        await made.warden.shutdown(keep=keep)
