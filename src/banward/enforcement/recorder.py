"""Enforcers that touch nothing: ``recorder`` remembers what it was told, ``null`` not even that.

For dry runs, for tests of one's own rules, and as the shortest example of an enforcer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from banward.enforcement import calls
from banward.enforcement.base import Synced
from banward.enforcement.reconcile import compare
from banward.records import Ban, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.enforcement.base import JailFacts
    from banward.records import Unban
    from banward.settings import ActionSettings

__all__ = ["NullAction", "RecorderAction"]


class NullAction:
    """Does nothing and succeeds.

    Args:
        settings: only the name counts.
        jail: the jail that it belongs to.
    """

    keeps = False
    is_retried = False
    needs_look = False

    def __init__(self, settings: ActionSettings, jail: JailFacts) -> None:
        self.name = settings.name
        self.jail = jail

    async def start(self) -> None:
        """Do nothing."""

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Succeed."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Succeed."""
        return await self.ban(bans)

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Succeed."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Succeed."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Succeed."""
        return [Outcome(self.name, unban.ban.subject) for unban in unbans]

    async def flush(self) -> bool:
        """Succeed."""
        return True

    async def check(self) -> bool:
        """Find all in order."""
        return True

    def outdated(self, subject: str) -> bool:  # noqa: ARG002 - nothing can get lost
        """Nothing can get lost."""
        return False

    async def stop(self, *, keep: bool = False) -> None:
        """Do nothing."""

    async def reload(self, settings: ActionSettings) -> None:
        """Do nothing."""

    async def present(self) -> frozenset[str] | None:
        """None: nothing is in force, and nothing has to be."""
        return None

    async def ends(self) -> Mapping[str, float | None]:
        """Nothing: nobody can tell."""
        return {}

    async def sync(self, bans: Sequence[Ban]) -> Synced | None:  # noqa: ARG002 - as ``present``
        """None: nothing is in force, and nothing has to be."""
        return None

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call one of the methods that clients know."""
        return await calls.call(self, self.jail, method, arguments)


class RecorderAction(NullAction):
    """Remembers what it was told, as if it were a firewall.

    Args:
        settings: only the name counts.
        jail: the jail that it belongs to.
    """

    keeps = True
    is_retried = True
    needs_look = False

    def __init__(self, settings: ActionSettings, jail: JailFacts) -> None:
        super().__init__(settings, jail)
        self.told: list[tuple[str, str]] = []
        """What was done and to whom, in order; the second part is empty for the whole action."""
        self.held: dict[str, Ban] = {}
        """The bans that are in force, by subject."""

    async def start(self) -> None:
        """Note the start."""
        self.told.append(("start", ""))

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Note and hold bans."""
        return self._hold("ban", bans)

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Note and hold bans."""
        return self._hold("reban", bans)

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Note and hold bans."""
        return self._hold("prolong", bans)

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Note and hold bans."""
        return self._hold("retime", bans)

    def _hold(self, what: str, bans: Sequence[Ban]) -> list[Outcome]:
        for ban in bans:
            self.told.append((what, ban.subject))
            self.held[ban.subject] = ban
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Note unbans, and let go."""
        for unban in unbans:
            self.told.append(("unban", unban.ban.subject))
            self.held.pop(unban.ban.subject, None)
        return await super().unban(unbans)

    async def flush(self) -> bool:
        """Note the flush, and let go of all."""
        self.told.append(("flush", ""))
        self.held.clear()
        return True

    async def stop(self, *, keep: bool = False) -> None:
        """Note the stop."""
        self.told.append(("keep" if keep else "stop", ""))

    async def reload(self, settings: ActionSettings) -> None:  # noqa: ARG002 - has no parameters
        """Note the reload."""
        self.told.append(("reload", ""))

    async def present(self) -> frozenset[str] | None:
        """Whom it holds."""
        return frozenset(self.held)

    async def ends(self) -> Mapping[str, float | None]:
        """Nothing: nobody can tell."""
        return {}

    async def sync(self, bans: Sequence[Ban]) -> Synced | None:
        """Hold just these."""
        there = {text: ban.until for text, ban in self.held.items()}
        found = compare(there, {ban.subject: ban.until for ban in bans})
        self.held = {ban.subject: ban for ban in bans}
        return Synced(found.add, found.remove, found.retime)
