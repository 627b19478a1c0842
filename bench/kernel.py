"""Bans in the kernel: how soon one is there, how long many take, whether a restart leaves a gap.

Everything runs in network namespaces of its own (``banward.testing.world``).
"""

from __future__ import annotations

import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from servers import BANWARD, Program, Server, cpu_of, pss_of

from banward.cli.client_link import Link
from banward.testing.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Prober", "addresses", "bans", "jail", "latency", "mass"]

_HERE = Path(__file__).resolve().parent
_BANNED = re.compile(r"\b198\.1[89]\.\d+\.\d+\b")
_ATTACKER = "10.0.0.2"


def addresses(count: int, first: int = 0) -> list[str]:
    """Different addresses of 198.18.0.0/15, at most 131,000."""
    numbers = range(first, first + count)
    return [f"198.{18 + (n >> 16)}.{n >> 8 & 255}.{n & 255}" for n in numbers]


def jail(log: Path, **options: str) -> dict[str, dict[str, str]]:
    """The configuration of one sshd jail over a log, with nftables."""
    log.touch()
    own = {"enabled": "true", "logpath": str(log), "backend": "auto", "port": "22"}
    return {
        "DEFAULT": {"banaction": "nftables-multiport", "ignoreself": "false", "usedns": "no"},
        "sshd": own | {"maxretry": "5", "findtime": "1d", "bantime": "1w"} | options,
    }


def latency(program: Program, folder: Path, count: int) -> dict[str, float]:
    """Milliseconds from line to kernel, at the median and at the 99th of a hundred."""
    folder.mkdir()
    log = folder / "auth.log"
    backend = "polling" if program.rules else "auto"
    jails = jail(log, maxretry="1", backend=backend)
    try:
        with (
            World({"server": 1}) as world,
            Server(program, folder / "server", jails, world.command("server", [])) as server,
        ):
            server.rest()
            asked = [sys.executable, str(_HERE / "latency.py"), str(log), str(count + 1)]
            told = world.run("server", *asked, check=True, timeout=600).stdout
    finally:
        shutil.rmtree(folder)
    figures = sorted(float(line) * 1000 for line in told.split()[1:])  # the first makes the sets
    return {"p50": statistics.median(figures), "p99": figures[int(len(figures) * 0.99)]}


class Prober:
    """Pings a server all the time, and keeps the longest that it had to wait, in milliseconds."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._end = threading.Event()
        self.longest = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        with Link(self._path, timeout=60) as link:
            while not self._end.wait(0.005):
                begun = time.monotonic()
                link.ask(["ping"])
                self.longest = max(self.longest, (time.monotonic() - begun) * 1000)


def _timed(do: Callable[[], object]) -> float:
    begun = time.monotonic()
    do()
    return time.monotonic() - begun


def bans(server: Server, listed: Path) -> dict[str, float]:
    """Let Banward ban the addresses of a file; seconds, CPU seconds, longest answer to a ping."""
    words = ["ban", "--file", str(listed), "-j", "sshd", "--socket", str(server.folder / "socket")]
    before = cpu_of([server.pid])
    with Prober(server.folder / "socket") as prober:
        took = _timed(
            lambda: subprocess.run(
                BANWARD.command("banward", *words),
                env=BANWARD.environment,
                check=True,
                capture_output=True,
            )
        )
    return {"seconds": took, "cpu": cpu_of([server.pid]) - before, "ping_ms": prober.longest}


def _in_kernel(world: World) -> int:
    listing = world.run("server", "nft", "list", "ruleset", check=True).stdout
    return len(_BANNED.findall(listing))


def mass(folder: Path, count: int) -> dict[str, Any]:
    """What many bans cost: put in force, kept over a restart, lifted at a stop."""
    folder.mkdir()
    listed = folder / "addresses"
    listed.write_text("\n".join([_ATTACKER, *addresses(count)]) + "\n")
    found: dict[str, Any] = {"count": count}
    try:
        with World({"server": 1, "attacker": 2}) as world:
            prefix = world.command("server", [])
            with Server(BANWARD, folder / "server", jail(folder / "auth.log"), prefix) as server:
                server.rest()
                found["ban"] = bans(server, listed)
                found["in_kernel"] = _in_kernel(world)
                server.rest()
                found["pss_mib"] = pss_of([server.pid])
                found["restart"] = _restart(server, world)
                found["in_kernel_after_restart"] = _in_kernel(world)
                server.rest()
                found["stop_seconds"] = _timed(lambda: server.client("stop"))
                server.wait_ended()
                found["in_kernel_after_stop"] = _in_kernel(world)
    finally:
        shutil.rmtree(folder)
    return found


def _restart(server: Server, world: World) -> dict[str, float]:
    """End and start the server while somebody who is banned tries to get in."""
    knock = [sys.executable, str(_HERE / "knock.py")]
    world.start("server", *knock, "open", "10.0.0.1")
    with subprocess.Popen(
        world.command("attacker", [*knock, "try", "10.0.0.1"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as knocker:
        time.sleep(0.3)
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        server.wait_ended()
        down = time.monotonic()
        server.start()
        up = time.monotonic()
        time.sleep(0.5)
        tries, got_in = map(int, knocker.communicate()[0].split())
    return {"down_s": down - begun, "up_s": up - down, "tries": tries, "got_in": got_in}
