"""How long somebody who comes again is banned, and how heavily his failures weigh.

Pure: the number of earlier bans and the random part come in as values. The rules are those of
server-and-client.md 2.7.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from banward.expression import Number, evaluate
from banward.timespan import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from banward.settings import GrowthSettings

__all__ = ["Growth", "weight"]

_MOST_DOUBLINGS: Final = 20
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth of ban times of one jail.

    Args:
        settings: as written in the configuration.

    The values are read when they are needed; ``check`` tells beforehand what is wrong with them.
    """

    settings: GrowthSettings

    def check(self) -> None:
        """See that every value can be used.

        Raises:
            ValueError: one can't; the text says which, and what was expected.
        """
        self.bantime(600, 1, lambda _: 0.0)

    def longest(self) -> float:
        """The most that a grown ban time may be, seconds; infinity if nothing is set."""
        return float(self._seconds("maxtime")) if self.settings.maxtime else math.inf

    def bantime(self, base: Number, earlier: int, random: Callable[[float], float]) -> Number:
        """The ban time for somebody who was banned before.

        Args:
            base: the jail's ban time, seconds.
            earlier: how many bans there were.
            random: gives a random number from 0 to its argument.

        Returns:
            Seconds; the base for a first ban and for bans that are endless or over at once.

        Raises:
            ValueError: a value of the configuration can't be used.
        """
        return base if earlier <= 0 or base <= 0 else self.grown(base, earlier, random)

    def grown(self, base: Number, earlier: int, random: Callable[[float], float]) -> Number:
        """The bare formula: as ``bantime``, also where that keeps the base."""
        grown = self._multiplied(base, earlier)
        if self.settings.maxtime:
            grown = min(grown, self._seconds("maxtime"))
        if self.settings.rndtime:
            grown += random(float(self._seconds("rndtime")))
        if not math.isfinite(grown):
            raise ValueError(f"the ban time of ban {earlier + 1} is no finite number: {grown}")
        return grown

    def _multiplied(self, base: Number, earlier: int) -> Number:
        factor = self._evaluated("factor", {}) if self.settings.factor else 1
        if self.settings.multipliers.strip():
            multipliers = self._multipliers()
            return base * factor * multipliers[min(earlier, len(multipliers) - 1)]
        if self.settings.formula:
            names = {"ban.Time": base, "ban.Count": earlier, "banFactor": factor}
            return max(base, self._evaluated("formula", names))
        return max(base, base * (1 << min(earlier, _MOST_DOUBLINGS)) * factor)

    def _multipliers(self) -> list[int]:
        words = self.settings.multipliers.split()
        if not all(_WHOLE.match(word) for word in words):
            raise ValueError(
                f"bantime.multipliers: expected whole numbers, found {self.settings.multipliers!r}"
            )
        return [int(word) for word in words]

    def _evaluated(self, option: str, names: Mapping[str, Number]) -> Number:
        try:
            return evaluate(getattr(self.settings, option), names)
        except ValueError as error:
            raise ValueError(f"bantime.{option}: {error}") from error

    def _seconds(self, option: str) -> Number:
        try:
            return seconds(getattr(self.settings, option))
        except ValueError as error:
            raise ValueError(f"bantime.{option}: {error}") from error


def weight(earlier: int, maxretry: int) -> int:
    """How many failures one failure of somebody counts who was banned before.

    Args:
        earlier: how many bans there were.
        maxretry: the limit of the jail, which is the most that one failure counts.
    """
    if earlier <= 0:
        return 1
    return min((1 << (min(earlier, _MOST_DOUBLINGS) - 1)) + 1, maxretry)
