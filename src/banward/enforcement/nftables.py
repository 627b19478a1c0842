"""The native backend for nftables: bans as elements of kernel sets that end by themselves.

Many bans are one transaction. It says how an action lives; ``nft_sets.py`` does it in the kernel.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from banward.enforcement import calls
from banward.enforcement.halves import in_halves
from banward.enforcement.nft_layout import Layout
from banward.enforcement.nft_sets import Ends, Sets, by_kind
from banward.enforcement.nft_sync import chunks
from banward.errors import ActionError
from banward.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from banward.clock import Clock
    from banward.enforcement.base import JailFacts, Synced
    from banward.enforcement.claims import Claims
    from banward.enforcement.nft import Nft
    from banward.records import Ban, Unban
    from banward.settings import ActionSettings

__all__ = ["NftablesAction"]

_log = logging.getLogger("fail2ban.nftables")

_TRIAL_TABLE: Final = "f2b-trial"
"""Name of the table in which parameters are tried; it never comes into being."""

_LATER: Final = ("input", "-1")
"""Hook and priority where the kernel can't reject packets earlier."""


class NftablesAction:
    """An action of a jail, done by sets of nftables.

    Args:
        settings: the parameters of action ``nftables``.
        jail: the jail that it belongs to.
        nft: the connection.
        claims: who uses which set; shared by all actions.
        clock: tells how long a ban still lasts.

    Raises:
        ActionError: a parameter can't be used.
    """

    keeps = True
    is_retried = True
    needs_look = False

    def __init__(
        self, settings: ActionSettings, jail: JailFacts, nft: Nft, claims: Claims, clock: Clock
    ) -> None:
        self.name = settings.name
        self.jail = jail
        self._nft = nft
        self._claims = claims
        self._sets = Sets(self._read(settings), nft, clock)

    @property
    def layout(self) -> Layout:
        """Where its bans live."""
        return self._sets.layout

    def _read(self, settings: ActionSettings) -> Layout:
        return Layout.read(
            settings.params,
            jail=self.jail.name,
            action=self.name,
            claim=partial(self._claims.claim, f"{self.jail.name}\n{self.name}"),
        )

    async def start(self) -> None:
        """Try the parameters; sets and rules come with the first ban (4.4)."""
        self._sets.layout = await self._tried(self._sets.layout)

    async def _tried(self, layout: Layout) -> Layout:
        """The layout, at a later hook if this kernel can't do it at the wanted one.

        Raises:
            ActionError: nftables refuses the parameters.
        """
        trial = layout.in_table(_TRIAL_TABLE)
        try:
            await self._nft.check(trial.build())
        except ActionError:
            if layout.hook != "prerouting" or not layout.blocks[0].startswith("reject"):
                raise
            # Rejecting before routing came with Linux 5.9.
            await self._nft.check(trial.at_hook(*_LATER).build())
            _log.warning(
                "[%s] This kernel can't reject packets before routing: action %r works at hook "
                "input, which ports published by containers do not pass (blocktype=drop would)",
                self.jail.name,
                self.name,
            )
            return layout.at_hook(*_LATER)
        return layout

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Add elements with their time limit."""
        return await self._each(bans, lambda ends: self._sets.add(ends, renew=False))

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Add elements, or set their end if they are there."""
        return await self._each(bans, lambda ends: self._sets.add(ends, renew=True))

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Set the end of elements."""
        return await self.reban(bans)

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Set the end of elements."""
        return await self.reban(bans)

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Take elements out; those that ended already are no error."""
        return await self._each([unban.ban for unban in unbans], self._sets.remove)

    async def _each(
        self, bans: Sequence[Ban], do: Callable[[Ends], Awaitable[None]]
    ) -> list[Outcome]:
        """Do something for many, a transaction for each part of them."""
        outcomes = []
        for part in chunks(bans):
            begun = time.monotonic()
            reasons = await self._tried_for(_ends(part), do)
            took = time.monotonic() - begun
            name, reason = self.name, reasons.get
            outcomes += [Outcome(name, ban.subject, reason(ban.subject, ""), took) for ban in part]
        return outcomes

    @staticmethod
    async def _tried_for(
        ends: Mapping[str, float], do: Callable[[Ends], Awaitable[None]]
    ) -> dict[str, str]:
        """Do something for all, or for as many as is possible; the others with the reason."""
        kinds, refused = by_kind(ends)
        reasons = {text: _no_address(text) for text in refused}
        texts = [text for text in ends if text not in reasons]

        async def attempt(some: Sequence[str]) -> None:
            are_all = len(some) == len(texts)
            await do(kinds if are_all else by_kind({text: ends[text] for text in some})[0])

        return reasons | (await in_halves(texts, attempt) if texts else {})

    async def flush(self) -> bool:
        """Remove the sets; the next ban makes them anew.

        Emptying a set of 100,000 takes the kernel most of a second, removing it takes nothing.
        """
        await self._sets.drop()
        return True

    async def check(self) -> bool:
        """Look whether table, chain, sets and rules are there, and make what is missing."""
        try:
            if not await self._sets.is_whole():
                await self._sets.rebuild()
        except ActionError as error:
            _log.error("[%s] action %r: %s", self.jail.name, self.name, error)
            return False
        return True

    def outdated(self, subject: str) -> bool:  # noqa: ARG002 - see ``sync``
        """False: what a foreign hand removes comes back by ``sync``."""
        return False

    async def stop(self, *, keep: bool = False) -> None:
        """Remove sets and rules, unless bans are to stay in force."""
        if not keep:
            await self._sets.drop()

    async def reload(self, settings: ActionSettings) -> None:
        """Change the rules, or move the bans to other sets; all stay in force."""
        layout = await self._tried(self._read(settings))
        if layout != self._sets.layout:
            await self._sets.move(layout)

    async def present(self) -> frozenset[str]:
        """The subjects whose elements are in the kernel."""
        return frozenset(text for ends in (await self._sets.read()).values() for text in ends)

    async def ends(self) -> Mapping[str, float | None]:
        """Who is in the sets, with the kernel's own ends."""
        return await self._sets.ends()

    async def sync(self, bans: Sequence[Ban]) -> Synced:
        """Make the kernel's sets equal to the bans."""
        # A hundred thousand take a quarter of a second, for which the event loop must not wait.
        kinds, refused = await asyncio.to_thread(_sorted, bans)
        synced = await self._sets.sync(kinds)
        errors = tuple((text, _no_address(text)) for text in refused)
        return replace(synced, errors=synced.errors + errors)

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call one of the methods that clients know."""
        return await calls.call(self, self.jail, method, arguments)


def _ends(bans: Iterable[Ban]) -> dict[str, float]:
    return {ban.subject: ban.until for ban in bans}


def _sorted(bans: Iterable[Ban]) -> tuple[Ends, list[str]]:
    return by_kind(_ends(bans))


def _no_address(text: str) -> str:
    return f"{text!r} is no address: nftables can't ban it"
