"""Counts the failures of one jail and says when somebody reached its limit. Reads no clock.

The rule is fail2ban's (server-and-client.md 2.4): no list of times is kept; when a failure comes
more than ``findtime`` after the first one, the count is estimated anew from the average rate.

Who failed a short while ago is at hand as an object. Once a block of log is counted, ``write`` puts
those who changed among the counters (``counters.py``), with their evidence, and so on the way to
the database.

No failure costs more the more subjects are tracked, and state is bounded: at most ``capacity``
subjects, at most ``evidence`` bytes that the database does not have. When one subject more comes
than fit, a sixteenth of the next few goes, those with the fewest failures: heavy hitters stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from banward.detection.ages import Ages
from banward.detection.counters import Counters
from banward.evidence import NOTHING, bundle, gather
from banward.records import Breach, Count
from banward.sheets import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from banward.detection.sheaf import Written
    from banward.records import Match, Sheets

__all__ = ["Limits", "Window"]

_CLEANUP_PAUSE: Final = 5.0
_CANDIDATES: Final = 16
_SLACK: Final = 1000
_MOST_AT_HAND: Final = 4096
_MOST: Final = 0xFFFF_FFFF
_AT_ONCE: Final = 1000
"""Of so many subjects that fit one more goes at a time, as each time has its own cost."""


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
    """A counter at hand; times and figures are those of ``records.Count``.

    Args:
        key: of the subject.
        count: 0 once the limit was reached, until the next failure.
        place: where it stands in the sheaf (``counters.py``), 0 if it is not there.
        packs: evidence of failures since.
        is_begun_anew: whether the evidence that stands in the sheaf counts no more.
        has_changed: whether the counters hold other numbers.
    """

    key: bytes
    first: float
    last: float
    count: int = 0
    failures: int = 0
    place: int = 0
    packs: list[bytes] = []
    is_begun_anew: bool = False
    has_changed: bool = False


def _not_there(_: int) -> bytes:
    return b""


class Window:
    """The failures of one jail.

    Args:
        capacity: how many subjects are tracked at most.
        evidence: how many bytes of lines and captures are kept beside the database at most. Once
            that many are, the evidence of further failures is kept only if they reach the limit.
        read: gives a stored sheet: empty if it is not there, None if that can't be told.
    """

    def __init__(
        self,
        capacity: int = 1_000_000,
        *,
        evidence: int = 256 * 1024 * 1024,
        read: Callable[[int], bytes | None] = _not_there,
    ) -> None:
        self._capacity = capacity
        self._most_evidence = evidence
        self._counters = Counters(read)
        self._sheaf = self._counters.sheaf
        self._ages = Ages()
        self._at_hand: dict[str, _Entry] = {}
        self._changed: list[_Entry] = []  # of those at hand
        self._begun = 0  # how many more of these count than are among the counters
        self._most_lines = Limits().maxmatches
        self._cleaned = 0.0
        self.total = 0
        """Failures that were counted since this window was made."""

    def __len__(self) -> int:
        """How many subjects have failures."""
        return len(self._counters) + self._begun

    def add(
        self, match: Match, limits: Limits, *, extra: int = 0, lean: Container[str] = ()
    ) -> Breach | None:
        """Count one failure as ``add_all`` does, and tell if the limit is reached."""
        breaches = self.add_all((match,), limits, extra=extra, lean=lean)
        return breaches[0] if breaches else None

    def add_all(
        self,
        matches: Iterable[Match],
        limits: Limits,
        *,
        extra: int = 0,
        lean: Container[str] = (),
    ) -> list[Breach]:
        """Count failures, and tell when the limit is reached; then counting starts anew.

        Args:
            matches: the failures; their subjects must be known.
            limits: when the limit is reached.
            extra: further weight of each, for those who were banned before (2.7).
            lean: those who are banned: their lines and captures are of no use.
        """
        breaches: list[Breach] = []
        maxretry, findtime, most = limits.maxretry, limits.findtime, limits.maxmatches
        known, changed = self._at_hand.get, self._changed
        has_room = self._sheaf.waiting < self._most_evidence
        self._most_lines = most
        for match in matches:
            subject, at = match.subject, match.at
            entry = known(subject)
            if entry is None or not entry.count:
                entry = self._bring(subject, at, entry)
            if not entry.has_changed:
                entry.has_changed = True
                changed.append(entry)
            if at > entry.last:
                _move(entry, at, findtime)
            weight = match.count + extra
            entry.count += weight
            entry.failures += weight
            self.total += 2 if extra else 1
            if entry.count >= maxretry:
                breaches.append(self._breach(entry, match, None if subject in lean else most))
            elif has_room and subject not in lean:
                entry.packs.append(match.evidence)
        return breaches

    def write(self) -> None:
        """Put among the counters who is at hand, so that it can be stored."""
        here = [entry for entry in self._changed if entry.count]
        gone = [entry for entry in self._changed if entry.place and not entry.count]
        self._counters.drop([(entry.key, entry.place) for entry in gone])
        for entry in gone:
            entry.place = 0
        written = list(map(self._written, here))
        places = self._counters.put(written, [entry.place for entry in here])
        for entry, place in zip(here, places, strict=True):
            entry.place, entry.packs, entry.is_begun_anew = place, [], False
        for entry in self._changed:
            entry.has_changed = False
        self._changed.clear()
        self._begun = 0
        if self._counters.tidy() or len(self._at_hand) > _MOST_AT_HAND:
            self._at_hand.clear()

    def unsaved(self) -> Sheets | None:
        """What has to be stored of what was written, None if nothing has."""
        return self._counters.unsaved()

    def stored(self) -> None:
        """What ``unsaved`` gave is stored."""
        self._counters.stored()

    def load(self, sheets: Iterable[tuple[int, bytes]]) -> int:
        """Take up sheets that were stored, by number, and give how many of them are damaged.

        If that breaks off, nothing counts as stored.
        """
        try:
            return self._counters.load(sheets)
        finally:
            self._age_anew()

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
        self._put_away()
        limit = now - findtime
        left: list[tuple[bytes, int]] = []
        for key in self._ages.take(limit):
            numbers = self._counters.find(key)
            if numbers is None:
                continue
            _, last, _, _, place = numbers
            if last <= limit:
                left.append((key, place))
            else:
                self._ages.put(key, last)
        self._counters.drop(left, told=False)
        if len(self._ages) > 2 * len(self._counters) + _SLACK:
            self._age_anew()

    def get(self, subject: str) -> Count | None:
        """What is known of a subject."""
        self.write()
        numbers = self._counters.find(key_of(subject))
        if numbers is None:
            return None
        first, last, count, failures, place = numbers
        lines, fields = gather(self._counters.evidence(place), (), self._most_lines)
        return Count(subject, first, last, count, failures, lines, fields)

    def shift(self, seconds: float) -> None:
        """Move all failures in time, since the clock was set."""
        self._put_away()
        self._counters.shift(seconds)
        self._cleaned += seconds
        self._age_anew()

    def tell_all(self) -> None:
        """Store every counter once more: nothing of what was stored is there any more."""
        self._counters.tell_all()

    def _bring(self, subject: str, at: float, entry: _Entry | None) -> _Entry:
        """Have the counter of a subject at hand; begin it for one who is new or was let go."""
        key = entry.key if entry else key_of(subject)
        numbers = None if entry else self._counters.find(key)
        if numbers:
            entry = self._at_hand[subject] = _Entry(key, *numbers)
            return entry
        if len(self._counters) + self._begun >= self._capacity:
            self._make_room()
            entry = None
        if entry is None:
            entry = self._at_hand[subject] = _Entry(key, at, at)
        else:
            entry.first = entry.last = at
            entry.failures = 0
        self._begun += 1
        return entry

    def _put_away(self) -> None:
        """Have nobody at hand."""
        self.write()
        self._at_hand.clear()

    def _breach(self, entry: _Entry, match: Match, most: int | None) -> Breach:
        """The limit is reached; ``most`` lines tell why, and None means that nobody asks."""
        lines, fields = NOTHING
        if most is not None:
            lines, fields = gather(self._old(entry), [*entry.packs, match.evidence], most)
        entry.count = 0
        entry.packs = []
        entry.is_begun_anew = True
        self._begun -= 1
        return Breach(
            jail=match.jail,
            subject=match.subject,
            at=entry.last,
            failures=entry.failures,
            lines=lines,
            fields=fields,
        )

    def _old(self, entry: _Entry) -> bytes:
        """The evidence that stands in the sheaf."""
        if not entry.place or entry.is_begun_anew:
            return b""
        return self._counters.evidence(entry.place)

    def _written(self, entry: _Entry) -> Written:
        """What is at hand, as it is put among the counters."""
        if not entry.place:
            self._ages.put(entry.key, entry.last)
        count, failures = entry.count, entry.failures
        if failures > _MOST:
            count, failures = min(count, _MOST), _MOST
        evidence = bundle(self._old(entry), entry.packs, self._most_lines)
        return entry.key, entry.first, entry.last, count, failures, evidence

    def _make_room(self) -> None:
        self._put_away()
        many = 1 + self._capacity // _AT_ONCE
        some = self._counters.some(many * _CANDIDATES)
        few = sorted((count, last, key, place) for key, (_, last, count, _, place) in some)
        self._counters.drop([(key, place) for _, _, key, place in few[:many]])

    def _age_anew(self) -> None:
        self._ages = Ages()
        for key, numbers in self._counters.items():
            self._ages.put(key, numbers[1])


def _move(entry: _Entry, at: float, findtime: float) -> None:
    if entry.first < at - findtime:
        entry.count = round(entry.count / (at - entry.first) * findtime)
        entry.first = at - findtime
    entry.last = at
