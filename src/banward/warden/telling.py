"""What the log says of the actions of a jail; the lines are those of server-and-client.md 1.10."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from banward.enforcement.tickets import Ticket
from banward.logs import NOTICE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.enforcement.base import Enforcer, JailFacts, Synced
    from banward.errors import ActionError
    from banward.records import Ban, Outcome, Unban

__all__ = ["Telling"]

_log = logging.getLogger("fail2ban.actions")


class Telling:
    """Writes the lines of one jail.

    Args:
        facts: the jail.
    """

    def __init__(self, facts: JailFacts) -> None:
        self._facts = facts
        self._jail = facts.name

    def unbans(self, unbans: Sequence[Unban], word: str) -> None:
        """These bans end."""
        for unban in unbans:
            _log.log(NOTICE, "[%s] %s %s", self._jail, word, unban.ban.subject)

    def rebans(self, enforcer: Enforcer, bans: Sequence[Ban]) -> None:
        """These bans got lost in an action and are repeated."""
        for ban in bans:
            _log.log(NOTICE, "[%s] Reban %s, action %r", self._jail, ban.subject, enforcer.name)

    def flushed(self, enforcer: Enforcer) -> None:
        """An action has lifted all its bans."""
        _log.log(NOTICE, "[%s] Flush ticket(s) with %s", self._jail, enforcer.name)

    def restored(self, enforcer: Enforcer, synced: Synced) -> None:
        """An action has mended what others changed."""
        _log.warning(
            "[%s] The firewall was changed by others: action %r restored %d ban(s)",
            self._jail,
            enforcer.name,
            len(synced.added),
        )

    def failed_to(self, doing: str, name: str, error: ActionError) -> None:
        """An action could not be loaded, started, reloaded or stopped, or its bans not flushed."""
        _log.error("Failed to %s jail %r action %r: %s", doing, self._jail, name, error)

    def broke(self, error: ActionError) -> None:
        """An action can't be compared with the kernel."""
        _log.error("[%s] %s", self._jail, error)

    def unfinished(self, limit: float, enforcers: Sequence[Enforcer]) -> None:
        """The time of a stop is over, and these may have left something."""
        _log.error(
            "[%s] Not all was lifted and stopped within %g seconds (actions %s): "
            "what is left may still be in force",
            self._jail,
            limit,
            ", ".join(repr(enforcer.name) for enforcer in enforcers),
        )

    def outcomes(
        self, enforcer: Enforcer, doing: str, bans: Sequence[Ban], outcomes: Sequence[Outcome]
    ) -> None:
        """What failed of bans or unbans."""
        for ban, outcome in zip(bans, outcomes, strict=True):
            if outcome.error:
                self.error(enforcer, doing, Ticket(ban, self._facts).info(), outcome.error)

    def error(self, enforcer: Enforcer, doing: str, info: str, reason: str) -> None:
        """A ban or unban failed."""
        _log.error(
            "Failed to execute %s jail %r action %r info %r: %s",
            doing,
            self._jail,
            enforcer.name,
            info,
            reason,
        )
