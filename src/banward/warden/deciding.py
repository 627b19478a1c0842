"""What a jail decides: fuses and growth between a breach or an order and the ledger.

Breach, order, stored ban ─▶ fuses ─▶ growth ─▶ ledger ─▶ Ban
"""

from __future__ import annotations

import itertools
import logging
import math
from operator import itemgetter
from typing import TYPE_CHECKING

from banward.decisions.growth import Growth
from banward.decisions.ledger import Keep
from banward.logs import NOTICE, held, tell_all
from banward.pieces import PIECE
from banward.records import ENDLESS, Ban, Match, Origin, Reason
from banward.warden.commits import commit
from banward.warden.words import duration, end_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from banward.decisions.fuses import Refusal
    from banward.records import Breach, StoredBan
    from banward.warden.actions import Actions
    from banward.warden.ignoring import Ignoring
    from banward.warden.offenders import Offenders
    from banward.warden.shared import Shared
    from banward.warden.view import Stored

__all__ = ["Deciding"]

_log = logging.getLogger("fail2ban.actions")
_log_filter = logging.getLogger("fail2ban.filter")
_log_observer = logging.getLogger("fail2ban.observer")

_AT_ONCE = 3.0
_SOON = 60.0
_MOST_HELD = 10_000


class Deciding:
    """The decisions of one jail.

    Args:
        jail: the jail.
        offenders: knows who was banned before.
        actions: are told of ends that moved.
        ignoring: knows who is spared.
        shared: what jails use together.
    """

    def __init__(
        self,
        jail: Stored,
        offenders: Offenders,
        actions: Actions,
        ignoring: Ignoring,
        shared: Shared,
    ) -> None:
        self._jail = jail
        self._offenders = offenders
        self._actions = actions
        self._ignoring = ignoring
        self._shared = shared
        self._held: dict[str, Ban] = {}

    def bans_of(self, breaches: Iterable[Breach], now: float) -> list[Ban]:
        """The bans that follow from breaches."""
        name, bantime = self._jail.name, self._jail.settings.bantime
        asked = [
            Ban(
                name,
                breach.subject,
                breach.at,
                bantime,
                failures=breach.failures,
                lines=breach.lines,
                fields=breach.fields,
            )
            for breach in breaches
        ]
        return self.admit(asked, now)

    def admit(self, asked: Sequence[Ban], now: float, *, forced: bool = False) -> list[Ban]:
        """Let bans into the ledger; none that is refused, held back, or holds already.

        Args:
            asked: bans of this jail.
            now: seconds since the epoch.
            forced: an operator says that he means it.
        """
        ledger, fuses = self._jail.ledger, self._shared.protection.ready_fuses()
        new = ledger.without([ban.subject for ban in asked])
        earlier = self._offenders.earlier(new)
        admitted: list[Ban] = []
        longer: list[Ban] = []
        kept: list[Keep] = []
        for ban in asked:
            grown = ban
            if ban.subject not in ledger:
                refusal = None if forced else fuses.unfit(ban.subject) or fuses.too_many(now)
                if refusal and self._is_refused(ban, refusal):
                    continue
                grown = self._offenders.grown(ban, earlier.get(ban.subject))
            verdict = ledger.admit(grown, now, own=grown.bantime != ban.bantime)
            if isinstance(verdict, Keep):
                kept.append(verdict)
                continue
            fuses.count(now)
            admitted.append(verdict)
            if grown.bantime != ban.bantime:
                longer.append(grown)
        self._tell_kept(kept)
        self._tell_admitted(admitted, longer)
        return admitted

    def _tell_admitted(self, bans: Sequence[Ban], longer: Sequence[Ban]) -> None:
        if not bans:
            return
        name = self._jail.name
        tell_all(_log, NOTICE, [f"[{name}] Ban {ban.subject}" for ban in bans])
        for ban in longer:
            _log_observer.log(
                NOTICE,
                "[%s] Increase Ban %s (%s # %s -> %s)",
                name,
                ban.subject,
                ban.bancount,
                duration(ban.bantime),
                end_of(ban.at, ban.bantime),
            )
        self._shared.wake()

    def _is_refused(self, asked: Ban, refusal: Refusal) -> bool:
        """Whether a fuse holds the ban back; an operator's order only if it is too broad."""
        ordered = asked.origin is Origin.OPERATOR and refusal.reason is not Reason.TOO_BROAD
        word = "Warning about the order to ban" if ordered else "Refuse to ban"
        if refusal.reason is Reason.TOO_MANY and not ordered and len(self._held) < _MOST_HELD:
            word = "Hold back the ban of"
            self._held[asked.subject] = asked
        _log.warning("[%s] %s %s: %s", self._jail.name, word, asked.subject, refusal.text)
        if not ordered:
            self._jail.notes.note(asked.subject, refusal.reason, refusal.text, asked.origin)
        return not ordered

    def free_at(self, now: float) -> float | None:
        """When the next ban that is held back may be put in force; None if none is held."""
        return (self._shared.protection.fuses.free_at(now) or now) if self._held else None

    def let_go(self, subjects: Iterable[str] | None = None) -> None:
        """Drop the bans of these, or of all, that are held back."""
        for subject in list(self._held) if subjects is None else subjects:
            self._held.pop(subject, None)

    def release(self, now: float) -> list[Ban]:
        """The bans that were held back and may be put in force by now, the oldest first."""
        bans = []
        while self._held and self._shared.protection.fuses.free_at(now) is None:
            bans += self.admit([self._held.pop(next(iter(self._held)))], now)
        return bans

    def _tell_kept(self, kept: Sequence[Keep]) -> None:
        """Tell of bans that were asked for and hold already, or would be over."""
        said = [self._said(each) for each in kept]
        for level, texts in itertools.groupby(said, itemgetter(0)):
            tell_all(_log, level, [text for _, text in texts])
        moved = [each.held for each in kept if each.prolonged and each.held]
        if moved:
            self._actions.retime(moved)
            self._shared.wake()
        for each in kept:
            if each.check and each.held:
                self._actions.check_again(each.held)

    def _said(self, kept: Keep) -> tuple[int, str]:
        """The line of the log for a ban that is none, and its level."""
        self._jail.notes.verdicts[kept.reason] += 1
        begin = f"[{self._jail.name}]"
        if kept.reason is Reason.ALREADY_OVER:
            return logging.INFO, f"{begin} Ignore {kept.ban.subject}, expired bantime"
        level = logging.DEBUG if kept.age < _AT_ONCE else NOTICE
        level = level if kept.age < _SOON else logging.WARNING
        return level, f"{begin} {kept.ban.subject} already banned"

    def adopt(self, ends: Mapping[str, float | None]) -> list[Ban]:
        """Take up bans that the kernel holds and the database lost.

        Args:
            ends: the subjects to the ends of their bans, None where the kernel keeps none.
        """
        now, name = self._shared.clock.now(), self._jail.name
        bans = []
        for subject, end in ends.items():
            bantime = self._jail.settings.bantime if end is None else end - now
            bantime = ENDLESS if bantime == math.inf else bantime
            asked = Ban(name, subject, now, bantime, Origin.RESTORED, Reason.REPAIRED)
            if subject in self._jail.ledger or not subject:
                continue
            if isinstance(admitted := self._jail.ledger.admit(asked, now, own=True), Ban):
                bans.append(admitted)
        if bans:
            _log.warning("[%s] Took over %d ban(s) that only the firewall knew", name, len(bans))
            commit(self._shared, [self._jail], bans=bans)
            self._shared.wake()
        return bans

    def restore(self, now: float) -> Iterator[list[Ban]]:
        """Take up the bans that the database knows, piece by piece.

        Each piece is read when it is asked for: what is forgotten until then does not come.
        """
        pieces = self._shared.stored(
            lambda store: store.current(self._jail.name, now, PIECE), iter(())
        )
        while rows := self._shared.stored(lambda _: next(pieces, ()), ()):
            with held():
                bans = self._restored(rows, now)
                told = [f"[{self._jail.name}] Restore Ban {ban.subject}" for ban in bans]
                tell_all(_log, NOTICE, told)
            yield bans

    def _restored(self, rows: Sequence[StoredBan], now: float) -> list[Ban]:
        """The bans of rows that hold still and are spared by nothing, entered into the ledger."""
        settings, name = self._jail.settings, self._jail.name
        longest = Growth(settings.growth).longest() if settings.growth.increment else None
        bans = []
        for row, bantime in self._jail.ledger.restore(rows, now, settings.bantime, longest):
            source = self._ignoring.at_once(Match(name, row.subject, row.at), now)
            if source:
                _log_filter.info("[%s] Ignore %s by %s", name, row.subject, source)
                continue
            asked = Ban(
                name,
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
            if isinstance(admitted := self._jail.ledger.admit(asked, now, own=True), Ban):
                bans.append(admitted)
        return bans
