"""The store that keeps everything in memory, for tests and trials; the contract in plain words."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from banward.records import Match, Position, StoredBan
from banward.storage.base import MOST_DECISIONS, Decision, Facts, Offender, Positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from banward.records import Quarantined, Sheets

__all__ = ["MemoryStore"]


class MemoryStore:
    """Facts until the process ends.

    Args:
        most_lines: how many matched lines are kept with a ban.
    """

    def __init__(self, *, most_lines: int = 10) -> None:
        self.most_lines = most_lines
        self._number = itertools.count(1)
        self._positions: dict[tuple[str, str], Position] = {}
        self._sheets: dict[tuple[str, int], bytes] = {}
        self._pending: dict[int, Match] = {}
        self._newest: dict[tuple[str, str], StoredBan] = {}
        self._history: list[StoredBan] = []
        self._decisions: dict[tuple[str, str, str], Decision] = {}
        self._jails: dict[str, bool] = {}
        self._quarantined: dict[tuple[str, str], Quarantined] = {}

    def commit(self, facts: Facts) -> Sequence[int]:
        """See ``Store``."""
        for progress in facts.positions:
            for jail in progress.jails:
                self._positions[jail, progress.source] = progress.position
        for jail, sheets in facts.sheets.items():
            self._keep_sheets(jail, sheets)
        bans = [StoredBan.of(ban) for ban in facts.bans]
        self.import_bans(bans, bans)
        for decision in facts.decisions:
            self._decide(decision)
        for settled in facts.settled:
            self._pending.pop(settled, None)
        numbers = [next(self._number) for _ in facts.pending]
        self._pending |= zip(numbers, facts.pending, strict=True)
        return numbers

    def positions(self) -> Positions:
        """See ``Store``."""
        return dict(self._positions)

    def sheets(self, jail: str) -> Iterator[tuple[int, bytes]]:
        """See ``Store``."""
        return iter(sorted((n, data) for (of, n), data in self._sheets.items() if of == jail))

    def sheet(self, jail: str, number: int) -> bytes:
        """See ``Store``."""
        return self._sheets.get((jail, number), b"")

    def pending(self) -> Sequence[tuple[int, Match]]:
        """See ``Store``."""
        return list(self._pending.items())

    def current(self, jail: str, now: float, size: int) -> Iterator[Sequence[StoredBan]]:
        """See ``Store``."""
        keys = [key for key in self._newest if key[0] == jail]
        for start in range(0, len(keys), size):
            bans = [ban for key in keys[start : start + size] if (ban := self._newest.get(key))]
            if held := [ban for ban in bans if ban.bantime < 0 or ban.at + ban.bantime > now]:
                yield held

    def offender(self, subject: str, jail: str | None) -> Offender:
        """See ``Store``."""
        bans = [ban for ban in self._newest.values() if _is_of(ban, subject, jail)]
        return Offender(sum(ban.bancount for ban in bans), max((ban.at for ban in bans), default=0))

    def offenders(self, subjects: Sequence[str], jail: str | None) -> Mapping[str, Offender]:
        """See ``Store``."""
        found = {subject: self.offender(subject, jail) for subject in subjects}
        return {subject: offender for subject, offender in found.items() if offender != Offender()}

    def history(self, subject: str, jail: str | None, limit: int) -> Sequence[StoredBan]:
        """See ``Store``."""
        bans = [ban for ban in self._history if _is_of(ban, subject, jail)]
        return sorted(bans, key=lambda ban: ban.at)[-limit:] if limit else []

    def decisions(self, subject: str, jail: str | None) -> Sequence[Decision]:
        """See ``Store``."""
        found = [each for each in self._decisions.values() if _is_of(each, subject, jail)]
        return sorted(found, key=lambda each: (each.at, each.jail, each.reason))

    def quarantined(self) -> Sequence[Quarantined]:
        """See ``Store``."""
        return sorted(self._quarantined.values(), key=lambda each: (each.at, each.jail))

    def set_quarantined(self, regexes: Sequence[Quarantined]) -> None:
        """See ``Store``."""
        self._quarantined = {(each.jail, each.pattern): each for each in regexes}

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """See ``Store``."""

        def stays(ban: StoredBan) -> bool:
            return (subjects is not None and ban.subject not in subjects) or jail not in {
                None,
                ban.jail,
            }

        self._keep(stays, stays)

    def forget_counts(self, jail: str) -> None:
        """See ``Store``."""
        self._sheets = {key: data for key, data in self._sheets.items() if key[0] != jail}

    def forget_position(self, jail: str, source: str) -> None:
        """See ``Store``."""
        self._positions.pop((jail, source), None)

    def set_enabled(self, jail: str | None, *, enabled: bool) -> None:
        """See ``Store``."""
        self._jails |= dict.fromkeys(self._jails if jail is None else [jail], enabled)

    def purge(self, now: float, age: float) -> None:
        """See ``Store``."""
        oldest = now - age

        def is_known(ban: StoredBan) -> bool:
            return ban.at >= oldest or ban.bantime == -1 or ban.at + 3 * ban.bantime >= oldest

        self._keep(is_known, lambda ban: ban.at >= oldest)
        banned = {ban.jail for ban in (*self._newest.values(), *self._history)}
        self._jails = {name: on for name, on in self._jails.items() if on or name in banned}
        known = self._jails
        self._positions = {key: at for key, at in self._positions.items() if key[0] in known}
        self._sheets = {key: data for key, data in self._sheets.items() if key[0] in known}
        recent = sorted(self._decisions.items(), key=lambda item: item[1].at)[-MOST_DECISIONS:]
        self._decisions = {key: each for key, each in recent if each.at >= oldest}

    def import_bans(self, newest: Sequence[StoredBan], history: Sequence[StoredBan]) -> None:
        """See ``Store``."""
        for ban in newest:
            self._newest.pop((ban.jail, ban.subject), None)  # the newest comes last
            self._newest[ban.jail, ban.subject] = self._cut(ban)
        self._history += map(self._cut, history)

    def close(self) -> None:
        """See ``Store``."""

    def _keep_sheets(self, jail: str, told: Sheets) -> None:
        kept = self._sheets.items()
        self._sheets = {
            (of, n): data
            for (of, n), data in kept
            if of != jail or (n >= told.oldest and not told.anew)
        }
        self._sheets |= {(jail, number): data for number, data in told.written}

    def _cut(self, ban: StoredBan) -> StoredBan:
        lines = ban.lines[-self.most_lines :] if self.most_lines else ()
        return msgspec.structs.replace(ban, at=round(ban.at), lines=lines)

    def _decide(self, decision: Decision) -> None:
        key = (decision.subject, decision.jail, decision.reason)
        before = self._decisions.get(key)
        times = decision.times + (before.times if before else 0)
        self._decisions[key] = msgspec.structs.replace(decision, times=times)

    def _keep(
        self, newest: Callable[[StoredBan], bool], history: Callable[[StoredBan], bool]
    ) -> None:
        self._newest = {key: ban for key, ban in self._newest.items() if newest(ban)}
        self._history = [ban for ban in self._history if history(ban)]


def _is_of(what: StoredBan | Decision, subject: str, jail: str | None) -> bool:
    return what.subject == subject and jail in {None, what.jail}
