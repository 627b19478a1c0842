"""An action that is done by shell commands, as fail2ban's action files write them.

The rules are those of server-and-client.md 4.1 to 4.9. The words that matter here:

* A *family* (``inet4``, ``inet6``) is started on its own, normally right before its first ban, if
  the action has values for it; all other actions have one family with an empty name.
* A command that fails is tried once more, after ``actioncheck`` said that all is well or a repair
  made it so. A repair may lose bans: they are *outdated* until the warden repeats them.
* A command that hangs is not tried once more. Where the action bans, and does not only tell of
  bans, the rest of its batch then waits for the next attempt, so that one batch costs one limit.

It does not know what the commands do.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from banward.enforcement import calls
from banward.enforcement.commands import Commands
from banward.errors import ActionError, NoAnswerError
from banward.records import Ban, Origin, Outcome, Unban

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from banward.clock import Clock
    from banward.enforcement.base import JailFacts, Synced
    from banward.settings import ActionSettings

__all__ = ["ShellAction"]

_log = logging.getLogger("fail2ban.CommandAction")

_DOING: Final = {
    "actionban": "banning",
    "actionreban": "banning",
    "actionprolong": "prolonging",
    "actionunban": "unbanning",
}

_MOST_FAILURES: Final = 20
"""After so many failures in a row the rest of a batch waits for the next attempt."""


class _Family:
    """What is known of one address family of an action."""

    __slots__ = ("held", "holds", "is_started")

    def __init__(self) -> None:
        self.is_started = False
        self.holds = False  # a ban was made since the start or the last flush
        self.held: set[str] = set()


class ShellAction:
    """Runs the commands of an action when they are due.

    Args:
        settings: the parameters and commands.
        jail: the jail that it belongs to.
        clock: tells the time for commands without a ticket.
        allow_ipv6: false if nothing is to be started for IPv6.

    Raises:
        ActionError: a parameter can't be used.
    """

    keeps = False

    def __init__(
        self, settings: ActionSettings, jail: JailFacts, clock: Clock, *, allow_ipv6: bool = True
    ) -> None:
        self.name = settings.name
        self.jail = jail
        self._make = partial(Commands, jail=jail, clock=clock, allow_ipv6=allow_ipv6)
        self.commands = self._make(settings)
        self._families: defaultdict[str, _Family] = defaultdict(_Family)
        self._seen: set[str] = set()  # address families of bans, also where there is one family
        self._lost: set[str] = set()
        self._failed: set[str] = set()  # whose ban failed: the others have their turn before
        self._stuck: dict[str, Ban] = {}  # whose unban hung, or had no turn after one that did

    @property
    def is_retried(self) -> bool:
        """True if it bans: what can be lifted can be missing."""
        return self.commands.has("actionunban")

    @property
    def needs_look(self) -> bool:
        """True if there is a check for what was started, or an unban to be tried again."""
        return bool(self._stuck or (self.commands.has("actioncheck") and self._started()))

    async def start(self) -> None:
        """Run ``actionstart`` for all families, unless it waits for the first ban."""
        if not self.commands.on_demand:
            for family in self.commands.families:
                await self._start(family)

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Run ``actionban`` for each."""
        return await self._all(bans, "actionban")

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Run ``actionreban`` for each, or ``actionban`` where there is none."""
        return await self._all(
            bans, "actionreban" if self.commands.has("actionreban") else "actionban"
        )

    async def _all(self, bans: Sequence[Ban], command: str) -> list[Outcome]:
        """Ban each, as long as there is a point in it; those whose ban failed before come last."""
        outcomes: dict[str, Outcome] = {}
        failures, reason = 0, ""
        for ban in sorted(bans, key=lambda ban: ban.subject in self._failed):
            if reason:
                outcomes[ban.subject] = Outcome(self.name, ban.subject, reason)
                continue
            outcome, hung = await self._told(self._ban, ban, command)
            outcomes[ban.subject] = outcome
            failures = failures + 1 if outcome.error else 0
            (self._failed.add if outcome.error else self._failed.discard)(ban.subject)
            if self.is_retried and (hung or failures >= _MOST_FAILURES):
                reason = f"not tried after: {outcome.error}"
        return [outcomes[ban.subject] for ban in bans]

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Run ``actionprolong`` for each, where there is one."""
        return [(await self._told(self._prolong, ban, "actionprolong"))[0] for ban in bans]

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Do nothing: a command has no end that could be moved."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Run ``actionunban`` for each whose family has had bans; ``check`` goes on."""
        outcomes: list[Outcome] = []
        reason = ""
        try:
            await self._lift_stuck()
        except NoAnswerError as failure:
            reason = f"not tried after: {failure}"
        for ban in [unban.ban for unban in unbans]:
            outcome, hung = Outcome(self.name, ban.subject, reason), bool(reason)
            if not hung:
                outcome, hung = await self._told(self._unban, ban, "actionunban")
            outcomes.append(outcome)
            if hung:
                self._stuck[ban.subject] = ban
                reason = reason or f"not tried after: {outcome.error}"
        return outcomes

    async def _lift_stuck(self) -> None:
        """Lift those whose unban hung, one after the other, until one hangs again.

        Raises:
            NoAnswerError: one did.
        """
        while self._stuck:
            subject, ban = next(iter(self._stuck.items()))
            await self._unban(ban, "actionunban")
            self._stuck.pop(subject, None)

    async def flush(self) -> bool:
        """Run ``actionflush`` where there is one, for the families that have had bans."""
        if not self.commands.has("actionflush"):
            return False
        holding = [family for family in self._started() if self._families[family].holds]
        results = await self.commands.run_distinct("actionflush", holding)
        for family, succeeded in results.items():
            if not succeeded and not await self._flush_again(family):
                raise self._failure("flushing")
            self._families[family].holds = False
            self._forget(family)
        return True

    async def check(self) -> bool:
        """Lift what hung, run ``actioncheck`` for all started families, repair where it fails."""
        try:
            await self._lift_stuck()
            results = [await self._is_sane(f) or await self._repair(f) for f in self._started()]
        except NoAnswerError:
            return False
        return all(results)

    def outdated(self, subject: str) -> bool:
        """Tell whether a repair or a reload lost this ban."""
        return subject in self._lost

    async def stop(self, *, keep: bool = False) -> None:  # noqa: ARG002 - commands keep nothing
        """Run ``actionstop`` for the started families.

        An action without values of its own for a family still stops once for each family that
        it has seen, where its command tells them apart (4.4).
        """
        started = self._started()
        others = set() if self.commands.is_split else self._seen - set(started)
        families = [*started, *sorted(others)] if started else []
        self._families.clear()
        self._seen.clear()
        self._lost.clear()
        self._failed.clear()
        self._stuck.clear()
        results = await self.commands.run_distinct("actionstop", families)
        if not all(results.values()):
            raise self._failure("stopping")

    async def reload(self, settings: ActionSettings) -> None:
        """Take new parameters, and bring them to what is started already.

        With an ``actionreload`` that is its task. Else, if the action keeps something and its
        commands changed, what the old ones made is stopped and started anew: all its bans are
        outdated then, and nobody was unbanned.
        """
        old, self.commands = self.commands, self._make(settings)
        started = self._started()
        if self.commands.has("actionreload"):
            results = await self.commands.run_distinct("actionreload", started)
            if not all(results.values()):
                raise self._failure("reloading")
        elif old.keeps_something() and not self.commands.same_as(old, started):
            await old.run_distinct("actionstop", started)
            for family in started:
                self._lose(family)
                self._families[family].is_started = False
                await self._start(family)

    async def present(self) -> frozenset[str] | None:
        """None: nobody can tell what commands did."""
        return None

    async def ends(self) -> Mapping[str, float | None]:
        """Nothing: nobody can tell."""
        return {}

    async def sync(self, bans: Sequence[Ban]) -> Synced | None:  # noqa: ARG002
        """None: nobody can tell what commands did."""
        return None

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call one of the methods that clients know."""
        if method == "executeCmd":
            return await self.commands.execute(str(arguments["realCmd"]), **arguments)
        return await calls.call(self, self.jail, method, arguments)

    def _started(self) -> list[str]:
        return [name for name, family in self._families.items() if family.is_started]

    def _failure(self, doing: str) -> ActionError:
        return ActionError(
            f"Error {doing} action Jail({self.jail.name!r})/{self.name}: 'Script error'"
        )

    async def _told(
        self, do: Callable[[Ban, str], Awaitable[bool]], ban: Ban, command: str
    ) -> tuple[Outcome, bool]:
        """What came of a command, and whether it hung."""
        begun, hung = time.monotonic(), False
        failed = f"Error {_DOING[command]} {ban.subject}"
        try:
            error = "" if await do(ban, command) else failed
        except NoAnswerError as failure:
            hung, error = True, f"{failed}: {failure}"
        except ActionError as failure:
            error = str(failure)
        return Outcome(self.name, ban.subject, error, time.monotonic() - begun), hung

    async def _start(self, family: str) -> None:
        text = self.commands.text("actionstart", family)
        is_done = any(self.commands.text("actionstart", f) == text for f in self._started())
        if not is_done and not await self.commands.run("actionstart", family):
            raise self._failure("starting")
        self._families[family].is_started = True

    async def _ban(self, ban: Ban, command: str) -> bool:
        if self.commands.norestored and ban.origin is Origin.RESTORED:
            return True
        family = self.commands.family_of(ban)
        state = self._families[family]
        if ban.subject in self._stuck:  # a second rule for it would never be removed
            await self._unban(ban, "actionunban")
            self._stuck.pop(ban.subject, None)
        if not state.is_started:
            await self._start(family)
        state.holds = True  # also if the command fails half-way: the unban has to clean up
        state.held.add(ban.subject)
        self._seen.add(self.commands.address_family(ban))
        if not await self._attempt(command, family, ban, repair=True):
            return False
        self._lost.discard(ban.subject)
        return True

    async def _prolong(self, ban: Ban, command: str) -> bool:
        if not self.commands.has(command):
            return True
        if self.commands.norestored and ban.origin is Origin.RESTORED:
            return True
        return await self._attempt(command, self.commands.family_of(ban), ban, repair=True)

    async def _unban(self, ban: Ban, command: str) -> bool:
        family = self.commands.family_of(ban)
        state = self._families[family]
        state.held.discard(ban.subject)
        self._lost.discard(ban.subject)
        self._failed.discard(ban.subject)
        if not state.holds:
            return True
        repair = self.commands.repairs_on_unban
        return await self._attempt(command, family, ban, repair=repair)

    async def _attempt(self, command: str, family: str, ban: Ban, *, repair: bool) -> bool:
        """Run a command, once more if it fails and nothing else is wrong (4.3)."""
        if await self.commands.run(command, family, ban):
            return True
        if not await self._is_sane(family) and not await self._mend(family, "Unban", repair=repair):
            return False
        return await self.commands.run(command, family, ban)

    async def _flush_again(self, family: str) -> bool:
        repair = self.commands.repairs_on_unban
        if not await self._is_sane(family) and not await self._mend(family, "Flush", repair=repair):
            return False
        return await self.commands.run("actionflush", family)

    async def _is_sane(self, family: str) -> bool:
        return await self.commands.run("actioncheck", family)

    async def _mend(self, family: str, what: str, *, repair: bool) -> bool:
        if repair:
            return await self._repair(family)
        _log.error("Invariant check failed. %s is impossible.", what)
        return False

    async def _repair(self, family: str) -> bool:
        """Make what the check misses (4.8); bans made before it may be gone."""
        _log.error("Invariant check failed. Trying to restore a sane environment")
        self._lose(family)
        self._families[family].is_started = False
        if self.commands.has("actionrepair"):
            restored = await self.commands.run("actionrepair", family)
        else:
            await self.commands.run("actionstop", family)
            restored = await self.commands.run("actionstart", family)
        if restored and await self._is_sane(family):
            self._families[family].is_started = True
            return True
        _log.critical("Unable to restore environment")
        return False

    def _lose(self, family: str) -> None:
        self._lost |= self._families[family].held

    def _forget(self, family: str) -> None:
        self._lost -= self._families[family].held
        self._families[family].held.clear()
