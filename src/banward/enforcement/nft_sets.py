"""The bans of one action in the kernel's sets: put in, taken out, read back, made equal to a list.

It keeps the kernel true to its layout: what a foreign hand removed is built again by the next
change. It knows addresses and ends, not why somebody is banned.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from banward.enforcement import nft_elements, nft_plan
from banward.enforcement.cover import is_covered, text_of
from banward.enforcement.halves import in_halves
from banward.enforcement.nft_dump import dump
from banward.enforcement.nft_hosts import Hosts, Verb
from banward.enforcement.nft_layout import KINDS, Kind, Layout
from banward.enforcement.nft_state import State, spans
from banward.enforcement.nft_sync import Plan
from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from banward.clock import Clock
    from banward.enforcement.base import Synced
    from banward.enforcement.cover import Span
    from banward.enforcement.nft import Nft
    from banward.enforcement.nft_sync import Step

__all__ = ["Ends", "Sets", "by_kind", "state_of"]

_PAUSES: Final = (0.02, 0.1, 0.3)
"""Seconds to wait before a set is read again that was growing."""

Ends = dict[Kind, dict[str, float]]
"""Canonical texts to the moment of their end, by the kind of set."""


def by_kind(ends: Mapping[str, float]) -> tuple[Ends, list[str]]:
    """Sort subjects by the sets they belong to; the second part are those that are no address."""
    found: Ends = {}
    refused: list[str] = []
    last, of_last = None, dict[str, float]()  # most are of one kind
    for text, end in ends.items():
        kind = nft_elements.kind_of(text)
        if kind is None:
            refused.append(text)
            continue
        if kind is not last:
            last, of_last = kind, found.setdefault(kind, {})
        of_last[text] = end
    return found, refused


async def state_of(nft: Nft, place: str) -> State:
    """What a table holds, without the elements of its sets.

    Args:
        nft: the connection.
        place: family and name of the table.

    Raises:
        ActionError: it can't be read.
    """
    family, table = place.split()
    # Listing just the table would fetch the elements, and not show them.
    return State.read(await nft.read(f"list ruleset {family}", terse=True), table)


class Sets:
    """The sets and rules of one action.

    Args:
        layout: where they live.
        nft: the connection.
        clock: tells how long a ban still lasts.
    """

    def __init__(self, layout: Layout, nft: Nft, clock: Clock) -> None:
        self.layout = layout
        self._nft = nft
        self._clock = clock
        self._ready: set[Kind] = set()  # kinds whose set and rules were there when last seen
        self._networks: Ends = {kind: {} for kind in KINDS if kind.is_network}

    async def add(self, ends: Ends, *, renew: bool) -> None:
        """Put bans in force, in one transaction.

        Args:
            ends: what to ban until when.
            renew: true if some of it may be in the sets already, with another end.

        Raises:
            ActionError: nothing of it is in force.
        """
        now = self._clock.now()
        hosts = self._hosts(ends, now, Verb.RENEW if renew else Verb.ADD)
        networks = {k: self._networks[k] | ends[k] for k in ends if k.is_network}
        async with self._nft.lock:
            if networks or not await self._put(hosts):
                lines = [line for k in networks for line in self._fill(k, networks[k], now)]
                lines += [line for each in hosts.values() for line in each.lines()]
                await self._change(list(ends), lines)
        self._networks |= networks

    async def remove(self, ends: Ends) -> None:
        """Lift bans, in one transaction; what is not in force is no error.

        Raises:
            ActionError: they are still in force.
        """
        networks = {
            kind: {t: end for t, end in self._networks[kind].items() if t not in ends[kind]}
            for kind in ends
            if kind.is_network
        }

        now = self._clock.now()
        hosts = self._hosts(ends, now, Verb.REMOVE)

        def lines(kind: Kind) -> list[str]:
            if kind.is_network:
                return self._fill(kind, networks[kind], now)
            return hosts[kind].lines()

        async with self._nft.lock:
            if networks or not await self._put(hosts):
                await self._change_existing(list(ends), lines)
        self._networks |= networks

    async def drop(self) -> None:
        """Remove the sets and rules with all bans, and the table if nobody else uses it.

        This takes no longer for many bans than for one.

        Raises:
            ActionError: they are still there.
        """
        async with self._nft.lock:
            lines = nft_plan.removal(await self._state(), self.layout)
            if lines:
                await self._nft.change("\n".join(lines))
        self._ready.clear()
        self._nft.living.discard(self.layout.owner)
        self._networks = {kind: {} for kind in self._networks}

    async def is_whole(self) -> bool:
        """Tell whether everything that was made is still there."""
        state = await self._state()
        return not self._ready or not self._missing(state, sorted(self._ready))

    async def rebuild(self) -> None:
        """Make what is missing of the sets and rules; elements are the work of ``sync``.

        Raises:
            ActionError: it can't be made.
        """
        async with self._nft.lock:
            kinds, self._ready = sorted(self._ready), set()
            await self._change(kinds, [])

    async def move(self, layout: Layout) -> None:
        """Go on under another layout without a moment in which a ban is not in force.

        Raises:
            ActionError: the new layout can't be made; the old one holds.
        """
        old = Sets(self.layout, self._nft, self._clock)
        is_same_place = (layout.place, layout.sets) == (self.layout.place, self.layout.sets)
        kinds = sorted(self._ready)
        ends = {} if is_same_place else await self.read()
        before = self.layout, self._ready
        self.layout, self._ready = layout, set()
        try:
            if is_same_place:
                async with self._nft.lock:
                    await self._change(kinds, [])
            else:
                await self.add(ends, renew=True)
        except ActionError:
            self.layout, self._ready = before
            raise
        if not is_same_place:
            await old.drop()
            self._nft.living |= {layout.owner} if self._ready else set()

    async def read(self) -> Ends:
        """What is in force, with its end; networks only as far as they are known.

        Raises:
            ActionError: it can't be read.
        """
        found: Ends = {}
        for kind in (await self._state()).kinds_of(self.layout):
            if kind.is_network:
                there = await self._spans(kind)
                known = self._networks[kind]
                found[kind] = {t: end for t, end in known.items() if is_covered(t, there)}
            else:
                found[kind] = await self._addresses(kind)
        return found

    async def ends(self) -> dict[str, float | None]:
        """What the sets hold, whoever put it there; of networks those that are one prefix.

        Raises:
            ActionError: it can't be read.
        """
        found: dict[str, float | None] = {}
        for kind in (await self._state()).kinds_of(self.layout):
            if kind.is_network:
                texts = ((text_of(s, kind.version), s.until) for s in await self._spans(kind))
                found |= {text: end for text, end in texts if "-" not in text}
            else:
                found |= await self._addresses(kind)
        return found

    async def sync(self, wanted: Ends) -> Synced:
        """Make the sets hold just these bans.

        Raises:
            ActionError: the kernel can't be read.
        """
        async with self._nft.lock:
            now = self._clock.now()
            state = await self._state()
            there = state.kinds_of(self.layout)
            kinds = [kind for kind in KINDS if kind in there or wanted.get(kind)]
            plan = Plan(now)
            for kind in kinds:
                ends = {t: end for t, end in wanted.get(kind, {}).items() if end > now}
                where = self._where(kind)
                if kind.is_network:
                    plan.networks(where, kind, await self._spans(kind, there), ends)
                    self._networks[kind] = ends
                else:
                    found = await self._addresses(kind, there)
                    # Beside the event loop, as there may be a hundred thousand.
                    await asyncio.to_thread(plan.hosts, where, found, ends)
            build = self._missing(state, kinds) if kinds else []
            errors = await self._carry_out(build, plan)
            if not errors and kinds:
                self._ready = set(kinds)
                self._nft.living.add(self.layout.owner)
            return plan.outcome(errors, rebuilt=bool(build))

    async def _carry_out(self, build: list[str], plan: Plan) -> dict[str, str]:
        """Carry out a plan; the errors of what was refused, by subject."""
        errors: dict[str, str] = {}
        if build:
            await self._nft.change("\n".join(build))
        for step in plan.steps:
            errors |= await in_halves(step.subjects, partial(self._take, step))
        return errors

    async def _take(self, step: Step, subjects: Sequence[str]) -> None:
        change = step.change(subjects)
        if isinstance(change, Hosts):
            if await self._nft.put(change.orders):
                return
            change = change.lines()
        await self._nft.change("\n".join(change))

    def _hosts(self, ends: Ends, now: float, verb: Verb) -> dict[Kind, Hosts]:
        """What is done with addresses, by their kind."""
        kinds = [kind for kind in ends if not kind.is_network]
        return {kind: Hosts(self._where(kind), ends[kind], now, verb) for kind in kinds}

    async def _put(self, hosts: Mapping[Kind, Hosts]) -> bool:
        """Change sets that are there, in one transaction; False if commands have to do it."""
        return self._ready.issuperset(hosts) and await self._nft.put(
            lambda: [order for each in hosts.values() for order in each.orders()]
        )

    async def _change(self, kinds: Sequence[Kind], lines: list[str]) -> None:
        """Carry out commands over sets; what is missing is made in the same transaction."""
        if self._ready.issuperset(kinds):
            if not lines:
                return
            try:
                await self._nft.change("\n".join(lines))
            except ActionError:
                self._ready.clear()  # somebody may have taken it away: look, and try once more
            else:
                return
        build = self._missing(await self._state(), kinds)
        if build or lines:
            await self._nft.change("\n".join([*build, *lines]))
        self._ready |= set(kinds)
        self._nft.living.add(self.layout.owner)

    async def _change_existing(
        self, kinds: Sequence[Kind], lines_of: Callable[[Kind], list[str]]
    ) -> None:
        """Carry out commands over those of the sets that are there."""
        there: Iterable[Kind] = self._ready
        for is_second in (False, True):
            if is_second or not self._ready.issuperset(kinds):
                there = (await self._state()).kinds_of(self.layout)
                self._ready &= set(there)
            lines = [line for kind in kinds if kind in there for line in lines_of(kind)]
            try:
                if lines:
                    await self._nft.change("\n".join(lines))
            except ActionError:
                if is_second:
                    raise
            else:
                return

    async def _state(self) -> State:
        return await state_of(self._nft, self.layout.place)

    def _missing(self, state: State, kinds: Sequence[Kind]) -> list[str]:
        return nft_plan.missing(state, self.layout, kinds, living=self._nft.living)

    def _where(self, kind: Kind) -> str:
        return f"{self.layout.place} {self.layout.set_name(kind)}"

    def _fill(self, kind: Kind, ends: Mapping[str, float], now: float) -> list[str]:
        return nft_elements.fill_networks(self._where(kind), kind, ends, now)

    async def _addresses(self, kind: Kind, there: Sequence[Kind] = KINDS) -> dict[str, float]:
        if kind not in there:
            return {}
        found: dict[str, float] = {}
        for pause in _PAUSES:
            found, are_all = await self._dump(self.layout.set_name(kind))
            if are_all:
                break
            await asyncio.sleep(pause)
        return found

    async def _dump(self, name: str) -> tuple[dict[str, float], bool]:
        layout, now = self.layout, self._clock.now()
        try:
            return await asyncio.to_thread(dump, layout.family, layout.table, name, now)
        except FileNotFoundError:
            return {}, True
        except InterruptedError:
            return {}, False
        except (OSError, KeyError) as error:
            raise ActionError(f"set {name} of {layout.place} can't be read: {error}") from error

    async def _spans(self, kind: Kind, there: Sequence[Kind] = KINDS) -> list[Span]:
        if kind not in there:
            return []
        return spans(await self._nft.read(f"list set {self._where(kind)}"), self._clock.now())
