"""Plans how sets of nftables become equal to the ledger: steps to carry out, and what they change.

Pure: what is there and what is wanted in, commands out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from banward.enforcement.base import Synced
from banward.enforcement.cover import covers, is_covered, text_of
from banward.enforcement.nft_elements import fill_networks, network_spans
from banward.enforcement.nft_hosts import Hosts, Verb
from banward.enforcement.reconcile import TOLERANCE, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from banward.enforcement.cover import Span
    from banward.enforcement.nft_layout import Kind

__all__ = ["CHUNK", "Plan", "Step", "chunks"]

CHUNK: Final = 5000
"""How many elements go into one transaction: more text takes longer to parse for each of them."""


_Item = TypeVar("_Item")


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Parts that fit into one transaction."""
    return (items[at : at + CHUNK] for at in range(0, len(items), CHUNK))


class Step(NamedTuple):
    """One transaction: whom it concerns, and what makes it for all or some of them."""

    subjects: Sequence[str]
    change: Callable[[Sequence[str]], Hosts | list[str]]


class Plan:
    """Collects what differs; additions come first, so that no ban is lifted meanwhile.

    Args:
        now: the present moment.
    """

    def __init__(self, now: float) -> None:
        self._now = now
        self._first: list[Step] = []
        self._last: list[Step] = []
        self._added: list[str] = []
        self._removed: list[str] = []
        self._retimed: list[str] = []

    @property
    def steps(self) -> list[Step]:
        """The transactions in their order."""
        return [*self._first, *self._last]

    def hosts(self, where: str, there: Mapping[str, float], wanted: Mapping[str, float]) -> None:
        """Compare a set of addresses."""
        found = compare(there, wanted)

        def step(verb: Verb, part: Sequence[str]) -> Step:
            def change(texts: Sequence[str]) -> Hosts:
                ends = {text: wanted.get(text, 0.0) for text in texts}
                return Hosts(where, ends, self._now, verb)

            return Step(part, change)

        self._first += map(partial(step, Verb.ADD), chunks(found.add))
        self._first += map(partial(step, Verb.RENEW), chunks(found.retime))
        self._last += map(partial(step, Verb.REMOVE), chunks(found.remove))
        self._added += found.add
        self._removed += found.remove
        self._retimed += found.retime

    def networks(
        self, where: str, kind: Kind, there: Sequence[Span], wanted: Mapping[str, float]
    ) -> None:
        """Compare a set of networks, which is written as a whole if anything differs."""
        spans = network_spans(wanted, self._now)
        if _are_same(there, spans):
            return
        added = [text for text in wanted if not is_covered(text, there)]
        removed = [text_of(s, kind.version) for s in there if not covers(spans, s.low, s.high)]
        retimed = [] if added or removed else list(wanted)
        lines = fill_networks(where, kind, wanted, self._now)
        self._first.append(Step([*added, *removed, *retimed], lambda _: lines))
        self._added += added
        self._removed += removed
        self._retimed += retimed

    def outcome(self, errors: Mapping[str, str], *, rebuilt: bool) -> Synced:
        """What was done, once the steps were carried out.

        Args:
            errors: subjects of the steps that failed, with the reason.
            rebuilt: true if sets or rules were missing.
        """

        def done(texts: Sequence[str]) -> tuple[str, ...]:
            return tuple(text for text in texts if text not in errors)

        return Synced(
            added=done(self._added),
            removed=done(self._removed),
            retimed=done(self._retimed),
            rebuilt=rebuilt,
            errors=tuple(errors.items()),
        )


def _are_same(there: Sequence[Span], wanted: Sequence[Span]) -> bool:
    return len(there) == len(wanted) and all(
        (a.low, a.high) == (b.low, b.high)
        and (a.until == b.until or abs(a.until - b.until) <= TOLERANCE)
        for a, b in zip(there, wanted, strict=True)
    )
