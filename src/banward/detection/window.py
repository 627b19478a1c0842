"""Counts the failures of one jail and says when somebody reached its limit. Reads no clock.

The rule is fail2ban's (server-and-client.md 2.4): no list of times is kept; when a failure comes
more than ``findtime`` after the first one, the count is estimated anew from the average rate.

No failure costs more the more subjects are tracked, and state is bounded: at most ``capacity``
subjects, at most ``evidence`` bytes of lines. When one subject more comes than fit, the one with
the fewest failures of the next sixteen goes, so that heavy hitters stay.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from banward.detection.ages import Ages
from banward.evidence import NOTHING, bundle, gather, pack
from banward.records import Breach, Count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.records import Match

__all__ = ["Limits", "Window"]

_CLEANUP_PAUSE: Final = 5.0
_CANDIDATES: Final = 16
_SLACK: Final = 1000


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


class _Entry(msgspec.Struct, gc=False):
    """A counter in memory; the times and figures are those of ``records.Count``."""

    first: float
    last: float
    count: int = 0
    failures: int = 0
    evidence: bytes = b""


class Window:
    """The failures of one jail.

    Args:
        capacity: how many subjects are tracked at most.
        evidence: how many bytes of lines and captures are kept at most. Once that many are, the
            evidence of further failures is kept only if they reach the limit.
    """

    def __init__(self, capacity: int = 1_000_000, *, evidence: int = 256 * 1024 * 1024) -> None:
        self._capacity = capacity
        self._most_evidence = evidence
        self._evidence = 0
        self._entries: dict[str, _Entry] = {}
        self._ages = Ages()
        self._next_to_go: deque[str] = deque()
        self._changed: set[str] = set()
        self._fresh: dict[str, list[bytes]] = {}  # packs since ``changed``, to be bundled once
        self._most_lines = 0
        self._cleaned = 0.0
        self.total = 0
        """Failures that were counted since this window was made."""

    def __len__(self) -> int:
        """How many subjects have failures."""
        return len(self._entries)

    def add(
        self, match: Match, limits: Limits, *, extra: int = 0, lean: bool = False
    ) -> Breach | None:
        """Count a failure, and tell if the limit is reached; then counting starts anew.

        Args:
            match: the failure; its subject must be known.
            limits: when the limit is reached.
            extra: further weight, for those who were banned before (2.7).
            lean: leave lines and captures out of the breach, as of somebody who is banned.
        """
        subject, at = match.subject, match.at
        entry = self._entries.get(subject) or self._begin(subject, at)
        if at > entry.last:
            _move(entry, at, limits.findtime)
        weight = match.count + extra
        entry.count += weight
        entry.failures += weight
        self.total += 2 if extra else 1
        self._changed.add(subject)
        if entry.count >= limits.maxretry:
            return self._breach(entry, match, None if lean else limits.maxmatches)
        if self._evidence < self._most_evidence:
            self._most_lines = limits.maxmatches
            fresh = self._fresh.get(subject)
            if fresh is None:
                self._fresh[subject] = [match.evidence]
            else:
                fresh.append(match.evidence)
        return None

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
        limit = now - findtime
        for subject in self._ages.take(limit):
            entry = self._entries.get(subject)
            if entry is None:
                continue
            if entry.last <= limit:
                self.drop(subject)
            else:
                self._ages.put(subject, entry.last)
        if len(self._ages) > 2 * len(self._entries) + _SLACK:
            self._age_anew()

    def get(self, subject: str) -> Count | None:
        """What is known of a subject."""
        entry = self._entries.get(subject)
        return self._count(subject, entry) if entry else None

    def drop(self, subject: str) -> None:
        """Forget the failures of one subject."""
        entry = self._entries.pop(subject, None)
        if entry:
            self._evidence -= len(entry.evidence)
            self._fresh.pop(subject, None)
            self._changed.add(subject)

    def clear(self) -> None:
        """Forget all failures; the total stays."""
        self._changed.update(self._entries)
        self._entries.clear()
        self._fresh.clear()
        self._next_to_go.clear()
        self._ages = Ages()
        self._evidence = 0

    def load(self, counts: Iterable[Count]) -> None:
        """Take up failures that were stored."""
        for row in counts:
            self.drop(row.subject)
            entry = self._begin(row.subject, row.last)
            entry.first, entry.count, entry.failures = row.first, row.count, row.failures
            self._most_lines = max(self._most_lines, len(row.lines))
            self._keep(entry, bundle(b"", [pack(row.lines, row.fields)], 1))
            self._changed.discard(row.subject)

    def changed(self) -> tuple[list[Count], list[str]]:
        """What differs from what was stored, and is taken as stored with this call.

        Returns:
            The counts that changed, and the subjects that are gone.
        """
        kept = [
            self._count(name, entry) for name in self._changed if (entry := self._entries.get(name))
        ]
        gone = [name for name in self._changed if name not in self._entries]
        self._changed.clear()
        return kept, gone

    def not_stored(self, subjects: Iterable[str]) -> None:
        """Tell these subjects as changed again: what ``changed`` gave could not be stored."""
        self._changed.update(subjects)

    def shift(self, seconds: float) -> None:
        """Move all failures in time, since the clock was set."""
        for entry in self._entries.values():
            entry.first += seconds
            entry.last += seconds
        self._cleaned += seconds
        self._age_anew()
        self.tell_all()

    def tell_all(self) -> None:
        """Tell every subject as changed: nothing of what was stored is there any more."""
        self._changed.update(self._entries)

    def _begin(self, subject: str, at: float) -> _Entry:
        if len(self._entries) >= self._capacity:
            self._make_room()
        entry = self._entries[subject] = _Entry(at, at)
        self._ages.put(subject, at)
        return entry

    def _breach(self, entry: _Entry, match: Match, most: int | None) -> Breach:
        """The limit is reached; ``most`` lines tell why, and None means that nobody asks."""
        lines, fields = NOTHING
        if most is not None:
            fresh = [*self._fresh.get(match.subject, ()), match.evidence]
            lines, fields = gather(entry.evidence, fresh, most)
        self.drop(match.subject)
        return Breach(
            jail=match.jail,
            subject=match.subject,
            at=entry.last,
            failures=entry.failures,
            lines=lines,
            fields=fields,
        )

    def _count(self, subject: str, entry: _Entry) -> Count:
        """The counter as others see it; what its newest failures left is packed."""
        fresh = self._fresh.pop(subject, None)
        if fresh is not None:
            self._keep(entry, bundle(entry.evidence, fresh, self._most_lines))
        lines, fields = gather(entry.evidence, (), self._most_lines)
        return Count(subject, entry.first, entry.last, entry.count, entry.failures, lines, fields)

    def _keep(self, entry: _Entry, evidence: bytes) -> None:
        self._evidence += len(evidence) - len(entry.evidence)
        entry.evidence = evidence

    def _make_room(self) -> None:
        # One round goes through all who were there when it began, sixteen at a time.
        candidates: list[tuple[int, float, str]] = []
        while len(candidates) < min(_CANDIDATES, self._capacity):
            if not self._next_to_go:
                self._next_to_go.extend(self._entries)
            name = self._next_to_go.popleft()
            if entry := self._entries.get(name):
                candidates.append((entry.count, entry.last, name))
        self.drop(min(candidates)[-1])

    def _age_anew(self) -> None:
        self._ages = Ages()
        for subject, entry in self._entries.items():
            self._ages.put(subject, entry.last)


def _move(entry: _Entry, at: float, findtime: float) -> None:
    if entry.first < at - findtime:
        entry.count = round(entry.count / (at - entry.first) * findtime)
        entry.first = at - findtime
    entry.last = at
