"""What restarted jails left in force, until new actions take it over or it is lifted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.enforcement.base import Enforcer
    from banward.settings import ActionSettings

__all__ = ["Leftovers"]

_log = logging.getLogger("fail2ban.server")


class Leftovers:
    """The old actions, by the names of jail and action."""

    def __init__(self) -> None:
        self._left: dict[tuple[str, str], Enforcer] = {}

    def __bool__(self) -> bool:
        return bool(self._left)

    def leave(self, jail: str, enforcers: Iterable[Enforcer]) -> None:
        """Take up those actions of a jail whose bans can stay in force."""
        self._left |= {(jail, each.name): each for each in enforcers if each.keeps}

    async def take_over(self, jail: str, enforcer: Enforcer, settings: ActionSettings) -> None:
        """Bring what the action of the same name left to the parameters of its successor.

        Raises:
            ActionError: the parameters can't be used, or the reload failed.
        """
        left = self._left.get((jail, enforcer.name))
        if left is not None and type(left) is type(enforcer):
            del self._left[jail, enforcer.name]
            await left.reload(settings)

    async def lift(self) -> None:
        """Lift the bans that no new action took over."""
        while self._left:
            (jail, name), enforcer = self._left.popitem()
            try:
                await enforcer.stop()
            except ActionError as error:
                _log.error("Failed to stop jail %r action %r: %s", jail, name, error)
