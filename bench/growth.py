"""What a line and a ban cost by how much there is already: bans, tracked addresses, jails.

Each curve is taken from one server that gets more and more, so that its points differ in nothing
else. All figures are CPU microseconds of both processes.
"""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kernel import addresses, bans, jail
from logs import SENTINEL, lines_of
from servers import BANWARD, Server, cpu_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Curve", "by_bans", "by_jails", "by_tracked"]

Curve = list[tuple[int, float]]
"""How much there is, to the microseconds that one thing more costs."""


class _Probe:
    """A server whose cost for each line of one log is taken again and again."""

    def __init__(self, server: Server, log: Path, lines: int) -> None:
        self._server = server
        self._log = log
        self._lines = lines
        self._key = f"Found sshd {SENTINEL}"

    def cost(self) -> float:
        """Microseconds for each line of auth.log."""
        rows = list(lines_of("auth.log", self._lines, 0.15, end=time.time(), attackers=500))
        return self.spent(rows) * 1e6 / len(rows)

    def spent(self, rows: Sequence[str]) -> float:
        """CPU seconds for lines, the last of which are the sentinel's."""
        self._server.rest()
        before, seen = cpu_of([self._server.pid]), self._server.told[self._key]
        with self._log.open("a") as file:
            file.write("".join(f"{row}\n" for row in rows))
        ends = seen + sum(SENTINEL in row and "Failed" in row for row in rows[-120:])
        self._server.wait(lambda: self._server.told[self._key] >= ends, "growth")
        self._server.rest()
        return cpu_of([self._server.pid]) - before


@contextmanager
def _probed(folder: Path, lines: int, *, quiet: int = 0) -> Iterator[tuple[Server, _Probe]]:
    """A server that has read its first lines, in a folder that is removed afterwards.

    Args:
        folder: where its files are; made here.
        lines: how many lines a cost is taken of.
        quiet: so many jails more, each with a log of its own in which nothing is written.
    """
    folder.mkdir()
    try:
        log = folder / "auth.log"
        # The limit is out of reach; who failed keeps as many lines as with the usual one.
        jails = jail(log, maxretry="1000000", maxmatches="5")
        for number in range(quiet):
            silent = folder / f"quiet-{number}.log"
            silent.touch()
            jails[f"quiet-{number}"] = jails["sshd"] | {"logpath": str(silent), "filter": "sshd"}
        with Server(BANWARD, folder / "server", jails) as server:
            probe = _Probe(server, log, lines)
            probe.cost()
            yield server, probe
    finally:
        shutil.rmtree(folder)


def by_bans(folder: Path, steps: Sequence[int], lines: int) -> tuple[Curve, Curve]:
    """Cost for each line, and for each ban, by the number of bans."""
    of_line: Curve = []
    of_ban: Curve = []
    with _probed(folder, lines) as (server, probe):
        listed = folder / "addresses"
        there = 0
        for step in steps:
            if step > there:
                listed.write_text("\n".join(addresses(step - there, there)))
                server.rest()
                cost = bans(server, listed)["cpu"] * 1e6 / (step - there)
                of_ban.append((step, cost))
                there = step
            of_line.append((there, probe.cost()))
    return of_line, of_ban


def by_tracked(folder: Path, steps: Sequence[int], lines: int) -> Curve:
    """Cost for each line by the number of addresses that failed once."""
    curve: Curve = []
    with _probed(folder, lines) as (_, probe):
        there = 0
        for step in steps:
            stamp = time.strftime("%b %d %H:%M:%S")
            probe.spent([_failure(stamp, a) for a in (*addresses(step - there, there), SENTINEL)])
            there = step
            curve.append((step, probe.cost()))
    return curve


def by_jails(folder: Path, steps: Sequence[int], lines: int) -> Curve:
    """Cost for each line of one jail by the number of other jails, each with a log of its own."""
    curve: Curve = []
    for step in steps:
        with _probed(folder, lines, quiet=step - 1) as (_, probe):
            curve.append((step, probe.cost()))
    return curve


def _failure(stamp: str, address: str) -> str:
    return f"{stamp} web1 sshd[7]: Failed password for root from {address} port 9 ssh2"
