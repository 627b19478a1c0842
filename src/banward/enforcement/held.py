"""What iptables and ipset share: bans are added quickly, and looked at where that fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from banward.errors import ActionError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.enforcement.base import Synced
    from banward.enforcement.families import Ends

__all__ = ["HeldFamily"]


class HeldFamily(ABC):
    """The bans of one address family, remembered beside the kernel."""

    def __init__(self) -> None:
        self._held: Ends = {}  # whom it bans, the oldest first
        self._is_ready = False

    @property
    def needs_look(self) -> bool:
        """True once something was made of which the kernel tells nobody."""
        return self._is_ready

    async def ban(self, ends: Ends) -> None:
        """Ban; what is missing of the place and its bans is made before."""
        if self._is_ready:
            try:
                await self._add_to_kernel(ends)
            except NoAnswerError:
                self._is_ready = False
                raise  # looking would take as long
            except ActionError:
                self._is_ready = False  # somebody may have taken the place away: look
            else:
                self._held |= ends
                return
        await self.sync(self._held | ends)

    async def retime(self, ends: Ends) -> None:
        """Ban once more, which sets the end where the kernel keeps it."""
        await self.ban(ends)

    async def check(self) -> None:
        """Make what is missing of the place and its bans."""
        if self._is_ready:
            await self.sync(dict(self._held))

    async def present(self) -> set[str]:
        """Who is banned, read back."""
        return set(await self._listing() or ())

    async def ends(self) -> Mapping[str, float | None]:
        """Who is banned, read back, to the end where the kernel keeps one."""
        found = await self._listing() or {}
        return {text: end if isinstance(end, float) else None for text, end in found.items()}

    @abstractmethod
    async def sync(self, ends: Ends) -> Synced:
        """Make just these be banned."""

    @abstractmethod
    async def _add_to_kernel(self, ends: Ends) -> None:
        """Ban in a place that is there."""

    @abstractmethod
    async def _listing(self) -> Mapping[str, object] | None:
        """Who is banned; None if there is no place of ours."""
