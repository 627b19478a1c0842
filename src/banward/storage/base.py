"""What a store promises to the warden: facts in, facts out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from banward.records import Origin, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from banward.records import Ban, Match, Position, Progress, Quarantined, Sheets, StoredBan

__all__ = ["MOST_DECISIONS", "Decision", "Facts", "Offender", "Positions", "Store"]

Positions = dict[tuple[str, str], "Position"]
"""How far each jail has read each source: (jail, source) to position."""

MOST_DECISIONS = 100_000
"""How many decisions a purge leaves, the newest; an attacker must not fill the disk with them."""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Something decided about a subject that put no ban in force: a refusal, an unban.

    Args:
        jail: name of the jail.
        subject: canonical text.
        at: when, seconds since the epoch.
        reason: why.
        detail: what exactly, in words.
        origin: who or what it comes from.
        times: how often the same was decided, for the same reason; the other fields are those of
            the last time.
    """

    jail: str
    subject: str
    at: float
    reason: Reason
    detail: str = ""
    origin: Origin = Origin.LOG
    times: int = 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored together or not at all.

    Args:
        progress: a source and the position up to which it was read.
        earlier: positions that could not be stored before, the newest of a source last.
        sheets: jail to what has to be stored of its counters.
        bans: new bans.
        pending: matches whose subject is still being looked up.
        settled: numbers of pending matches that were counted.
        decisions: what was decided, and is no ban.
    """

    progress: Progress | None = None
    sheets: Mapping[str, Sheets] = field(default_factory=dict)
    bans: Sequence[Ban] = ()
    pending: Sequence[Match] = ()
    settled: Sequence[int] = ()
    decisions: Sequence[Decision] = ()
    earlier: Sequence[Progress] = ()

    @property
    def positions(self) -> Sequence[Progress]:
        """All positions, the newest of a source last."""
        return (*self.earlier, self.progress) if self.progress else self.earlier


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
    """Keeps facts. Every method may raise ``StorageError``; then nothing was changed by it.

    Times of bans are rounded to whole seconds (server-and-client.md 7.1).
    """

    def commit(self, facts: Facts) -> Sequence[int]:
        """Store facts in one transaction, and give the numbers of the pending matches."""

    def positions(self) -> Positions:
        """All positions."""

    def sheets(self, jail: str) -> Iterator[tuple[int, bytes]]:
        """The sheets with the counters of a jail, in the order of their numbers."""

    def sheet(self, jail: str, number: int) -> bytes:
        """One sheet of a jail; an empty one if it is not there."""

    def pending(self) -> Sequence[tuple[int, Match]]:
        """Matches that were read but not counted, by number."""

    def current(self, jail: str, now: float, size: int) -> Iterator[Sequence[StoredBan]]:
        """The newest ban of each subject in a jail that may hold still, those stored first first.

        Args:
            jail: name of the jail.
            now: seconds since the epoch.
            size: how many come together at most; they are read when they are asked for.
        """

    def offender(self, subject: str, jail: str | None) -> Offender:
        """The earlier bans of a subject in a jail, or in all jails."""

    def offenders(self, subjects: Sequence[str], jail: str | None) -> Mapping[str, Offender]:
        """The earlier bans of many subjects in a jail, or in all jails; only who has some."""

    def history(self, subject: str, jail: str | None, limit: int) -> Sequence[StoredBan]:
        """The newest stored bans of a subject, oldest first."""

    def decisions(self, subject: str, jail: str | None) -> Sequence[Decision]:
        """What was decided about a subject and is no ban, oldest first."""

    def quarantined(self) -> Sequence[Quarantined]:
        """The regexes that are in quarantine, oldest first."""

    def set_quarantined(self, regexes: Sequence[Quarantined]) -> None:
        """Store which regexes are in quarantine, and no others."""

    def forget(self, subjects: Sequence[str] | None, jail: str | None) -> None:
        """Delete the bans of subjects (None: all) in a jail (None: all)."""

    def forget_counts(self, jail: str) -> None:
        """Delete the counters of a jail."""

    def forget_position(self, jail: str, source: str) -> None:
        """Delete the position of a source."""

    def set_enabled(self, jail: str | None, *, enabled: bool) -> None:
        """Note whether a jail (None: every jail) runs."""

    def purge(self, now: float, age: float) -> None:
        """Delete what is older than ``age`` seconds (server-and-client.md 7.4).

        Jails that neither run nor have bans go too, with their positions and counters.
        """

    def import_bans(self, newest: Sequence[StoredBan], history: Sequence[StoredBan]) -> None:
        """Take over bans of another database."""

    def close(self) -> None:
        """Let go of the file."""
