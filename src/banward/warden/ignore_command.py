"""The command by which a user says whom a jail ignores, and the key of its remembered answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from banward.enforcement.execute import run
from banward.enforcement.tags import expand_dynamic, expand_static, tags_in
from banward.enforcement.tickets import Ticket
from banward.records import Ban, Match, Origin

if TYPE_CHECKING:
    from banward.enforcement.base import JailFacts

__all__ = ["IgnoreCommand"]

_log = logging.getLogger("fail2ban.actions")

_LIMIT: Final = 60.0  # seconds
_NOT_IGNORED: Final = 1


class IgnoreCommand:
    """The ``ignorecommand`` and ``ignorecache`` of a jail (server-and-client.md 2.8).

    Args:
        jail: name of the jail.
        facts: what its tags stand for.
    """

    def __init__(self, jail: str, facts: JailFacts) -> None:
        self._jail = jail
        self._facts = facts

    async def ignores(self, command: str, match: Match) -> bool:
        """Run the command: 0 says to ignore, 1 not to."""
        text = expand_static(command, {})
        known = await self._ticket(match).texts(tags_in(text))
        filled = expand_dynamic(text, known.get)
        result = await run(["/bin/sh", "-c", filled.text, *filled.args], limit=_LIMIT)
        if result.code not in {0, _NOT_IGNORED} or result.timed_out:
            _log.error("[%s] %s -- returned %s", self._jail, command, result.code)
        return result.succeeded

    def key(self, template: str, match: Match) -> str:
        """Fill the template of ``ignorecache``; an address says as much as the name of its host."""
        ticket = self._ticket(match)
        return expand_dynamic(
            template, lambda tag: ticket.text("ip" if tag == "ip-host" else tag)
        ).text

    def _ticket(self, match: Match) -> Ticket:
        ban = Ban(
            self._jail,
            match.subject,
            match.at,
            self._facts.bantime,
            Origin.LOG,
            failures=match.count,
            lines=match.lines,
            fields=match.fields,
        )
        return Ticket(ban, self._facts)
