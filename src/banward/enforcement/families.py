"""An action whose two address families live in objects of their own: iptables, and ipset over it.

It sorts bans by family, and says how an action lives; the families know how a ban is done.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from banward.enforcement import calls
from banward.enforcement.base import Synced
from banward.errors import ActionError
from banward.records import Outcome
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from banward.enforcement.base import JailFacts
    from banward.records import Ban, Unban
    from banward.settings import ActionSettings

__all__ = ["FAMILIES", "Ends", "FamiliesAction", "Family"]

_log = logging.getLogger("fail2ban.actions")

FAMILIES: Final = ("inet4", "inet6")

Ends = dict[str, float]
"""Canonical addresses and networks to the moment at which their ban ends."""

_Layout = TypeVar("_Layout")


class Family(Protocol[_Layout]):
    """The bans of one address family. What fails raises an ``ActionError``."""

    layout: _Layout

    @property
    def needs_look(self) -> bool:
        """True if it made something, and the kernel tells nobody when a foreign hand takes it."""

    async def try_out(self, layout: _Layout) -> None:
        """Let the kernel's tools judge a layout without changing anything."""

    async def ban(self, ends: Ends) -> None:
        """Ban; what is missing is made."""

    async def retime(self, ends: Ends) -> None:
        """Set the end of bans, where the kernel keeps it."""

    async def unban(self, ends: Ends) -> None:
        """Lift bans; who is not banned is no error."""

    async def flush(self) -> None:
        """Lift all bans."""

    async def remove(self) -> None:
        """Remove everything, if it is there."""

    async def move(self, layout: _Layout) -> None:
        """Go on under another layout; all bans stay in force."""

    async def check(self) -> None:
        """Make what is missing of what was made before."""

    async def sync(self, ends: Ends) -> Synced:
        """Make just these be banned."""

    async def present(self) -> set[str]:
        """Who is banned, read back."""

    async def ends(self) -> Mapping[str, float | None]:
        """Who is banned, read back, to the end where the kernel keeps one."""


class FamiliesAction(Generic[_Layout]):
    """An action of a jail with a part for each address family.

    Args:
        settings: the parameters.
        jail: the jail that it belongs to.
        read: reads the parameters for a family.
        make: makes the part for a family.

    Raises:
        ActionError: a parameter can't be used.
    """

    keeps = True
    is_retried = True

    def __init__(
        self,
        settings: ActionSettings,
        jail: JailFacts,
        read: Callable[[ActionSettings, str], _Layout],
        make: Callable[[_Layout], Family[_Layout]],
    ) -> None:
        self.name = settings.name
        self.jail = jail
        self._read = read
        self._families = {family: make(read(settings, family)) for family in FAMILIES}

    @property
    def needs_look(self) -> bool:
        """True if the kernel tells nobody of changes to what one of the families has."""
        return any(family.needs_look for family in self._families.values())

    async def start(self) -> None:
        """Try the parameters; everything is made with the first ban of a family (4.4)."""
        family = self._families[FAMILIES[0]]
        await family.try_out(family.layout)

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Ban each."""
        return await self._each(bans, lambda family, ends: family.ban(ends))

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Ban each that is not banned, and set the end of the others."""
        return await self._each(bans, lambda family, ends: family.retime(ends))

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Set the end of each."""
        return await self.reban(bans)

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Set the end of each."""
        return await self.reban(bans)

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Lift each."""
        bans = [unban.ban for unban in unbans]
        return await self._each(bans, lambda family, ends: family.unban(ends))

    async def _each(
        self, bans: Sequence[Ban], do: Callable[[Family[_Layout], Ends], Awaitable[None]]
    ) -> list[Outcome]:
        begun = time.monotonic()
        by_family = _by_family(bans)
        errors = self._no_addresses(by_family.pop("", {}))
        for name, ends in by_family.items():
            try:
                await do(self._families[name], ends)
            except ActionError as error:
                errors |= dict.fromkeys(ends, str(error))
        took = time.monotonic() - begun
        return [Outcome(self.name, b.subject, errors.get(b.subject, ""), took) for b in bans]

    def _no_addresses(self, texts: Iterable[str]) -> dict[str, str]:
        what = type(self._families[FAMILIES[0]]).__name__.removesuffix("Family").lower()
        return {text: f"{text!r} is no address: {what} can't ban it" for text in texts}

    async def flush(self) -> bool:
        """Lift all bans."""
        for family in self._families.values():
            await family.flush()
        return True

    async def check(self) -> bool:
        """Look whether all that was made is there, and make what is missing, bans included."""
        try:
            for family in self._families.values():
                await family.check()
        except ActionError as error:
            _log.error("[%s] action %r: %s", self.jail.name, self.name, error)
            return False
        return True

    def outdated(self, subject: str) -> bool:  # noqa: ARG002 - see ``check``
        """False: a check brings all bans back."""
        return False

    async def stop(self, *, keep: bool = False) -> None:
        """Remove everything, unless bans are to stay in force."""
        if not keep:
            for family in self._families.values():
                await family.remove()

    async def reload(self, settings: ActionSettings) -> None:
        """Take new parameters; all bans stay in force."""
        layouts = {family: self._read(settings, family) for family in FAMILIES}
        await self._families[FAMILIES[0]].try_out(layouts[FAMILIES[0]])
        for name, layout in layouts.items():
            if layout != self._families[name].layout:
                await self._families[name].move(layout)

    async def present(self) -> frozenset[str]:
        """The subjects that the kernel has."""
        found: set[str] = set()
        for family in self._families.values():
            found |= await family.present()
        return frozenset(found)

    async def ends(self) -> Mapping[str, float | None]:
        """The subjects that the kernel has, to their ends."""
        found: dict[str, float | None] = {}
        for family in self._families.values():
            found |= await family.ends()
        return found

    async def sync(self, bans: Sequence[Ban]) -> Synced:
        """Make just these be banned."""
        wanted = _by_family(bans)
        total = Synced(errors=tuple(self._no_addresses(wanted.pop("", {})).items()))
        for name, family in self._families.items():
            ends = wanted.get(name, {})
            try:
                total = _sum(total, await family.sync(ends))
            except ActionError as error:
                total = _sum(total, Synced(errors=tuple((text, str(error)) for text in ends)))
        return total

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call one of the methods that clients know."""
        return await calls.call(self, self.jail, method, arguments)


def _by_family(bans: Sequence[Ban]) -> dict[str, Ends]:
    """Bans by the text of their family; those that are no address under an empty text."""
    found: dict[str, Ends] = {}
    for ban in bans:
        found.setdefault(Subject.parse(ban.subject).family or "", {})[ban.subject] = ban.until
    return found


def _sum(one: Synced, other: Synced) -> Synced:
    return Synced(
        added=one.added + other.added,
        removed=one.removed + other.removed,
        retimed=one.retimed + other.retimed,
        rebuilt=one.rebuilt or other.rebuilt,
        errors=one.errors + other.errors,
    )
