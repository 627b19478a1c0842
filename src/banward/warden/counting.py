"""Counts the failures of one jail, of blocks of a log or one by one, but for who is ignored.

Match ─▶ ignoring ─▶ window ─▶ Breach
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from banward.detection.window import Limits, Window
from banward.logs import tell_all
from banward.records import Origin, Reason
from banward.warden.words import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banward.records import Breach, Match
    from banward.warden.ignoring import Ignoring
    from banward.warden.offenders import Offenders
    from banward.warden.shared import Shared
    from banward.warden.view import Stored

__all__ = ["Counting"]

_log = logging.getLogger("fail2ban.filter")

_UNREAD_FOR: Final = 5.0
"""Seconds for which a database that did not answer is not asked for lines of failures."""


class Counting:
    """The counters of one jail, and the way to them.

    Args:
        jail: the jail.
        ignoring: knows who is spared.
        offenders: knows who was banned before.
        shared: the clock and the database.

    Attributes:
        window: the counters.
    """

    def __init__(
        self, jail: Stored, ignoring: Ignoring, offenders: Offenders, shared: Shared
    ) -> None:
        self._jail = jail
        self._ignoring = ignoring
        self._offenders = offenders
        self._shared = shared
        self.window = Window(read=self._sheet)
        self._unread_until = 0.0

    def load(self, now: float) -> None:
        """Take up the counters that are stored, but of those who left the window by now."""
        load = self.window.load
        damaged = self._shared.stored(lambda store: load(store.sheets(self._jail.name)), 0)
        if damaged:
            text = "[%s] %d sheet(s) of failures in the database are damaged, and left out"
            _log.error(text, self._jail.name, damaged)
        self.window.cleanup(now, self._jail.settings.findtime, force=True)

    def take(self, matches: Iterable[Match], now: float) -> tuple[list[Breach], list[Match]]:
        """Count the failures of a block of a log, but for those who are ignored.

        The caller lets bans follow (``deciding.bans_of``), stores them with the counters
        (``commit``), and then has them enforced.

        Args:
            matches: the failures.
            now: seconds since the epoch.

        Returns:
            The limits that were reached, and the matches that have to wait for a name or a command.
        """
        breaches: list[Breach] = []
        later: list[Match] = []
        found: list[Match] = []
        limits, free = self._limits(now), self._ignoring.free(now)
        grows = self._jail.settings.growth.increment
        for match in matches:
            if match.subject not in free:
                source = None if match.name else self._ignoring.at_once(match, now)
                free = self._ignoring.free(now)
                if source is None:
                    later.append(match)
                    continue
                if source:
                    breaches += self._count_all(found, limits)
                    self._told_ignored(match, source)
                    continue
            if not grows:
                found.append(match)
            elif breach := self._count_one(match, limits):
                breaches.append(breach)
        breaches += self._count_all(found, limits)
        return breaches, later

    def count(self, match: Match, now: float, *, word: str = "Found") -> Breach | None:
        """Count a failure of somebody who is not ignored, as ``take`` does.

        Args:
            match: the failure, with its subject.
            now: seconds since the epoch.
            word: how the log calls it: ``Found`` or ``Attempt``.
        """
        return self._count_one(match, self._limits(now), word)

    def _count_one(self, match: Match, limits: Limits, word: str = "Found") -> Breach | None:
        """Tell the log of a failure and what more it weighs, and count it."""
        self._tell_found([match], word)
        extra = self._offenders.extra_weight(match)
        return self.window.add(match, limits, extra=extra, lean=self._jail.ledger.subjects)

    def _count_all(self, found: list[Match], limits: Limits) -> list[Breach]:
        """Tell the log of failures that weigh no more, and count them; the list is emptied."""
        self._tell_found(found, "Found")
        breaches = self.window.add_all(found, limits, lean=self._jail.ledger.subjects)
        found.clear()
        return breaches

    def _limits(self, now: float) -> Limits:
        """When somebody is banned; those who left the window are forgotten before."""
        settings = self._jail.settings
        self.window.cleanup(now, settings.findtime)
        return Limits(settings.maxretry, settings.findtime, settings.maxmatches)

    def _tell_found(self, found: Sequence[Match], word: str) -> None:
        """Tell the log of failures."""
        begin, at, end = f"[{self._jail.name}] {word} ", 0.0, ""
        texts = []
        for match in found:
            if at != match.at:
                at = match.at
                end = f" - {moment(at)}"
            texts.append(f"{begin}{match.subject}{end}")
        tell_all(_log, logging.INFO, texts)

    async def spared_patiently(self, match: Match) -> bool:
        """Whether a match is ignored, which is logged; waits where it must."""
        return self._told_ignored(match, await self._ignoring.patiently(match))

    def _told_ignored(self, match: Match, source: str) -> bool:
        if source == "cache":
            self._jail.notes.verdicts[Reason.IGNORED] += 1
        elif source:
            self._jail.notes.note(match.subject, Reason.IGNORED, source, Origin.LOG)
            _log.info("[%s] Ignore %s by %s", self._jail.name, match.subject, source)
        return bool(source)

    def _sheet(self, number: int) -> bytes | None:
        """A stored sheet of the counters; None if the database does not answer."""
        now = self._shared.clock.now()
        if self._shared.unsaved.damaged or now < self._unread_until:
            return None
        sheet = self._shared.stored(lambda store: store.sheet(self._jail.name, number), None)
        if sheet is None:
            # Another program's lock may be waited for: not for each of thousands.
            self._unread_until = now + _UNREAD_FOR
        return sheet
