"""What a jail decided that is no ban (refused, ignored, lifted): counted, and kept until stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from banward.storage.base import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.clock import Clock
    from banward.records import Origin, Reason, Unban

__all__ = ["Notes"]


class Notes:
    """The notes of one jail.

    Args:
        jail: name of the jail.
        clock: tells the time.

    Attributes:
        verdicts: how often each thing was decided that is no ban.
    """

    def __init__(self, jail: str, clock: Clock) -> None:
        self.verdicts: Counter[Reason] = Counter()
        self._jail = jail
        self._clock = clock
        self._unsaved: list[Decision] = []

    @property
    def unsaved(self) -> Sequence[Decision]:
        """What is not stored yet."""
        return tuple(self._unsaved)

    def take(self) -> list[Decision]:
        """What was decided since the last call, to be stored."""
        taken, self._unsaved = self._unsaved, []
        return taken

    def note(self, subject: str, reason: Reason, detail: str, origin: Origin) -> None:
        """Keep what was decided."""
        self.verdicts[reason] += 1
        now = self._clock.now()
        self._unsaved.append(Decision(self._jail, subject, now, reason, detail, origin))

    def note_ends(self, unbans: Sequence[Unban]) -> None:
        """Keep why bans end."""
        jail, now = self._jail, self._clock.now()
        self.verdicts.update(each.reason for each in unbans)
        self._unsaved += [
            Decision(jail, each.ban.subject, now, each.reason, "", each.origin) for each in unbans
        ]
