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

__all__ = ["Jump", "Xtables", "reason", "run_tool"]

_LIMIT: Final = 60.0
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
    """

    def __init__(self, program: Sequence[str], pids: set[int]) -> None:
        self._program = list(program)
        self._restore = [f"{self._program[0]}-restore", "--noflush", "-w"]
        self._pids = pids

    async def ask(self, *words: str) -> str | None:
        """What a question is answered with, None if the program says no.

        Raises:
            ActionError: the program can't be started.
        """
        result = await run_tool([*self._program, *words], self._pids)
        return result.out.decode("utf-8", "replace") if result.succeeded else None

    async def change(self, lines: Sequence[str], *, trial: bool = False) -> None:
        """Carry out changes of the table ``filter``, all or none.

        Args:
            lines: the changes as ``iptables-restore`` reads them.
            trial: only let it judge them.

        Raises:
            ActionError: they are refused.
        """
        if lines:
            argv = [*self._restore, "--test"] if trial else self._restore
            text = "\n".join(["*filter", *lines, "COMMIT", ""])
            result = await run_tool(argv, self._pids, text)
            if not result.succeeded:
                raise ActionError(reason(argv[0], result))

    async def present(self, jumps: Iterable[Jump]) -> list[Jump]:
        """Those of some rules that are there."""
        return [j for j in jumps if await self.ask("-C", j.chain, *j.rule.split()) is not None]

    async def missing(self, jumps: Sequence[Jump]) -> list[str]:
        """The changes that put those of some rules at the top which are not there."""
        there = await self.present(jumps)
        return [f"-I {j.chain} 1 {j.rule}" for j in reversed(jumps) if j not in there]


async def run_tool(argv: Sequence[str], pids: set[int], stdin: str = "") -> Result:
    """Run a program of the firewall to its end.

    Raises:
        ActionError: it can't be started.
    """
    text = stdin.encode()
    try:
        return await run(argv, limit=_LIMIT, stdin=text, most=_MOST_OUTPUT, pids=pids)
    except OSError as error:
        raise NoAnswerError(f"{argv[0]} can't be started: {error}") from error


def reason(program: str, result: Result) -> str:
    """What a program that failed says, in one line."""
    if result.timed_out:
        return f"{program} did not answer within {_LIMIT:.0f} seconds"
    lines = result.err.decode("utf-8", "replace").split("\n")
    told = next((line.strip() for line in lines if line.strip()), f"exit code {result.code}")
    return told if told.startswith(program) else f"{program}: {told}"
