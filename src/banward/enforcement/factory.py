"""Makes the enforcer of an action from its settings: one table from kind to factory.

What enforcers of different jails share (the connection to the kernel's tables) lives here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.clock import Clock
    from banward.enforcement.base import Enforcer, JailFacts
    from banward.settings import ActionSettings

__all__ = ["Backends"]


class Backends:
    """Builds enforcers, and owns what they share.

    Args:
        clock: tells how long a ban still lasts.
        allow_ipv6: false if actions are not to start anything for IPv6.
    """

    def __init__(self, clock: Clock | None = None, *, allow_ipv6: bool = True) -> None:
        self.clock: Clock = clock or SystemClock()
        self.allow_ipv6 = allow_ipv6

    def build(self, settings: ActionSettings, jail: JailFacts) -> Enforcer:
        """The enforcer of an action: by its parameter ``native``, its Python file, else a shell.

        Raises:
            ActionError: the parameters or the Python file can't be used.
        """
        raise NotImplementedError

    async def sweep(self, active: Iterable[Enforcer]) -> list[str]:
        """Remove what jails of an earlier process left in the kernel and nobody owns any more.

        Args:
            active: all enforcers that were started.

        Returns:
            The names of the sets or chains that were removed.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of shared connections; bans stay as they are."""
        raise NotImplementedError
