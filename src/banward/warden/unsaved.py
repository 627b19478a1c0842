"""What the database did not take, kept in order until it does. Knows no database, reads no clock.

Counters are not kept here: windows keep their sheets. All that waits is stored in one transaction
with them, or a position would be stored without the failures that were read before it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from banward.storage.base import Facts
from banward.warden.shortfall import Retry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.records import Ban, Match, Progress
    from banward.storage.base import Decision

__all__ = ["Unsaved"]

_MOST: Final = 100_000
"""How many bans and decisions wait at most; the newest stay."""


class Unsaved:
    """The facts that wait.

    Attributes:
        retry: when the database is tried again.
        damaged: true if it has to be rebuilt before.
        forgets: subjects (None: all) and jails (None: all) whose bans are to be deleted.
    """

    def __init__(self) -> None:
        self.retry = Retry()
        self.damaged = False
        self.forgets: list[tuple[Sequence[str] | None, str | None]] = []
        self._progress: dict[tuple[str, tuple[str, ...]], Progress] = {}
        self._bans: deque[Ban] = deque(maxlen=_MOST)
        self._decisions: deque[Decision] = deque(maxlen=_MOST)
        self._settled: list[int] = []
        self._pending: dict[int, Match] = {}
        self._numbers: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._progress or self._bans or self._settled or self._pending or self.forgets)

    @property
    def size(self) -> int:
        """How many facts wait."""
        kept = (self._progress, self._bans, self._decisions, self._settled, self._pending)
        return sum(map(len, kept)) + len(self.forgets)

    def keep(self, facts: Facts) -> None:
        """Keep facts; of each source only the newest position."""
        if facts.progress:
            of_source = facts.progress.source, facts.progress.jails
            self._progress.pop(of_source, None)  # the newest comes last
            self._progress[of_source] = facts.progress
        self._bans += facts.bans
        self._decisions += facts.decisions
        self._settled += facts.settled
        self._pending |= {id(match): match for match in facts.pending}

    def keep_all(self, facts: Facts) -> None:
        """Keep many positions at once."""
        for progress in facts.earlier:
            self.keep(Facts(progress))

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """Drop bans that were to be stored and are lifted."""
        gone = None if subjects is None else frozenset(subjects)
        stay = [
            ban
            for ban in self._bans
            if (gone is not None and ban.subject not in gone) or jail not in {None, ban.jail}
        ]
        self._bans = deque(stay, maxlen=_MOST)

    def settle(self, match: Match, number: int) -> Sequence[int]:
        """The numbers that are settled once a match is counted that had this number, or none."""
        if self._pending.pop(id(match), None):
            return ()
        return (self._numbers.pop(id(match), number),)

    def with_these(self, facts: Facts) -> Facts:
        """Facts, and before them all that waits."""
        return Facts(
            progress=facts.progress,
            earlier=tuple(self._progress.values()),
            sheets=facts.sheets,
            bans=(*self._bans, *facts.bans),
            pending=(*self._pending.values(), *facts.pending),
            settled=(*self._settled, *facts.settled),
            decisions=(*self._decisions, *facts.decisions),
        )

    def stored(self, numbers: Sequence[int]) -> Sequence[int]:
        """All that waited is stored.

        Args:
            numbers: those of all pending matches.

        Returns:
            The numbers of the matches that did not wait here.
        """
        waited = len(self._pending)
        self._numbers |= zip(self._pending, numbers, strict=False)
        for kept in (self._progress, self._bans, self._decisions, self._settled, self._pending):
            kept.clear()
        return numbers[waited:]
