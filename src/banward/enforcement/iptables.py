"""The native backend for iptables and ip6tables: many bans in one call of ``iptables-restore``.

The kernel keeps no end for these bans: whoever says when they begin has to say when they are over.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from banward.enforcement.base import Synced
from banward.enforcement.held import HeldFamily
from banward.enforcement.iptables_layout import Layout, banned_in
from banward.enforcement.reconcile import compare
from banward.enforcement.xtables import Xtables
from banward.errors import ActionError

if TYPE_CHECKING:
    from banward.enforcement.families import Ends

__all__ = ["IptablesFamily"]

_EXAMPLE = "192.0.2.1"  # a documentation address (RFC 5737)


class IptablesFamily(HeldFamily):
    """The chain of one address family.

    Args:
        layout: where it lives.
        pids: gets the ids of processes that change the kernel's tables.
    """

    def __init__(self, layout: Layout, pids: set[int]) -> None:
        super().__init__()
        self.layout = layout
        self._pids = pids
        self._tables = Xtables(layout.program, pids, layout.limit)
        self._is_told = False

    @property
    def needs_look(self) -> bool:
        """True once there is a chain, unless it is one of nftables: of these the kernel tells."""
        return self._is_ready and not self._is_told

    async def try_out(self, layout: Layout) -> None:
        """Let iptables judge chain, jumps and the rule of a ban."""
        jumps = [f"-I {jump}" for jump in layout.jumps]
        tables = Xtables(layout.program, self._pids, layout.limit)
        await tables.change([*layout.fill([_EXAMPLE]), *jumps], trial=True)

    async def _add_to_kernel(self, ends: Ends) -> None:
        """Insert rules for those who have none; a rule has no end."""
        await self._tables.change(
            [self.layout.ban(text) for text in ends if text not in self._held]
        )

    async def unban(self, ends: Ends) -> None:
        """Delete rules."""
        try:
            await self._tables.change([self.layout.unban(text) for text in ends])
        except ActionError:
            there = await self._listing() or {}
            gone = [f"-D {self.layout.chain} {there[text]}" for text in ends if text in there]
            await self._tables.change(gone)
        for text in ends:
            self._held.pop(text, None)

    async def flush(self) -> None:
        """Empty the chain."""
        if self._is_ready and await self._listing() is not None:
            await self._tables.change(self.layout.fill([]))
        self._held.clear()

    async def remove(self) -> None:
        """Remove jumps and chain."""
        there = None
        with contextlib.suppress(ActionError):  # no program, no chain: the host may lack IPv6
            there = await self._listing()
        if there is not None:
            jumps = [f"-D {jump}" for jump in await self._tables.present(self.layout.jumps)]
            chain = self.layout.chain
            await self._tables.change([*jumps, f"-F {chain}", f"-X {chain}"])
        self._is_ready = False
        self._held.clear()

    async def move(self, layout: Layout) -> None:
        """Fill the chain anew and replace the jumps, in one transaction."""
        old, self.layout = self.layout, layout
        before, self._tables = self._tables, Xtables(layout.program, self._pids, layout.limit)
        if not self._is_ready:
            return
        stale = await before.present(jump for jump in old.jumps if jump not in layout.jumps)
        await self._tables.change(
            [
                *layout.fill(list(self._held)),
                *await self._tables.missing(layout.jumps),
                *(f"-D {jump}" for jump in stale),
            ]
        )
        if old.chain != layout.chain:
            await before.change([f"-F {old.chain}", f"-X {old.chain}"])

    async def sync(self, ends: Ends) -> Synced:
        """Make the chain ban just these, in one transaction."""
        there = await self._listing()
        if there is None and not ends:
            return Synced()
        found = compare(dict.fromkeys(there or (), None), ends)
        differs = there is None or found.add or found.remove
        jumps = await self._tables.missing(self.layout.jumps)
        await self._tables.change([*(self.layout.fill(list(ends)) if differs else []), *jumps])
        self._is_told = await self._tables.is_nftables()
        self._is_ready = True
        self._held = dict(ends)
        return Synced(found.add, found.remove, rebuilt=there is None or bool(jumps))

    async def _listing(self) -> dict[str, str] | None:
        """Whom the chain bans, to the rules; None if there is no chain."""
        text = await self._tables.ask("-S", self.layout.chain)
        return None if text is None else banned_in(text, self.layout.chain)
