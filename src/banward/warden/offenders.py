"""Those whom a jail banned before: their failures weigh more, and their bans grow (2.7)."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

import msgspec

from banward.decisions.growth import Growth, weight
from banward.storage.base import Offender
from banward.warden.words import duration, moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.records import Ban, Match
    from banward.warden.shared import Shared
    from banward.warden.view import Known

__all__ = ["Offenders"]

_log = logging.getLogger("fail2ban.observer")


def _spread(most: float) -> float:
    return random.uniform(0, most)  # noqa: S311  (spreads ban times, guards nothing)


class Offenders:
    """The known offenders of one jail.

    Args:
        jail: the jail.
        shared: the database.
    """

    def __init__(self, jail: Known, shared: Shared) -> None:
        self._jail = jail
        self._shared = shared

    def extra_weight(self, match: Match) -> int:
        """How much more a failure counts of somebody who was banned before (2.7)."""
        if not self._jail.settings.growth.increment or self._shared.store is None:
            return 0
        earlier = self._shared.stored(
            lambda store: store.offender(match.subject, self._jail.name), Offender()
        )
        if not earlier.bancount or match.at <= earlier.last:
            return 0
        heavy = weight(earlier.bancount, self._jail.settings.maxretry)
        if heavy > 1:
            _log.info(
                "[%s] Found %s, bad - %s, %s # -> %s%s",
                self._jail.name,
                match.subject,
                moment(match.at),
                earlier.bancount,
                float(heavy),
                ", Ban" if heavy >= self._jail.settings.maxretry else "",
            )
        return heavy - 1

    @property
    def _scope(self) -> str | None:
        """The jail whose bans make somebody a known offender; None for those of any."""
        return None if self._jail.settings.growth.overalljails else self._jail.name

    def earlier(self, subjects: Sequence[str]) -> Mapping[str, Offender]:
        """The earlier bans of those who are about to be banned."""
        if len(subjects) == 1:
            (subject,) = subjects
            found = self._shared.stored(lambda store: store.offender(subject, self._scope), None)
            return {subject: found} if found else {}
        return self._shared.stored(lambda store: store.offenders(subjects, self._scope), {})

    def grown(self, ban: Ban, earlier: Offender | None) -> Ban:
        """A ban with the time that follows from earlier ones."""
        if earlier is None or not earlier.bancount:
            return ban
        growth, count = self._jail.settings.growth, earlier.bancount + 1
        if not growth.increment:
            return msgspec.structs.replace(ban, bancount=count)
        try:
            bantime = Growth(growth).bantime(ban.bantime, earlier.bancount, _spread)
        except ValueError as error:
            _log.error("[%s] %s", self._jail.name, error)
            bantime = ban.bantime
        _log.info(
            "[%s] IP %s is bad: %s # last %s - incr %s to %s",
            self._jail.name,
            ban.subject,
            earlier.bancount,
            moment(earlier.last),
            duration(ban.bantime),
            duration(bantime),
        )
        return msgspec.structs.replace(ban, bantime=bantime, bancount=count)
