"""One jail of the warden: counts failures, decides, and hands decisions to its worker.

    Match ─▶ ignoring ─▶ window ─▶ Breach ─▶ growth, fuses, ledger ─▶ Ban ─▶ worker

It is also what client commands see of a jail (``control.desk.JailDesk``).
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, Any

import msgspec

from banward.control.desk import Counts
from banward.decisions.growth import Growth, weight
from banward.decisions.ledger import Keep, Ledger
from banward.detection.window import Limits, Window
from banward.logs import MSG, NOTICE
from banward.records import Ban, Breach, Match, Origin, Reason, Unban
from banward.storage.base import Decision, Offender
from banward.subject import Subject
from banward.warden import changes
from banward.warden.actions import Actions
from banward.warden.commits import commit
from banward.warden.ignoring import Ignoring
from banward.warden.patterns import Expressions
from banward.warden.words import duration, end_of, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from banward.control.desk import Patterns, PythonActionDesk
    from banward.settings import JailSettings
    from banward.warden.shared import Shared

__all__ = ["Jail"]

_log = logging.getLogger("fail2ban.actions")
_log_filter = logging.getLogger("fail2ban.filter")
_log_observer = logging.getLogger("fail2ban.observer")


def _spread(most: float) -> float:
    return random.uniform(0, most)  # noqa: S311  (spreads ban times, guards nothing)


_AT_ONCE = 3.0
_SOON = 60.0


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
        self._decisions: list[Decision] = []
        self.sources: tuple[str, ...] = ()
        self._shared = shared
        self.window = Window()
        self.ledger = Ledger()
        self.actions = Actions(self, shared)
        self.ignoring = Ignoring(
            settings, shared, self.actions.ignore_command, self.actions.ignore_key
        )
        self._expressions = Expressions()

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
        return Counts(len(self.window), self.window.total, len(self.ledger), self.ledger.total)

    @property
    def patterns(self) -> Patterns:
        """The expressions as the engine reads them."""
        return self._expressions.patterns(self.settings.filter, self.backend)

    def bans(self) -> Sequence[Ban]:
        """All bans that hold, in the order of banning."""
        return list(self.ledger)

    def is_banned(self, subject: str) -> bool:
        """Whether just this subject is on the list."""
        return subject in self.ledger

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
            self.actions.retime(self.ledger.retime_all(new.bantime))
            self._shared.wake()
        if old.watch != new.watch or old.idle != new.idle:
            self._shared.rewatch()

    # Life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up what the database knows of this jail, start the actions, begin to read."""
        if self.started:
            return
        self.started = True
        now = self._shared.clock.now()
        self.window.load(self._shared.stored(lambda store: store.counts(self.name), ()))
        self.window.cleanup(now, self.settings.findtime, force=True)
        restored = self._restored(now)
        self.actions.start(self.settings.actions, restored)
        await self.change(idle=False)
        self._shared.rewatch()
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

    def _restored(self, now: float) -> list[Ban]:
        settings = self.settings
        growth = settings.growth
        longest = None
        if growth.increment:
            longest = Growth(growth).longest()
        rows = self._shared.stored(lambda store: store.current(self.name, now), ())
        bans = []
        for row, bantime in self.ledger.restore(rows, now, settings.bantime, longest):
            asked = Ban(
                self.name,
                row.subject,
                row.at,
                bantime,
                Origin.RESTORED,
                Reason.RESTORED,
                row.failures,
                row.bancount + 1,
                row.lines[-settings.maxmatches :] if settings.maxmatches else (),
                row.fields,
            )
            source = self.ignoring.at_once(Match(self.name, row.subject, row.at))
            if source:
                _log_filter.info("[%s] Ignore %s by %s", self.name, row.subject, source)
                continue
            if isinstance(admitted := self.ledger.admit(asked, now, own=True), Ban):
                _log.log(NOTICE, "[%s] Restore Ban %s", self.name, row.subject)
                bans.append(admitted)
        return bans

    # Counting ---------------------------------------------------------------------------------

    def count(self, match: Match, *, word: str = "Found") -> list[Ban]:
        """Count a failure of somebody who is not ignored, and give the bans that follow.

        The caller stores counters and bans (``commit``), and then has them enforced.

        Args:
            match: the failure, with its subject.
            word: how the log calls it: ``Found`` or ``Attempt``.
        """
        _log_filter.info("[%s] %s %s - %s", self.name, word, match.subject, moment(match.at))
        now = self._shared.clock.now()
        self.window.cleanup(now, self.settings.findtime)
        settings = self.settings
        limits = Limits(settings.maxretry, settings.findtime, settings.maxmatches)
        breach = self.window.add(match, limits, extra=self._extra_weight(match))
        if breach is None:
            return []
        ban = self._decide(self._ban_of(breach), now)
        return [ban] if ban else []

    def spared(self, match: Match) -> bool | None:
        """Whether a match is ignored, which is logged; None if that has to be waited for."""
        source = self.ignoring.at_once(match)
        return None if source is None else self._told_ignored(match, source)

    async def spared_patiently(self, match: Match) -> bool:
        """As ``spared``, and waits where it must."""
        return self._told_ignored(match, await self.ignoring.patiently(match))

    def _told_ignored(self, match: Match, source: str) -> bool:
        if source and source != "cache":
            self._note(match.subject, Reason.IGNORED, source, Origin.LOG)
            _log_filter.info("[%s] Ignore %s by %s", self.name, match.subject, source)
        return bool(source)

    def take_decisions(self) -> list[Decision]:
        """What was decided since the last call, and is no ban."""
        taken, self._decisions = self._decisions, []
        return taken

    def _note(self, subject: str, reason: Reason, detail: str, origin: Origin) -> None:
        now = self._shared.clock.now()
        self._decisions.append(Decision(self.name, subject, now, reason, detail, origin))

    def _extra_weight(self, match: Match) -> int:
        if not self.settings.growth.increment or self._shared.store is None:
            return 0
        earlier = self._shared.stored(
            lambda store: store.offender(match.subject, self.name), Offender()
        )
        if not earlier.bancount or match.at <= earlier.last:
            return 0
        heavy = weight(earlier.bancount, self.settings.maxretry)
        if heavy > 1:
            _log_observer.info(
                "[%s] Found %s, bad - %s, %s # -> %s%s",
                self.name,
                match.subject,
                moment(match.at),
                earlier.bancount,
                float(heavy),
                ", Ban" if heavy >= self.settings.maxretry else "",
            )
        return heavy - 1

    # Deciding ---------------------------------------------------------------------------------

    def _ban_of(self, breach: Breach) -> Ban:
        return Ban(
            self.name,
            breach.subject,
            breach.at,
            self.settings.bantime,
            failures=breach.failures,
            lines=breach.lines,
            fields=breach.fields,
        )

    def _decide(self, asked: Ban, now: float) -> Ban | None:
        if asked.subject not in self.ledger and self._is_refused(asked, now):
            return None
        ban = self._grown(asked) if asked.subject not in self.ledger else asked
        verdict = self.ledger.admit(ban, now, own=ban.bantime != asked.bantime)
        if isinstance(verdict, Keep):
            self._tell_kept(verdict)
            return None
        self._shared.fuses.count(now)
        _log.log(NOTICE, "[%s] Ban %s", self.name, ban.subject)
        if ban.bantime != asked.bantime:
            _log_observer.log(
                NOTICE,
                "[%s] Increase Ban %s (%s # %s -> %s)",
                self.name,
                ban.subject,
                ban.bancount,
                duration(ban.bantime),
                end_of(ban.at, ban.bantime),
            )
        self._shared.wake()
        return verdict

    def _is_refused(self, asked: Ban, now: float) -> bool:
        """Whether a fuse holds the ban back; an operator's order only if it is too broad."""
        refusal = self._shared.fuses.refuse(asked.subject, now)
        if refusal is None:
            return False
        ordered = asked.origin is Origin.OPERATOR and refusal.reason is not Reason.TOO_BROAD
        word = "Warning about the order to ban" if ordered else "Refuse to ban"
        _log.warning("[%s] %s %s: %s", self.name, word, asked.subject, refusal.text)
        if not ordered:
            self._note(asked.subject, refusal.reason, refusal.text, asked.origin)
        return not ordered

    def _grown(self, ban: Ban) -> Ban:
        growth = self.settings.growth
        jail = None if growth.overalljails else self.name
        earlier = self._shared.stored(lambda store: store.offender(ban.subject, jail), Offender())
        count = earlier.bancount + 1
        if not growth.increment or not earlier.bancount:
            return msgspec.structs.replace(ban, bancount=count)
        try:
            bantime = Growth(growth).bantime(ban.bantime, earlier.bancount, _spread)
        except ValueError as error:
            _log_observer.error("[%s] %s", self.name, error)
            bantime = ban.bantime
        _log_observer.info(
            "[%s] IP %s is bad: %s # last %s - incr %s to %s",
            self.name,
            ban.subject,
            earlier.bancount,
            moment(earlier.last),
            duration(ban.bantime),
            duration(bantime),
        )
        return msgspec.structs.replace(ban, bantime=bantime, bancount=count)

    def _tell_kept(self, kept: Keep) -> None:
        subject = kept.ban.subject
        if kept.reason is Reason.ALREADY_OVER:
            _log.info("[%s] Ignore %s, expired bantime", self.name, subject)
            return
        level = logging.DEBUG if kept.age < _AT_ONCE else NOTICE
        level = level if kept.age < _SOON else logging.WARNING
        _log.log(level, "[%s] %s already banned", self.name, subject)
        if kept.prolonged and kept.held:
            self.actions.retime([kept.held])
            self._shared.wake()
        if kept.check and kept.held:
            self.actions.check_again(kept.held)

    # Orders -----------------------------------------------------------------------------------

    async def ban(self, subjects: Sequence[str]) -> int:
        """Ban by order, and return how many were not banned before (2.5)."""
        now = self._shared.clock.now()
        lost = [ban for s in subjects if (ban := self.ledger.get(s)) and self.actions.lost(s)]
        bans = []
        for subject in dict.fromkeys(subjects):
            asked = Ban(
                self.name, subject, now, self.settings.bantime, Origin.OPERATOR, Reason.ORDERED
            )
            if ban := self._decide(asked, now):
                bans.append(ban)
        commit(self._shared, [self], bans=bans)
        await self.actions.enforce(bans)
        await self.actions.reban(lost)
        return len(bans) + len(lost)

    async def unban(self, subjects: Sequence[str]) -> tuple[int, Sequence[str]]:
        """Unban by order and forget; a network or name stands for what is within (5.3)."""
        absent = [subject for subject in subjects if subject not in self.ledger]
        within = [found for subject in absent for found in await self._within(subject)]
        chosen = [*(subject for subject in subjects if subject in self.ledger), *within]
        forgotten = list(dict.fromkeys([*subjects, *chosen]))
        self._shared.stored(lambda store: store.forget(forgotten, self.name), None)
        count = await self.lift(chosen, Origin.OPERATOR)
        for subject in absent:
            _log.log(MSG, "%s is not banned", subject)
        return count, absent

    async def lift(self, subjects: Iterable[str], origin: Origin) -> int:
        """Lift the bans of just these subjects, by order."""
        unbans = self.ledger.remove(subjects, Reason.ORDERED, origin)
        await self._unban(unbans)
        return len(unbans)

    async def lift_all(self, *, forget: bool) -> int:
        """Lift all bans, with a flush where an action can."""
        if forget:
            self._shared.stored(lambda store: store.forget(None, self.name), None)
        unbans = self.ledger.remove(
            list(map(str, (b.subject for b in self.ledger))), Reason.ORDERED, Origin.OPERATOR
        )
        self._tell_unbans(unbans)
        await self.actions.lift_all(unbans)
        return len(unbans)

    def expire(self, now: float) -> None:
        """Lift the bans that are over."""
        unbans = self.ledger.expire(now)
        if unbans:
            self._tell_unbans(unbans)
            self.actions.enforce(unbans)

    async def attempt(self, subject: str, lines: Sequence[str]) -> int:
        """Count failures by order; 0 if the subject is ignored (2.4)."""
        now = self._shared.clock.now()
        match = Match(self.name, subject, now, tuple(lines), count=max(1, len(lines)))
        if await self.spared_patiently(match):
            return 0
        bans = self.count(match, word="Attempt")
        commit(self._shared, [self], bans=bans)
        self.actions.enforce(bans)
        return 1

    async def _unban(self, unbans: Sequence[Unban]) -> None:
        self._tell_unbans(unbans)
        await self.actions.enforce(unbans)

    def _tell_unbans(self, unbans: Sequence[Unban]) -> None:
        for unban in unbans:
            self._note(unban.ban.subject, unban.reason, "", unban.origin)
            _log.log(NOTICE, "[%s] Unban %s", self.name, unban.ban.subject)

    async def _within(self, subject: str) -> list[str]:
        parsed = Subject.parse(subject)
        if parsed.is_network:
            return self.ledger.within(subject)
        if parsed.family or not len(self.ledger):
            return []
        answer = await self._shared.resolver.addresses(subject)
        return [address for address in answer.addresses if address in self.ledger]
