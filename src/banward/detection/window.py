"""Counts the failures of one jail and says when somebody reached its limit. Reads no clock.

The rule is fail2ban's (server-and-client.md 2.4): no list of times is kept; when a failure comes
more than ``findtime`` after the first one, the count is estimated anew from the average rate.

State is bounded: at most ``capacity`` subjects are tracked. When one more comes, the subject with
the fewest failures among the longest unseen goes, so that heavy hitters stay.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import msgspec

from banward.records import Breach, Count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.records import Fields, Match

__all__ = ["Limits", "Window"]

_CLEANUP_PAUSE: Final = 5.0
_LONGEST_LINE: Final = 1000
_CANDIDATES: Final = 16


class Limits(msgspec.Struct, frozen=True):
    """When a jail's limit is reached.

    Args:
        maxretry: how many failures.
        findtime: within how many seconds.
        maxmatches: how many matched lines are kept.
    """

    maxretry: int = 3
    findtime: float = 600
    maxmatches: int = 5


class Window:
    """The failures of one jail.

    Args:
        capacity: how many subjects are tracked at most.
    """

    def __init__(self, capacity: int = 1_000_000) -> None:
        self._capacity = capacity
        self._counts: dict[str, Count] = {}
        self._changed: set[str] = set()
        self._cleaned = 0.0
        self.total = 0
        """Failures that were counted since this window was made."""

    def __len__(self) -> int:
        """How many subjects have failures."""
        return len(self._counts)

    def add(self, match: Match, limits: Limits, *, extra: int = 0) -> Breach | None:
        """Count a failure, and tell if the limit is reached; then counting starts anew.

        Args:
            match: the failure; its subject must be known.
            limits: when the limit is reached.
            extra: further weight, for those who were banned before (2.7).
        """
        entry = self._counts.get(match.subject)
        if entry is None:
            self._make_room()
            entry = Count(match.subject, match.at, match.at)
            self._counts[match.subject] = entry
        else:
            _move(entry, match.at, limits.findtime)
        entry.count += match.count + extra
        entry.failures += match.count + extra
        entry.lines = _newest((*entry.lines, *match.lines), limits.maxmatches)
        entry.fields = _merged(entry.fields, match.fields)
        self.total += 1 + (1 if extra else 0)
        self._changed.add(match.subject)
        if entry.count < limits.maxretry:
            return None
        del self._counts[match.subject]
        return Breach(
            jail=match.jail,
            subject=match.subject,
            at=entry.last,
            failures=entry.failures,
            lines=entry.lines,
            fields=entry.fields,
        )

    def cleanup(self, now: float, findtime: float, *, force: bool = False) -> None:
        """Forget those whose newest failure left the window; at most every five seconds.

        Args:
            now: seconds since the epoch.
            findtime: seconds.
            force: do it however soon.
        """
        if not force and now - self._cleaned < _CLEANUP_PAUSE:
            return
        self._cleaned = now
        over = [name for name, entry in self._counts.items() if entry.last <= now - findtime]
        for name in over:
            self.drop(name)

    def get(self, subject: str) -> Count | None:
        """What is known of a subject."""
        return self._counts.get(subject)

    def drop(self, subject: str) -> None:
        """Forget the failures of one subject."""
        if self._counts.pop(subject, None):
            self._changed.add(subject)

    def clear(self) -> None:
        """Forget all failures; the total stays."""
        self._changed.update(self._counts)
        self._counts.clear()

    def load(self, counts: Iterable[Count]) -> None:
        """Take up failures that were stored."""
        self._counts.update((entry.subject, entry) for entry in counts)

    def changed(self) -> tuple[list[Count], list[str]]:
        """What differs from what was stored, and is taken as stored with this call.

        Returns:
            The counts that changed, and the subjects that are gone.
        """
        kept = [entry for name in self._changed if (entry := self._counts.get(name))]
        gone = [name for name in self._changed if name not in self._counts]
        self._changed.clear()
        return kept, gone

    def _make_room(self) -> None:
        if len(self._counts) < self._capacity:
            return
        oldest = itertools.islice(self._counts.values(), _CANDIDATES)
        self.drop(min(oldest, key=lambda entry: (entry.count, entry.last)).subject)


def _move(entry: Count, at: float, findtime: float) -> None:
    if at <= entry.last:
        return
    if entry.first < at - findtime:
        entry.count = round(entry.count / (at - entry.first) * findtime)
        entry.first = at - findtime
    entry.last = at


def _newest(lines: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(line[:_LONGEST_LINE] for line in lines[-most:]) if most > 0 else ()


def _merged(old: Fields, new: Fields) -> Fields:
    if not old or not new:
        return new or old
    merged = {**old, **new}
    if "users" in old and "users" in new:
        merged["users"] = sorted({*old["users"], *new["users"]})
    return merged
