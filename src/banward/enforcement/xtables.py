"""Speaks to iptables or ip6tables: changes as one transaction, and questions about single rules.

It does not know whose chains and rules these are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from banward.enforcement.execute import Result, run
from banward.errors import ActionError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["LIMIT", "Jump", "Xtables", "reason"]

LIMIT: Final = 60.0
"""Seconds that a program may take, unless an action says otherwise (``timeout``)."""

_MOST_OUTPUT: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Jump:
    """A rule in somebody else's chain that leads to our bans: where it stands, and its text."""

    chain: str
    rule: str

    def __str__(self) -> str:
        return f"{self.chain} {self.rule}"


class Xtables:
    """One of the two programs.

    Args:
        program: the program and its options, as words.
        pids: gets the ids of processes that change the kernel's tables.
        limit: seconds that a program may take.
    """

    def __init__(self, program: Sequence[str], pids: set[int], limit: float = LIMIT) -> None:
        self._program = list(program)
        self._restore = [f"{self._program[0]}-restore", "--noflush", "-w"]
        self._pids = pids
        self._limit = limit
        self._is_nftables: bool | None = None

    async def ask(self, *words: str) -> str | None:
        """What a question is answered with, None if the program says no.

        Raises:
            NoAnswerError: the program can't be started, or hangs.
        """
        result = await self.run([*self._program, *words])
        return result.out.decode("utf-8", "replace") if result.succeeded else None

    async def change(self, lines: Sequence[str], *, trial: bool = False) -> None:
        """Carry out changes of the table ``filter``, all or none.

        Args:
            lines: the changes as ``iptables-restore`` reads them.
            trial: only let it judge them.

        Raises:
            ActionError: they are refused.
            NoAnswerError: the program can't be started, or hangs.
        """
        if lines:
            argv = [*self._restore, "--test"] if trial else self._restore
            text = "\n".join(["*filter", *lines, "COMMIT", ""])
            result = await self.run(argv, text)
            if not result.succeeded:
                raise ActionError(reason(argv[0], result))

    async def is_nftables(self) -> bool:
        """Whether the program makes rules of nftables (iptables-nft, ``xtables-nft(8)``)."""
        if self._is_nftables is None:
            self._is_nftables = "nf_tables" in (await self.ask("-V") or "")
        return self._is_nftables

    async def run(self, argv: Sequence[str], stdin: str = "") -> Result:
        """Run a program of the firewall to its end.

        Raises:
            NoAnswerError: it can't be started, or hangs.
        """
        text, limit = stdin.encode(), self._limit
        try:
            result = await run(argv, limit=limit, stdin=text, most=_MOST_OUTPUT, pids=self._pids)
        except OSError as error:
            raise NoAnswerError(f"{argv[0]} can't be started: {error}") from error
        if result.timed_out:
            raise NoAnswerError(f"{argv[0]} did not answer within {limit:g} seconds")
        return result

    async def present(self, jumps: Iterable[Jump]) -> list[Jump]:
        """Those of some rules that are there."""
        return [j for j in jumps if await self.ask("-C", j.chain, *j.rule.split()) is not None]

    async def missing(self, jumps: Sequence[Jump]) -> list[str]:
        """The changes that put those of some rules at the top which are not there."""
        there = await self.present(jumps)
        return [f"-I {j.chain} 1 {j.rule}" for j in reversed(jumps) if j not in there]


def reason(program: str, result: Result) -> str:
    """What a program that failed says, in one line."""
    lines = result.err.decode("utf-8", "replace").split("\n")
    told = next((line.strip() for line in lines if line.strip()), f"exit code {result.code}")
    return told if told.startswith(program) else f"{program}: {told}"
