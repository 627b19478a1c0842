"""Takes what the watcher found: looks up names, spares the ignored, counts, stores, enforces.

All that follows from one ``Progress`` is stored in one transaction with its position, and only
then put in force. What has to wait for a name or for a user's command is stored as pending, so
that it is not lost, and counted when the answer is there; nobody else waits for it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import msgspec

from banward.logs import held
from banward.pieces import pieces
from banward.subject import Subject
from banward.warden.commits import commit
from banward.warden.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from banward.records import Ban, Breach, Match, Progress
    from banward.warden.jail import Jail
    from banward.warden.shared import Shared

__all__ = ["Intake"]

_log = logging.getLogger("fail2ban.ipdns")

_Item = TypeVar("_Item", "Ban", "Match")


class Intake:
    """The way of matches to the jails.

    Args:
        jails: the jails that run, by name.
        shared: what jails use together.
    """

    def __init__(self, jails: Mapping[str, Jail], shared: Shared) -> None:
        self._jails = jails
        self._shared = shared
        self._waiting = Tasks()
        self._parked: dict[str, list[tuple[Match, int]]] = {}  # by jails that do not run

    async def take(self, progress: Progress) -> None:
        """Count the matches of a block, store them with its position, put bans in force.

        Between two pieces of a large block others are served. Nothing of it is stored or put in
        force before all of it is decided; who is unbanned meanwhile is left alone.
        """
        bans: list[Ban] = []
        later: list[Match] = []
        async with self._shared.block:
            async for part in pieces(progress.matches):
                self._shared.steady()
                with held():
                    decided, wait = self._count(part)
                self._expect(decided)
                bans += decided
                later += wait
            bans = self._holding(bans)
            jails = self._jails.values()
            numbers = commit(
                self._shared, jails, progress=progress, bans=bans, pending=later, whole=True
            )
            self._enforce(bans)
        for match, number in zip(later, numbers, strict=True):
            self._wait_for(match, number)

    def resume(self) -> None:
        """Take up matches that were pending when the last process ended."""
        for number, match in self._shared.stored(lambda store: store.pending(), ()):
            self._parked.setdefault(match.jail, []).append((match, number))
        for jail in self._jails.values():
            if jail.started:
                self.go_on(jail.name)

    def go_on(self, name: str) -> None:
        """A jail runs and has its stored counters: go on with its matches that are pending."""
        for match, number in self._parked.pop(name, ()):
            self._wait_for(match, number)

    async def finish(self) -> None:
        """Stop waiting for names and commands; what waits stays stored."""
        await self._waiting.call_off()

    def _count(self, matches: Iterable[Match]) -> tuple[list[Ban], list[Match]]:
        breaches: dict[str, list[Breach]] = {}
        later: list[Match] = []
        now = self._shared.clock.now()  # one look at the clock for a block
        for name, of_jail in _by_jail(matches).items():
            if jail := self._running(name):
                breaches[name], wait = jail.counting.take(of_jail, now)
                later += wait
        decided = (self._jails[name].deciding.bans_of(b, now) for name, b in breaches.items())
        return [ban for bans in decided for ban in bans], later

    def _expect(self, bans: Sequence[Ban]) -> None:
        """Say of bans that they are not in force yet."""
        for jail, of_jail in self._with_jails(bans):
            jail.actions.in_force.expect([ban.subject for ban in of_jail])

    def _holding(self, bans: Sequence[Ban]) -> list[Ban]:
        """Those of bans that nobody lifted while the rest of their block was counted."""
        return [ban for jail, some in self._with_jails(bans) for ban in jail.ledger.holding(some)]

    def _enforce(self, bans: Sequence[Ban]) -> None:
        for jail, of_jail in self._with_jails(bans):
            jail.actions.enforce(of_jail)

    def _with_jails(self, bans: Sequence[Ban]) -> list[tuple[Jail, list[Ban]]]:
        jails = self._jails
        return [(jails[name], some) for name, some in _by_jail(bans).items() if name in jails]

    def _wait_for(self, match: Match, number: int) -> None:
        self._waiting.begin(self._count_later(match, number), f"match of {match.jail}")

    async def _count_later(self, match: Match, number: int) -> None:
        """Count a match for all addresses of its name at once, and store that it is counted.

        What others store meanwhile must not hold half of it.
        """
        jail = self._running(match.jail)
        while jail:
            known = await self._not_spared(jail, match)
            async with self._shared.block:
                if jail is self._running(match.jail):
                    self._count_known(jail, known, match, number)
                    return
            jail = self._running(match.jail)  # another one, with an ignore list of its own
        self._parked.setdefault(match.jail, []).append((match, number))

    def _count_known(self, jail: Jail, known: Iterable[Match], match: Match, number: int) -> None:
        now = self._shared.clock.now()
        breaches = [found for each in known if (found := jail.counting.count(each, now))]
        bans = jail.deciding.bans_of(breaches, now)
        settled = self._shared.unsaved.settle(match, number)
        commit(self._shared, self._jails.values(), bans=bans, settled=settled, whole=True)
        self._enforce(bans)

    def _running(self, name: str) -> Jail | None:
        jail = self._jails.get(name)
        return jail if jail and jail.started else None

    async def _not_spared(self, jail: Jail, match: Match) -> list[Match]:
        """A match once for each address of its name that is not ignored."""
        known = await self._resolved(jail, match)
        return [each for each in known if not await jail.counting.spared_patiently(each)]

    async def _resolved(self, jail: Jail, match: Match) -> list[Match]:
        if not match.name:
            return [match]
        answer = await self._shared.resolver.addresses(match.name)
        if jail.settings.filter.usedns == "warn":
            _log.warning(
                "Determined IP using DNS Lookup: %s = %s", match.name, set(answer.addresses)
            )
        if not answer.addresses:
            _log.warning("Unable to find a corresponding IP address for %s", match.name)
        subjects = (Subject.parse(address).text for address in answer.addresses)
        return [msgspec.structs.replace(match, subject=text, name="") for text in subjects]


def _by_jail(items: Iterable[_Item]) -> dict[str, list[_Item]]:
    """Matches or bans by the names of their jails, in their order."""
    found: dict[str, list[_Item]] = {}
    for item in items:
        found.setdefault(item.jail, []).append(item)
    return found
