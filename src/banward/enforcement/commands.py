"""The commands of one action: from its parameters to a text for the shell, and what came of it.

It does not know when a command is due, nor what to do if it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from banward.enforcement.execute import run_shell
from banward.enforcement.tags import Command, expand_dynamic, expand_static, has_families, tags_in
from banward.enforcement.tickets import Ticket
from banward.errors import ActionError, NoAnswerError
from banward.masking import is_secret
from banward.subject import Subject
from banward.timespan import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.clock import Clock
    from banward.enforcement.base import JailFacts
    from banward.records import Ban
    from banward.settings import ActionSettings

__all__ = ["Commands"]

_TIMEOUT = "60"
_TRUE = frozenset({"1", "on", "true", "yes"})
_FAMILIES = ("inet4", "inet6")


class Commands:
    """The commands of an action under one set of parameters.

    Args:
        settings: the parameters and commands.
        jail: the jail of the action.
        clock: tells the time for commands without a ticket.
        allow_ipv6: false if nothing is to be started for IPv6.

    Raises:
        ActionError: a parameter can't be used.
    """

    def __init__(
        self, settings: ActionSettings, jail: JailFacts, clock: Clock, *, allow_ipv6: bool
    ) -> None:
        # The tag <bantime> always is the ticket's; a parameter of this name would hide it (4.1).
        self._params = {k: v for k, v in settings.params.items() if k != "bantime"}
        self._secrets = settings.secrets
        self._open = {k: v for k, v in self._params.items() if not is_secret(k, self._secrets)}
        self._jail = jail
        self._clock = clock
        self._texts: dict[tuple[str, str], str] = {}
        self.is_split = has_families(settings.params)
        try:
            self._limit = float(seconds(self._params.get("timeout") or _TIMEOUT))
        except ValueError as error:
            raise ActionError(f"action {settings.name}: option timeout: {error}") from error
        self.families = self._own_families(allow_ipv6=allow_ipv6)
        self.on_demand = self._flag("actionstart_on_demand", default=self.is_split)
        self.norestored = self._flag("norestored")
        self.repairs_on_unban = self._flag("actionrepair_on_unban")

    def _own_families(self, *, allow_ipv6: bool) -> tuple[str, ...]:
        """The families to start (server-and-client.md 4.4)."""
        if not self.is_split:
            return ("",)
        listed = self._params.get("families", "").replace(",", " ").split()
        return tuple(listed) or (_FAMILIES if allow_ipv6 else _FAMILIES[:1])

    def _flag(self, name: str, *, default: bool = False) -> bool:
        value = self._params.get(name)
        return default if value is None else value.strip().lower() in _TRUE

    def family_of(self, ban: Ban) -> str:
        """The family under which a ban is done; empty for all, if there are no own values."""
        return self.address_family(ban) if self.is_split else ""

    @staticmethod
    def address_family(ban: Ban) -> str:
        """The address family of a ban, empty for an id that is no address."""
        family = Subject.parse(Ticket.address_of(ban)).family
        return family.value if family else ""

    def has(self, name: str) -> bool:
        """Tell whether there is anything to do for a command."""
        return bool(self._params.get(name, "").strip())

    def text(self, name: str, family: str) -> str:
        """A command with all tags of the action's own parameters filled, save those of secrets.

        Raises:
            ActionError: a parameter refers to itself.
        """
        key = (name, family)
        if key not in self._texts:
            self._texts[key] = expand_static(self._params.get(name, ""), self._open, family)
        return self._texts[key].strip()

    def script(self, name: str, family: str) -> str:
        """As ``text``, with the values of secrets."""
        return expand_static(self.text(name, family), self._params, family)

    async def command(self, name: str, family: str, ban: Ban | None = None) -> Command:
        """A command for a ban, or for none, ready for the shell."""
        text = self.text(name, family)
        ticket = Ticket(ban, self._jail, now=self._clock.now(), family=family)
        known = await ticket.texts(tags_in(text))
        return self._with_secrets(expand_dynamic(text, known.get), family)

    def _with_secrets(self, command: Command, family: str) -> Command:
        """The command with its secret values beside it; what was inserted holds no tags."""
        script = expand_static(command.text, self._params, family)
        if script == command.text:
            return command
        values = tuple(expand_static(f"<{name}>", self._params, family) for name in self._secrets)
        return command._replace(script=script, secrets=values)

    async def run(self, name: str, family: str, ban: Ban | None = None) -> bool:
        """Run a command to its end; one that is empty succeeds.

        Raises:
            NoAnswerError: it did not end within the action's ``timeout``.
        """
        command = await self.command(name, family, ban)
        return not command.text or await run_shell(command, limit=self._limit)

    async def run_distinct(self, name: str, families: Sequence[str]) -> dict[str, bool]:
        """Run a command for families, once for those for which its text is the same (4.4).

        Returns:
            The families with what came of it.

        Raises:
            NoAnswerError: a command did not end within the action's ``timeout``.
        """
        done: dict[Command, bool] = {}
        results = {}
        for family in families:
            command = await self.command(name, family)
            if command not in done:
                done[command] = not command.text or await run_shell(command, limit=self._limit)
            results[family] = done[command]
        return results

    def keeps_something(self) -> bool:
        """True if the action has a state that a start makes and an unban takes bans out of."""
        return self.has("actionstart") and self.has("actionunban")

    def same_as(self, other: Commands, families: Sequence[str]) -> bool:
        """Tell whether another set of parameters makes the same of start, stop, ban and unban."""
        names = ("actionstart", "actionstop", "actionban", "actionunban")
        return all(self.script(n, f) == other.script(n, f) for n in names for f in families)

    async def execute(self, text: str, **options: Any) -> bool:
        """Run a text that a client gives (5.3, ``executeCmd``)."""
        limit = float(options.get("timeout") or self._limit)
        try:
            return await run_shell(expand_dynamic(text, lambda _: None), limit=limit)
        except NoAnswerError:
            return False
