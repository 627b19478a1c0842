"""How long somebody who comes again is banned, and how heavily his failures weigh.

Pure: the number of earlier bans and the random part come in as values. The rules are those of
server-and-client.md 2.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from banward.expression import Number, evaluate
from banward.timespan import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.settings import GrowthSettings

__all__ = ["Growth", "weight"]

_MOST_DOUBLINGS: Final = 20


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
        return float(seconds(self.settings.maxtime)) if self.settings.maxtime else float("inf")

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
            grown = min(grown, seconds(self.settings.maxtime))
        if self.settings.rndtime:
            grown += random(float(seconds(self.settings.rndtime)))
        return grown

    def _multiplied(self, base: Number, earlier: int) -> Number:
        factor = evaluate(self.settings.factor) if self.settings.factor else 1
        multipliers = self.settings.multipliers.split()
        if multipliers:
            return base * factor * int(multipliers[min(earlier, len(multipliers) - 1)])
        if self.settings.formula:
            names = {"ban.Time": base, "ban.Count": earlier, "banFactor": factor}
            return max(base, evaluate(self.settings.formula, names))
        return max(base, base * (1 << min(earlier, _MOST_DOUBLINGS)) * factor)


def weight(earlier: int, maxretry: int) -> int:
    """How many failures one failure of somebody counts who was banned before.

    Args:
        earlier: how many bans there were.
        maxretry: the limit of the jail, which is the most that one failure counts.
    """
    if earlier <= 0:
        return 1
    return min((1 << (min(earlier, _MOST_DOUBLINGS) - 1)) + 1, maxretry)
