"""The native backend for iptables and ip6tables: many bans in one call of ``iptables-restore``.

The kernel keeps no end for these bans: whoever says when they begin has to say when they are over.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from banward.enforcement import calls
from banward.enforcement.base import Synced
from banward.enforcement.execute import Result, run
from banward.enforcement.iptables_layout import Jump, Layout, banned_in
from banward.enforcement.reconcile import compare
from banward.errors import ActionError
from banward.records import Outcome
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from banward.enforcement.base import JailFacts
    from banward.enforcement.claims import Claims
    from banward.records import Ban, Unban
    from banward.settings import ActionSettings

__all__ = ["IptablesAction"]

_log = logging.getLogger("fail2ban.iptables")

_LIMIT: Final = 60.0
_MOST_OUTPUT: Final = 1 << 28
_FAMILIES: Final = ("inet4", "inet6")
_EXAMPLE: Final = "192.0.2.1"  # a documentation address (RFC 5737)


class _Family:
    """The chain of one address family.

    Args:
        layout: where it lives.
        pids: gets the ids of processes that change the kernel's tables.
    """

    def __init__(self, layout: Layout, pids: set[int]) -> None:
        self.layout = layout
        self.held: dict[str, None] = {}  # whom it bans, the oldest first
        self._pids = pids
        self._is_ready = False

    async def listing(self) -> dict[str, str] | None:
        """Whom the chain bans, to the rules; None if there is no chain.

        Raises:
            ActionError: the program can't be started.
        """
        layout = self.layout
        result = await self._run([*layout.program, "-S", layout.chain])
        if result.succeeded:
            return banned_in(result.out.decode("utf-8", "replace"), layout.chain)
        return None

    async def try_out(self, layout: Layout) -> None:
        """Let iptables judge a layout without changing anything.

        Raises:
            ActionError: it would refuse it.
        """
        jumps = [f"-I {jump.chain} 1 {jump.rule}" for jump in layout.jumps]
        lines = ["*filter", *layout.fill([_EXAMPLE]), *jumps, "COMMIT", ""]
        result = await self._run([*layout.restore, "--test"], "\n".join(lines).encode())
        if not result.succeeded:
            raise ActionError(_reason(layout.restore[0], result))

    async def ban(self, subjects: Sequence[str]) -> None:
        """Ban; what is missing of the chain and its bans is made in the same transaction.

        Raises:
            ActionError: nobody of them is banned.
        """
        new = [subject for subject in subjects if subject not in self.held]
        if self._is_ready:
            try:
                await self._change([self.layout.ban(subject) for subject in new])
            except ActionError:
                self._is_ready = False  # somebody may have taken the chain away: look
            else:
                self.held |= dict.fromkeys(new)
                return
        await self.sync([*self.held, *new])

    async def unban(self, subjects: Sequence[str]) -> None:
        """Lift bans; who is not banned is no error.

        Raises:
            ActionError: they are still in force.
        """
        try:
            await self._change([self.layout.unban(subject) for subject in subjects])
        except ActionError:
            there = await self.listing() or {}
            chain = self.layout.chain
            await self._change([f"-D {chain} {there[s]}" for s in subjects if s in there])
        for subject in subjects:
            self.held.pop(subject, None)

    async def flush(self) -> None:
        """Lift all bans."""
        if self.held and await self.listing() is not None:
            await self._change(self.layout.fill([]))
        self.held.clear()

    async def remove(self) -> None:
        """Remove jumps and chain, if they are there."""
        if await self.listing() is not None:
            jumps = await self._present_jumps()
            chain = self.layout.chain
            await self._change([*(f"-D {jump}" for jump in jumps), f"-F {chain}", f"-X {chain}"])
        self._is_ready = False
        self.held.clear()

    async def move(self, layout: Layout) -> None:
        """Go on under another layout; all bans stay in force."""
        if layout == self.layout:
            return
        old, self.layout = _Family(self.layout, self._pids), layout
        if not self._is_ready:
            return
        stale = [jump for jump in await old._present_jumps() if jump not in layout.jumps]
        await self._change(
            [
                *layout.fill(list(self.held)),
                *await self._missing_jumps(),
                *(f"-D {jump}" for jump in stale),
            ]
        )
        if old.layout.chain != layout.chain:
            await old.remove()

    async def check(self) -> None:
        """Make what is missing of chain, jumps and bans, if it was made before."""
        if self._is_ready:
            await self.sync(list(self.held))

    async def sync(self, wanted: Sequence[str]) -> Synced:
        """Make the chain ban just these, in one transaction.

        Raises:
            ActionError: it can't be read or changed.
        """
        there = await self.listing()
        if there is None and not wanted:
            return Synced()
        found = compare(dict.fromkeys(there or (), None), dict.fromkeys(wanted, 0.0))
        differs = there is None or found.add or found.remove
        jumps = await self._missing_jumps()
        await self._change([*(self.layout.fill(list(wanted)) if differs else []), *jumps])
        self._is_ready = True
        self.held = dict.fromkeys(wanted)
        return Synced(found.add, found.remove, rebuilt=there is None or bool(jumps))

    async def _missing_jumps(self) -> list[str]:
        there = await self._present_jumps()
        missing = [jump for jump in self.layout.jumps if jump not in there]
        return [f"-I {jump.chain} 1 {jump.rule}" for jump in reversed(missing)]

    async def _present_jumps(self) -> list[Jump]:
        found = []
        for jump in self.layout.jumps:
            words = [*self.layout.program, "-C", jump.chain, *jump.rule.split()]
            if (await self._run(words)).succeeded:
                found.append(jump)
        return found

    async def _change(self, lines: Sequence[str]) -> None:
        """Carry out changes, all or none."""
        if lines:
            text = "\n".join(["*filter", *lines, "COMMIT", ""])
            result = await self._run(self.layout.restore, text.encode())
            if not result.succeeded:
                raise ActionError(_reason(self.layout.restore[0], result))

    async def _run(self, argv: Sequence[str], stdin: bytes = b"") -> Result:
        try:
            return await run(argv, limit=_LIMIT, stdin=stdin, most=_MOST_OUTPUT, pids=self._pids)
        except OSError as error:
            raise ActionError(f"{argv[0]} can't be started: {error}") from error


def _reason(program: str, result: Result) -> str:
    if result.timed_out:
        return f"{program} did not answer within {_LIMIT:.0f} seconds"
    lines = result.err.decode("utf-8", "replace").split("\n")
    told = next((line.strip() for line in lines if line.strip()), f"exit code {result.code}")
    return told if told.startswith(program) else f"{program}: {told}"


class IptablesAction:
    """An action of a jail, done by rules of iptables and ip6tables.

    Args:
        settings: the parameters of action ``iptables``.
        jail: the jail that it belongs to.
        claims: who uses which chain; shared by all actions.
        pids: gets the ids of processes that change the kernel's tables.

    Raises:
        ActionError: a parameter can't be used.
    """

    keeps = True

    def __init__(
        self, settings: ActionSettings, jail: JailFacts, claims: Claims, pids: set[int]
    ) -> None:
        self.name = settings.name
        self.jail = jail
        self._claims = claims
        self._families = {
            family: _Family(layout, pids) for family, layout in self._layouts(settings).items()
        }

    def _layouts(self, settings: ActionSettings) -> dict[str, Layout]:
        owner = f"{self.jail.name}\n{self.name}"
        return {
            family: Layout.read(
                settings.params,
                family,
                jail=self.jail.name,
                action=self.name,
                claim=lambda name: self._claims.claim(owner, name),
            )
            for family in _FAMILIES
        }

    async def start(self) -> None:
        """Try the parameters; chain and jumps come with the first ban of a family (4.4)."""
        family = self._families[_FAMILIES[0]]
        await family.try_out(family.layout)

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Insert a rule for each."""
        return await self._each([ban.subject for ban in bans], _Family.ban)

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Insert a rule for each that has none."""
        return await self.ban(bans)

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Do nothing: a rule has no end."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Do nothing: a rule has no end."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Delete the rule of each."""
        return await self._each([unban.ban.subject for unban in unbans], _Family.unban)

    async def _each(
        self, subjects: Sequence[str], do: Callable[[_Family, Sequence[str]], Awaitable[None]]
    ) -> list[Outcome]:
        begun = time.monotonic()
        by_family = _by_family(subjects)
        errors = {s: f"{s!r} is no address: iptables can't ban it" for s in by_family.pop("", ())}
        for name, members in by_family.items():
            try:
                await do(self._families[name], members)
            except ActionError as error:
                errors |= dict.fromkeys(members, str(error))
        took = time.monotonic() - begun
        return [Outcome(self.name, s, errors.get(s, ""), took) for s in subjects]

    async def flush(self) -> bool:
        """Empty the chains."""
        for family in self._families.values():
            await family.flush()
        return True

    async def check(self) -> bool:
        """Look whether chains, jumps and bans are there, and make what is missing."""
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
        """Remove jumps and chains, unless bans are to stay in force."""
        if keep:
            return
        for name, family in self._families.items():
            try:
                await family.remove()
            except ActionError:
                if family.held or name == _FAMILIES[0]:  # a host may have no ip6tables
                    raise

    async def reload(self, settings: ActionSettings) -> None:
        """Change jumps and rules, or move the bans to another chain; all stay in force."""
        layouts = self._layouts(settings)
        await self._families[_FAMILIES[0]].try_out(layouts[_FAMILIES[0]])
        for name, layout in layouts.items():
            await self._families[name].move(layout)

    async def present(self) -> frozenset[str]:
        """The subjects whose rules are in the kernel."""
        found: set[str] = set()
        for family in self._families.values():
            found |= (await family.listing() or {}).keys()
        return frozenset(found)

    async def sync(self, bans: Sequence[Ban]) -> Synced:
        """Make the chains ban just these."""
        wanted = _by_family([ban.subject for ban in bans])
        total = Synced()
        for name, family in self._families.items():
            members = wanted.get(name, [])
            try:
                total = _sum(total, await family.sync(members))
            except ActionError as error:
                errors = tuple((subject, str(error)) for subject in members)
                total = _sum(total, Synced(errors=errors))
        return total

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call one of the methods that clients know."""
        return await calls.call(self, self.jail, method, arguments)


def _by_family(subjects: Iterable[str]) -> dict[str, list[str]]:
    """Subjects by the text of their family; those that are no address under an empty text."""
    found: dict[str, list[str]] = {}
    for subject in dict.fromkeys(subjects):
        found.setdefault(Subject.parse(subject).family or "", []).append(subject)
    return found


def _sum(one: Synced, other: Synced) -> Synced:
    return Synced(
        added=one.added + other.added,
        removed=one.removed + other.removed,
        rebuilt=one.rebuilt or other.rebuilt,
        errors=one.errors + other.errors,
    )
