"""What a line and a ban cost by how much there is already: bans, tracked addresses, jails.

Each curve is taken from one server that gets more and more, so that its points differ in nothing
else. All figures are CPU microseconds of both processes.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from kernel import addresses, bans, jail
from logs import SENTINEL, lines_of
from servers import BANWARD, Server, cpu_of

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        rows = list(lines_of("auth.log", self._lines, 0.15, end=time.time()))
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


def by_bans(folder: Path, steps: Sequence[int], lines: int) -> tuple[Curve, Curve]:
    """Cost for each line, and for each ban, by the number of bans."""
    folder.mkdir()
    log, listed = folder / "auth.log", folder / "addresses"
    of_line: Curve = []
    of_ban: Curve = []
    try:
        with Server(BANWARD, folder / "server", jail(log, maxretry="1000000")) as server:
            probe = _Probe(server, log, lines)
            probe.cost()
            there = 0
            for step in steps:
                if step > there:
                    listed.write_text("\n".join(addresses(step - there, there)))
                    server.rest()
                    cost = bans(server, listed)["cpu"] * 1e6 / (step - there)
                    of_ban.append((step, cost))
                    there = step
                of_line.append((there, probe.cost()))
    finally:
        shutil.rmtree(folder)
    return of_line, of_ban


def by_tracked(folder: Path, steps: Sequence[int], lines: int) -> Curve:
    """Cost for each line by the number of addresses that failed once."""
    folder.mkdir()
    log = folder / "auth.log"
    curve: Curve = []
    try:
        with Server(BANWARD, folder / "server", jail(log, maxretry="1000000")) as server:
            probe = _Probe(server, log, lines)
            probe.cost()
            there = 0
            for step in steps:
                stamp = time.strftime("%b %d %H:%M:%S")
                probe.spent(
                    [_failure(stamp, a) for a in (*addresses(step - there, there), SENTINEL)]
                )
                there = step
                curve.append((step, probe.cost()))
    finally:
        shutil.rmtree(folder)
    return curve


def _failure(stamp: str, address: str) -> str:
    return f"{stamp} web1 sshd[7]: Failed password for root from {address} port 9 ssh2"


def by_jails(folder: Path, steps: Sequence[int], lines: int) -> Curve:
    """Cost for each line of one jail by the number of other jails, each with a log of its own."""
    curve: Curve = []
    for step in steps:
        folder.mkdir()
        log = folder / "auth.log"
        jails = jail(log, maxretry="1000000")
        for number in range(step - 1):
            quiet = folder / f"quiet-{number}.log"
            quiet.touch()
            jails[f"quiet-{number}"] = jails["sshd"] | {"logpath": str(quiet), "filter": "sshd"}
        try:
            with Server(BANWARD, folder / "server", jails) as server:
                probe = _Probe(server, log, lines)
                probe.cost()
                curve.append((step, probe.cost()))
        finally:
            shutil.rmtree(folder)
    return curve
