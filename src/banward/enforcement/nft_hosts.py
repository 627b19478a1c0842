"""What is done with addresses of one set, as commands of nftables or as orders for the kernel."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from banward.enforcement import nft_batch, nft_elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.enforcement.nft_batch import Order

__all__ = ["Hosts", "Verb"]


class Verb(enum.Enum):
    """What is done."""

    ADD = "add"
    """They are not in the set."""
    REMOVE = "remove"
    """They may be in the set, and are not afterwards."""
    RENEW = "renew"
    """They may be in the set, maybe with another end."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """A change of one set.

    Args:
        where: the set, with family and table.
        ends: addresses to the moment at which they end; those that ended are not put in.
        now: the present moment.
        verb: what is done.
    """

    where: str
    ends: Mapping[str, float]
    now: float
    verb: Verb

    def lines(self) -> list[str]:
        """The commands."""
        match self.verb:
            case Verb.ADD:
                return nft_elements.add(self.where, self.ends, self.now)
            case Verb.REMOVE:
                return nft_elements.remove(self.where, self.ends)
            case Verb.RENEW:
                return nft_elements.renew(self.where, self.ends, self.now)

    def orders(self) -> list[Order]:
        """The same for the kernel."""
        # Kernels before 6.12 leave an element that exists as it is, so it is replaced.
        is_add = self.verb is Verb.ADD
        removed = [] if is_add else nft_batch.remove(self.where, self.ends)
        if self.verb is Verb.REMOVE:
            return removed
        left = nft_elements.seconds_left(self.ends, self.now)
        return [*removed, *nft_batch.add(self.where, left)]
