"""One jail of the warden: counts failures, decides, and hands decisions to its actions.

    Match ─▶ ignoring ─▶ window ─▶ Breach ─▶ deciding ─▶ Ban ─▶ actions

It is also what client commands see of a jail (``control.desk.JailDesk``).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from banward.control.desk import Counts
from banward.decisions.ledger import Ledger
from banward.logs import held
from banward.pieces import neighbours, pieces
from banward.records import Ban, Match, Origin, Reason, StoredBan, Unban
from banward.warden import changes
from banward.warden.account import account
from banward.warden.action_groups import over
from banward.warden.actions import Actions
from banward.warden.commits import commit
from banward.warden.counting import Counting
from banward.warden.deciding import Deciding
from banward.warden.facts import FactsOf
from banward.warden.ignore_command import IgnoreCommand
from banward.warden.ignoring import Ignoring
from banward.warden.lifting import Lifting
from banward.warden.notes import Notes
from banward.warden.offenders import Offenders
from banward.warden.patterns import Expressions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.control.desk import Account, Patterns, PythonActionDesk
    from banward.settings import JailSettings
    from banward.warden.shared import Shared

__all__ = ["Jail"]

_log = logging.getLogger("fail2ban.actions")


class Jail:
    """A jail, from ``add`` until it is stopped.

    Args:
        settings: what it was told.
        backend: the backend that will work, never ``auto``.
        shared: what jails use together.
    """

    def __init__(self, settings: JailSettings, backend: str, shared: Shared) -> None:
        self.settings = settings
        self.backend = backend
        self.started = False
        self.reloading = False
        self.before = settings
        self.sources: tuple[str, ...] = ()
        self._shared = shared
        self.ledger = Ledger()
        self.notes = Notes(settings.name, shared.clock)
        self.actions = Actions(self, shared)
        command = IgnoreCommand(settings.name, FactsOf(self, shared))
        self.ignoring = Ignoring(settings, shared, command.ignores, command.key)
        offenders = Offenders(self, shared)
        self.deciding = Deciding(self, offenders, self.actions, self.ignoring, shared)
        self.lifting = Lifting(self, self.deciding, self.actions, shared)
        self.counting = Counting(self, self.ignoring, offenders, shared)
        self.window = self.counting.window
        self._expressions = Expressions()
        self._restored: asyncio.Future[Sequence[Ban]] | None = None

    @property
    def name(self) -> str:
        """Name of the jail."""
        return self.settings.name

    # What commands see ------------------------------------------------------------------------

    @property
    def counts(self) -> Counts:
        """The counters."""
        now = self._shared.clock.now()
        self.window.cleanup(now, self.settings.findtime, force=True)
        absent = sum(subject in self.ledger for subject in self.actions.in_force.absent())
        banned = len(self.ledger) - absent
        return Counts(
            len(self.window),
            self.window.total,
            banned,
            self.ledger.total,
            absent,
            dict(self.notes.verdicts),
        )

    @property
    def patterns(self) -> Patterns:
        """The expressions as the engine reads them."""
        return self._expressions.patterns(self.settings.filter, self.backend)

    def bans(self) -> Sequence[Ban]:
        """All bans that hold, in the order of banning; none that the kernel is known to lack."""
        absent = self.actions.in_force.absent()
        return [ban for ban in self.ledger if ban.subject not in absent]

    def is_banned(self, subject: str) -> bool:
        """Whether just this subject is on the list."""
        return subject in self.ledger and not self.actions.in_force.is_absent(subject)

    def account(self, subject: str) -> Account:
        """What this jail knows of a subject."""
        ignored = self.ignoring.known(subject)
        return account(self, self._shared, subject, self.notes.unsaved, ignored)

    def python_action(self, name: str) -> PythonActionDesk | None:
        """The object of a Python action, None for others."""
        return self.actions.python(name)

    async def call_action(self, name: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method of an action."""
        return await self.actions.call(name, method, arguments)

    async def change(self, **fields: Any) -> None:
        """Replace settings, and make them hold at once; during a reload when it is over."""
        new = msgspec.structs.replace(self.settings, **fields)
        changes.check(self._expressions, self.settings, new)
        old, self.settings = self.settings, new
        if not self.reloading:
            await self.apply(old)

    async def apply(self, old: JailSettings) -> None:
        """Make the settings hold that differ from old ones."""
        new = self.settings
        if changes.differ(old, new, "ignoreip", "ignoreself", "ignorecommand", "ignorecache"):
            self.ignoring.configure(new)
        if self.started and changes.differ(old, new, "actions"):
            await self.actions.configure(new.actions)
        if self.started and changes.differ(old, new, "bantime"):
            await self._retime(new.bantime)
        if old.watch != new.watch or old.idle != new.idle:
            self._shared.rewatch()

    async def _retime(self, bantime: float) -> None:
        """Let all bans without a time of their own last as long as the jail says."""
        async for part in pieces(self.ledger.to_retime(bantime)):
            if self.settings.bantime != bantime:
                return  # it was changed once more, and whoever did so goes through all of them
            self.actions.retime(self.ledger.retime_all(part, bantime))
        self._shared.wake()

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up what the database knows of this jail, start the actions, begin to read."""
        if self.started:
            return
        self.started = True
        now = self._shared.clock.now()
        self.counting.load(now)
        await self._restore(now)
        await self.change(idle=False)
        self._shared.rewatch()
        self._shared.wake()

    async def _restore(self, now: float) -> None:
        """Start the actions with the bans of the database; others are served meanwhile."""
        bans: list[Ban] = []
        self._restored = asyncio.get_running_loop().create_future()
        self.actions.start(self.settings.actions, self._restored)
        try:
            for part in self.deciding.restore(now):
                self.actions.in_force.expect([ban.subject for ban in part])
                bans += part
                await asyncio.sleep(0)
        finally:
            self._restored.set_result(bans)

    async def up(self) -> None:
        """Wait until a start that is going on is over."""
        if self._restored:
            await asyncio.wait([self._restored])

    def take_up(self) -> None:
        """Take up the bans of a database that could not be opened when the jail was started."""
        for part in self.deciding.restore(self._shared.clock.now()):
            self.actions.enforce(part)
        self._shared.wake()

    async def stop(self, *, keep: bool = False) -> None:
        """Lift all bans and stop the actions; the database keeps the bans.

        Args:
            keep: leave bans in force where the action can, so that the next start finds them.
        """
        self.settings = msgspec.structs.replace(self.settings, idle=True)
        bans = list(self.ledger)
        lift = [Unban(ban, Reason.STOPPED) for ban in bans]
        if self.started:
            await self.actions.stop(lift, keep=keep)
        self.started = False
        logging.getLogger("fail2ban.jail").info("Jail %r stopped", self.name)

    # Orders -----------------------------------------------------------------------------------

    async def ban(self, subjects: Sequence[str], *, forced: bool = False) -> int:
        """Ban by order, and return how many were not banned before (2.5)."""
        self._shared.steady()
        lost: list[Ban] = []
        bans: list[Ban] = []
        turns: list[asyncio.Future[None]] = []
        async for part in neighbours(subjects):
            lost += [ban for s in part if (ban := self.ledger.get(s)) and self.actions.lost(s)]
            admitted = self._admit(part, forced=forced)
            commit(self._shared, [self], bans=admitted)
            turns += self.actions.enforce(admitted)
            bans += admitted
        await over(turns)
        await self.actions.reban(lost)
        absent = self.actions.in_force.absent()
        return sum(ban.subject not in absent for ban in [*bans, *lost])

    def _admit(self, subjects: Sequence[str], *, forced: bool) -> list[Ban]:
        """The bans that follow from an order."""
        now, bantime = self._shared.clock.now(), self.settings.bantime
        name, origin, reason = self.name, Origin.OPERATOR, Reason.ORDERED
        asked = [Ban(name, subject, now, bantime, origin, reason) for subject in subjects]
        with held():
            return self.deciding.admit(asked, now, forced=forced)

    async def unban(self, subjects: Sequence[str]) -> tuple[int, Sequence[str]]:
        """Unban by order and forget; a network or name stands for what is within (5.3)."""
        return await self.lifting.unban(subjects)

    def shift(self, seconds: float) -> None:
        """Move what is known in time, since the clock was set; bans end when the kernel says."""
        self.window.shift(seconds)
        self.ledger.shift(seconds)
        rows = list(map(StoredBan.of, self.ledger))
        self._shared.stored(lambda store: store.import_bans(rows, ()), None)

    def release(self, now: float) -> None:
        """Put bans in force that were held back, as far as ``max_ban_rate`` allows."""
        bans = self.deciding.release(now)
        if bans:
            commit(self._shared, [self], bans=bans)
            self.actions.enforce(bans)

    async def attempt(self, subject: str, lines: Sequence[str]) -> int:
        """Count failures by order; 0 if the subject is ignored (2.4)."""
        now = self._shared.clock.now()
        match = Match.of(self.name, subject, now, tuple(lines), count=max(1, len(lines)))
        if await self.counting.spared_patiently(match):
            return 0
        async with self._shared.block:
            breach = self.counting.count(match, now, word="Attempt")
            bans = self.deciding.bans_of([breach], now) if breach else []
            commit(self._shared, [self], bans=bans, whole=True)
            self.actions.enforce(bans)
        return 1
