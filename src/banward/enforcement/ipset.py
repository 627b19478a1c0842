"""The native backend for ipset: bans in a kernel set that a rule of iptables looks into.

Bans end in the kernel by themselves, save those of more than 24 days, which ipset can't time.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from banward.enforcement.base import Synced
from banward.enforcement.held import HeldFamily
from banward.enforcement.iptables_layout import Parameters
from banward.enforcement.reconcile import compare
from banward.enforcement.xtables import LIMIT, Jump, Xtables, reason
from banward.errors import ActionError
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from banward.clock import Clock
    from banward.enforcement.families import Ends

__all__ = ["IpsetFamily", "IpsetLayout"]

_LONGEST_NAME: Final = 31
"""Letters that ipset takes for a name (IPSET_MAXNAMELEN)."""

_LONGEST_TIMEOUT: Final = 2_147_483
"""Seconds of the longest time that ipset can measure."""

_PAUSES: Final = (0.05, 0.2, 1.0)
"""Seconds to wait before each further try to remove a set."""

_MOST: Final = 1_048_576
"""Elements that a set takes; fail2ban's 65,536 are too few for a busy host."""

_DEFAULTS: Final = {
    "ipmset": "f2b-<name>",
    "ipmset?family=inet6": "f2b-<name>6",
    "ipset": "ipset",
    "maxelem": str(_MOST),
}


@dataclass(frozen=True, slots=True)
class IpsetLayout:
    """Where the bans of one action and one address family live.

    Args:
        program: iptables or ip6tables and its options, as words.
        ipset: the program ipset and its options.
        name: name of the set.
        create: the rest of the command that makes it.
        jumps: the rules that look into it.
        limit: seconds that a command may take.
    """

    program: tuple[str, ...]
    ipset: tuple[str, ...]
    name: str
    create: str
    jumps: tuple[Jump, ...]
    limit: float = LIMIT

    @classmethod
    def read(
        cls,
        params: Mapping[str, str],
        family: str,
        *,
        jail: str,
        action: str,
        claim: Callable[[str], str],
    ) -> IpsetLayout:
        """Read the parameters of action ``iptables-ipset`` for a family.

        The set is always of type ``hash:net``, which holds addresses and networks alike.

        Raises:
            ActionError: a parameter can't be used; names it, its value and what was expected.
        """
        values = Parameters(params, jail, action, _DEFAULTS)
        name = claim(values.words("ipmset", family)[0])
        if len(name) > _LONGEST_NAME:
            raise values.refusal("ipmset", name, f"at most {_LONGEST_NAME} letters")
        most = values.text("maxelem", family)
        if not most.isdecimal():
            raise values.refusal("maxelem", most, "a number")
        inet = "inet6" if family == "inet6" else "inet"
        block = values.text("blocktype", family)
        return cls(
            program=values.program(family),
            ipset=tuple(values.text("ipset", family).split()),
            name=name,
            create=f"hash:net family {inet} hashsize 1024 maxelem {most} timeout 0",
            jumps=values.jumps(family, f"-m set --match-set {name} src -j {block}"),
            limit=values.limit(family),
        )


class IpsetFamily(HeldFamily):
    """The set of one address family.

    Args:
        layout: where it lives.
        pids: gets the ids of processes that change the kernel's tables.
        clock: tells how long a ban still lasts.
    """

    def __init__(self, layout: IpsetLayout, pids: set[int], clock: Clock) -> None:
        super().__init__()
        self.layout = layout
        self._clock = clock
        self._tables = Xtables(layout.program, pids, layout.limit)

    async def try_out(self, layout: IpsetLayout) -> None:
        """Nothing: a rule can be judged only once its set is there."""

    async def _add_to_kernel(self, ends: Ends) -> None:
        """Add elements; with -exist that sets the time of those that are there."""
        await self._change(self._add(ends))

    async def unban(self, ends: Ends) -> None:
        """Take elements out."""
        if await self._listing() is not None:
            await self._change([f"del {self.layout.name} {text}" for text in ends])
        for text in ends:
            self._held.pop(text, None)

    async def flush(self) -> None:
        """Empty the set."""
        if self._is_ready and await self._listing() is not None:
            await self._change([f"flush {self.layout.name}"])
        self._held.clear()

    async def remove(self) -> None:
        """Remove rule and set."""
        there = None
        with contextlib.suppress(ActionError):  # no program, no set: the host may lack it
            there = await self._listing()
        if there is not None:
            await self._remove_rules(self.layout)
            await self._destroy(self.layout.name)
        self._is_ready = False
        self._held.clear()

    async def move(self, layout: IpsetLayout) -> None:
        """Replace the rules, or go on in another set."""
        old, self.layout = self.layout, layout
        if not self._is_ready:
            return
        await self.sync(dict(self._held))
        stale = [jump for jump in old.jumps if jump not in layout.jumps]
        gone = [f"-D {jump}" for jump in await self._tables.present(stale)]
        await self._tables.change(gone)
        if old.name != layout.name:
            await self._destroy(old.name)

    async def sync(self, ends: Ends) -> Synced:
        """Make the set hold just these."""
        there = await self._listing()
        if there is None and not ends:
            return Synced()
        now = self._clock.now()
        wanted = {text: end for text, end in ends.items() if end > now}
        found = compare(
            there or {}, {text: self._kept_end(end, now) for text, end in wanted.items()}
        )
        lines = [] if there is not None else [f"create {self.layout.name} {self.layout.create}"]
        lines += self._add({text: wanted[text] for text in (*found.add, *found.retime)})
        lines += [f"del {self.layout.name} {text}" for text in found.remove]
        await self._change(lines)
        jumps = await self._tables.missing(self.layout.jumps)
        await self._tables.change(jumps)
        self._is_ready = True
        self._held = dict(wanted)
        rebuilt = there is None or bool(jumps)
        return Synced(found.add, found.remove, found.retime, rebuilt=rebuilt)

    async def _listing(self) -> Ends | None:
        """Whom the set holds to their ends; None if there is no set of ours.

        A set of another kind, which an earlier fail2ban left, is removed.
        """
        result = await self._tables.run([*self.layout.ipset, "save", self.layout.name])
        if not result.succeeded:
            return None
        head, *elements = result.out.decode("utf-8", "replace").splitlines()
        if " hash:net " not in head or " timeout " not in head:
            await self._remove_rules(self.layout)
            await self._destroy(self.layout.name)
            return None
        return dict(_element(line, self._clock.now()) for line in elements)

    async def _remove_rules(self, layout: IpsetLayout) -> None:
        """Remove every rule that looks into the set, whoever made it."""
        listing = await self._tables.ask("-S") or ""
        mark = f" --match-set {layout.name} "
        rules = [line for line in listing.splitlines() if mark in line and line.startswith("-A ")]
        await self._tables.change([f"-D {line.removeprefix('-A ')}" for line in rules])

    async def _destroy(self, name: str) -> None:
        """Remove a set, which the kernel lets go of only a moment after the rule is gone."""
        for pause in _PAUSES:
            with contextlib.suppress(ActionError):
                return await self._change([f"destroy {name}"])
            await asyncio.sleep(pause)
        await self._change([f"destroy {name}"])
        return None

    def _kept_end(self, end: float, now: float) -> float:
        return float("inf") if end - now > _LONGEST_TIMEOUT else end

    def _add(self, ends: Ends) -> list[str]:
        now = self._clock.now()
        lines = []
        for text, end in ends.items():
            left = self._kept_end(end, now) - now
            seconds = 0 if math.isinf(left) else math.ceil(left)
            if left > 0:
                lines.append(f"add {self.layout.name} {text} timeout {seconds}")
        return lines

    async def _change(self, lines: list[str]) -> None:
        if lines:
            argv = [*self.layout.ipset, "-exist", "restore"]
            result = await self._tables.run(argv, "\n".join([*lines, ""]))
            if not result.succeeded:
                raise ActionError(reason(argv[0], result))


def _element(line: str, now: float) -> tuple[str, float]:
    """The subject of a line ``add NAME SUBJECT timeout N`` and its end."""
    words = line.split()
    seconds = int(words[words.index("timeout") + 1]) if "timeout" in words else 0
    return Subject.parse(words[2]).text, now + seconds if seconds else float("inf")
