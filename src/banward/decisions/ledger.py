"""Who is banned in one jail, since when and until when. Reads no clock, knows no firewall.

No operation costs more the more bans there are: the next end comes from a heap whose outdated
entries are skipped. Matched lines are not kept here; they are in the database.
"""

from __future__ import annotations

import heapq
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from banward.decisions.within import lying_within
from banward.records import ENDLESS, Ban, Origin, Reason, StoredBan, Unban
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["Keep", "Ledger"]

_UNKNOWN: Final = -2
"""A stored ban time that means: use the jail's (server-and-client.md 2.10)."""

_REPEATED_AFTER: Final = 3.0
_NEVER: Final = float("inf")
_SLACK: Final = 1000
_LOOKED_AT: Final = 1000
"""How many outdated ends are passed over at a stretch: after a new ban time all of them are."""


class Keep(msgspec.Struct, frozen=True):
    """Nothing new is put in force, and why.

    Args:
        ban: what was asked for.
        reason: why not.
        held: the ban that is in force, with its end as it is after this decision.
        prolonged: true if that end moved.
        age: seconds from the time of the ban in force to the newest failure.
        check: true if it is time to look whether the ban is really in force (2.6).
    """

    ban: Ban
    reason: Reason
    held: Ban | None = None
    prolonged: bool = False
    age: float = 0.0
    check: bool = False


class _Entry(msgspec.Struct, gc=False):
    ban: Ban
    own: bool  # an individual ban time, which a new one of the jail does not change
    checked: float  # when it was looked last whether the ban is in force


class Ledger:
    """The bans of one jail, in the order of banning."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._ends: list[tuple[float, str]] = []
        self.total = 0
        """Bans since this ledger was made, restored ones included."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def subjects(self) -> Collection[str]:
        """Whom bans hold; quick to ask."""
        return self._entries.keys()

    def __contains__(self, subject: object) -> bool:
        return subject in self._entries

    def __iter__(self) -> Iterator[Ban]:
        """All bans that hold, in the order of banning."""
        return (entry.ban for entry in self._entries.values())

    def without(self, subjects: Iterable[str]) -> list[str]:
        """Those of many subjects that are not banned."""
        entries = self._entries
        return [subject for subject in subjects if subject not in entries]

    def get(self, subject: str) -> Ban | None:
        """The ban of just this subject."""
        entry = self._entries.get(subject)
        return entry.ban if entry else None

    def holding(self, bans: Iterable[Ban]) -> list[Ban]:
        """Those of bans that were entered which hold still, with the times that they have by now.

        Whose ban was lifted, and then ordered by somebody else, is none of them.
        """
        found = []
        for ban in bans:
            entry = self._entries.get(ban.subject)
            if entry is None or entry.ban.origin is not ban.origin:
                continue
            at, bantime = entry.ban.at, entry.ban.bantime
            is_same = (at, bantime) == (ban.at, ban.bantime)
            found.append(ban if is_same else msgspec.structs.replace(ban, at=at, bantime=bantime))
        return found

    def admit(self, ban: Ban, now: float, *, own: bool = False) -> Ban | Keep:
        """Enter a ban, unless it is over or there is one already (2.5, 2.6).

        Args:
            ban: what is asked for.
            now: seconds since the epoch.
            own: true if its time is its own and not the jail's.

        Returns:
            The ban as it is to be put in force, or why nothing is.
        """
        until = ban.until
        if until < now:
            return Keep(ban, Reason.ALREADY_OVER)
        entry = self._entries.get(ban.subject)
        if entry is not None:
            return self._prolong(entry, ban, until)
        self._entries[ban.subject] = _Entry(_lean(ban), own, ban.at)
        if until != _NEVER:
            heapq.heappush(self._ends, (until, ban.subject))
        self.total += 1
        return ban

    def retime(self, subject: str, bantime: float) -> Ban | None:
        """Give a ban another time, counted from when it began; None if there is none."""
        entry = self._entries.get(subject)
        if entry is None:
            return None
        entry.ban = msgspec.structs.replace(entry.ban, bantime=bantime)
        self._note_end(subject, entry.ban.until)
        return entry.ban

    def to_retime(self, bantime: float) -> list[str]:
        """Who has the jail's ban time, and not this one."""
        return [
            subject
            for subject, entry in self._entries.items()
            if not entry.own and entry.ban.bantime != bantime
        ]

    def retime_all(self, subjects: Iterable[str], bantime: float) -> list[Ban]:
        """Give bans the jail's new ban time (1.5), but those that have one of their own by now."""
        entries = self._entries
        chosen = (name for name in subjects if name in entries and not entries[name].own)
        return [ban for name in chosen if (ban := self.retime(name, bantime))]

    def shift(self, seconds: float) -> None:
        """Move all bans in time, since the clock was set: what is left of them stays the same."""
        for entry in self._entries.values():
            entry.ban = msgspec.structs.replace(entry.ban, at=entry.ban.at + seconds)
            entry.checked += seconds
        self._list_ends()

    def expire(self, now: float, *, most: int = sys.maxsize) -> list[Unban]:
        """Take out the bans that are over: whose end is before this moment; the oldest first.

        Args:
            now: seconds since the epoch.
            most: how many ends are looked at; those of bans that were lifted or prolonged count.
        """
        over: list[Unban] = []
        for _ in range(most):
            if not self._ends or self._ends[0][0] >= now:
                break
            end, subject = heapq.heappop(self._ends)
            entry = self._entries.get(subject)
            if entry and entry.ban.until == end:
                del self._entries[subject]
                over.append(Unban(entry.ban, Reason.EXPIRED))
        return over

    def next_end(self) -> float | None:
        """When the next ban ends, or an earlier moment to ask again; None if none does."""
        for _ in range(_LOOKED_AT):
            if not self._ends:
                return None
            end, subject = self._ends[0]
            entry = self._entries.get(subject)
            if entry and entry.ban.until == end:
                return end
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def remove(self, subjects: Iterable[str], reason: Reason, origin: Origin) -> list[Unban]:
        """Take out the bans of just these subjects; those that are not banned are passed over."""
        unbans = [
            Unban(entry.ban, reason, origin)
            for subject in subjects
            if (entry := self._entries.pop(subject, None))
        ]
        self._drop_outdated()
        return unbans

    def clear(self, reason: Reason, origin: Origin) -> list[Unban]:
        """Take out all bans."""
        unbans = [Unban(entry.ban, reason, origin) for entry in self._entries.values()]
        self._entries, self._ends = {}, []
        return unbans

    def within(self, subject: str) -> list[str]:
        """The banned subjects that lie within a network; none if it is no network."""
        outer = Subject.parse(subject)
        if outer.network is None or not outer.is_network:
            return []
        return lying_within(self._entries, outer.network)

    def around(self, subject: str) -> list[Ban]:
        """The bans that hold for a subject: its own, and those of networks that it lies in."""
        inner = Subject.parse(subject).network
        found = [ban] if (ban := self.get(subject)) else []
        if inner is None:
            return found
        for text, entry in self._entries.items():
            outer = Subject.parse(text).network if "/" in text and text != subject else None
            if outer and lying_within([subject], outer):
                found.append(entry.ban)
        return found

    def restore(
        self, rows: Iterable[StoredBan], now: float, base: float, longest: float | None
    ) -> list[tuple[StoredBan, float]]:
        """Which stored bans hold still, and with which time (2.10).

        Args:
            rows: what the database has.
            now: seconds since the epoch.
            base: the jail's ban time.
            longest: with growing ban times the most that is allowed, infinity for any; None
                where ban times do not grow, so that ``base`` is the most.
        """
        held = []
        for row in rows:
            bantime = _cut(row.bantime, base, base if longest is None else longest)
            if bantime == ENDLESS or row.at + bantime > now:
                held.append((row, bantime))
        return held

    def _prolong(self, entry: _Entry, ban: Ban, until: float) -> Keep:
        held = entry.ban
        age = ban.at - held.at
        prolonged = until > held.until
        if prolonged:
            longer = ENDLESS if ban.bantime == ENDLESS else ban.bantime + max(0.0, age)
            held = msgspec.structs.replace(held, bantime=longer)
            entry.ban, entry.own = held, True
            self._note_end(held.subject, held.until)
        check = age > _REPEATED_AFTER and ban.at - entry.checked > _REPEATED_AFTER
        if check:
            entry.checked = ban.at
        return Keep(
            ban, Reason.ALREADY_BANNED, held=held, prolonged=prolonged, age=age, check=check
        )

    def _note_end(self, subject: str, until: float) -> None:
        if until != _NEVER:
            heapq.heappush(self._ends, (until, subject))
        self._drop_outdated()

    def _drop_outdated(self) -> None:
        """List the ends anew if too many belong to bans that were lifted or prolonged."""
        if len(self._ends) > 2 * len(self._entries) + _SLACK:
            self._list_ends()

    def _list_ends(self) -> None:
        self._ends = [(ban.until, ban.subject) for ban in self if ban.bantime != ENDLESS]
        heapq.heapify(self._ends)


def _lean(ban: Ban) -> Ban:
    return msgspec.structs.replace(ban, lines=(), fields={}) if ban.lines or ban.fields else ban


def _cut(stored: float, base: float, most: float) -> float:
    bantime = base if stored == _UNKNOWN else stored
    if most == ENDLESS or most == float("inf"):
        return bantime
    return most if bantime == ENDLESS or bantime > most else bantime
