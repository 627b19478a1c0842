"""What a store promises to the warden: facts in, facts out; and the store that keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.records import Ban, Count, Match, Position, Progress, StoredBan

__all__ = ["Facts", "Offender", "Positions", "Store"]

Positions = dict[tuple[str, str], "Position"]
"""How far each jail has read each source: (jail, source) to position."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored together or not at all.

    Args:
        progress: a source and the position up to which it was read.
        counts: jail to the counters that changed.
        gone: jail to the subjects whose counters are gone.
        bans: new bans.
        pending: matches whose subject is still being looked up.
        settled: numbers of pending matches that were counted.
    """

    progress: Progress | None = None
    counts: Mapping[str, Sequence[Count]] | None = None
    gone: Mapping[str, Sequence[str]] | None = None
    bans: Sequence[Ban] = ()
    pending: Sequence[Match] = ()
    settled: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Offender:
    """What is known of a subject's earlier bans.

    Args:
        bancount: how many there were.
        last: when the newest one began, seconds since the epoch.
    """

    bancount: int = 0
    last: float = 0.0


class Store(Protocol):
    """Keeps facts. Every method may raise ``StorageError``; then nothing was changed by it."""

    def commit(self, facts: Facts) -> Sequence[int]:
        """Store facts in one transaction, and give the numbers of the pending matches."""

    def positions(self) -> Positions:
        """All positions."""

    def counts(self, jail: str) -> Sequence[Count]:
        """The stored counters of a jail."""

    def pending(self) -> Sequence[tuple[int, Match]]:
        """Matches that were read but not counted, by number."""

    def current(self, jail: str, now: float) -> Sequence[StoredBan]:
        """The newest ban of each subject in a jail that may hold still, oldest first."""

    def offender(self, subject: str, jail: str | None) -> Offender:
        """The earlier bans of a subject in a jail, or in all jails."""

    def history(self, subject: str, jail: str | None, limit: int) -> Sequence[StoredBan]:
        """The newest stored bans of a subject, oldest first."""

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """Delete the bans of subjects (None: all) in a jail (None: all)."""

    def forget_counts(self, jail: str) -> None:
        """Delete the counters of a jail."""

    def forget_position(self, jail: str, source: str) -> None:
        """Delete the position of a source."""

    def set_enabled(self, jail: str | None, *, enabled: bool) -> None:
        """Note whether a jail (None: every jail) runs."""

    def purge(self, now: float, age: float) -> None:
        """Delete what is older than ``age`` seconds (server-and-client.md 7.4)."""

    def import_bans(self, newest: Sequence[StoredBan], history: Sequence[StoredBan]) -> None:
        """Take over bans of another database."""

    def close(self) -> None:
        """Let go of the file."""
