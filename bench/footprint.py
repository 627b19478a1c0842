"""Memory of a server at rest and at work, and the CPU time of the small commands."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
from typing import TYPE_CHECKING

from kernel import addresses, bans, jail
from servers import BANWARD, PEER, Program, Server, pss_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["both", "command_cpu", "loaded"]

_LINE = "Nov 26 12:00:00 web1 sshd[1]: Failed password for root from 192.0.2.1 port 9 ssh2"
_LAST = "2001:db8:ffff::1"


def idle(program: Program, folder: Path) -> float:
    """MiB of a server with one jail and nothing to do."""
    folder.mkdir()
    backend = "polling" if program.rules else "auto"
    jails = jail(folder / "auth.log", backend=backend)
    try:
        with Server(program, folder / "server", jails) as server:
            server.rest()
            return pss_of([server.pid])
    finally:
        shutil.rmtree(folder)


def loaded(folder: Path, banned: int, tracked: int) -> float:
    """MiB of Banward with so many bans, and so many addresses that failed once."""
    folder.mkdir()
    log = folder / "auth.log"
    (folder / "addresses").write_text("\n".join(addresses(banned)) + "\n")
    try:
        with Server(BANWARD, folder / "server", jail(log)) as server:
            server.rest()
            bans(server, folder / "addresses")
            with log.open("a") as file:
                for number in range(tracked):
                    _fail(file, f"2001:db8:{number >> 16:x}::{number & 0xFFFF:x}")
                _fail(file, _LAST)
            key = f"Found sshd {_LAST}"
            server.wait(lambda: bool(server.told[key]), "tracking")
            server.rest()
            return pss_of([server.pid])
    finally:
        shutil.rmtree(folder)


def _fail(file: object, address: str) -> None:
    stamp = time.strftime("%b %d %H:%M:%S")
    line = f"{stamp} web1 sshd[7]: Failed password for root from {address} port 9 ssh2"
    print(line, file=file)  # type: ignore[call-overload]


def ping(program: Program, folder: Path, rounds: int) -> list[float]:
    """CPU milliseconds of ``fail2ban-client ping``, each time."""
    folder.mkdir()
    try:
        with Server(program, folder / "server", jail(folder / "auth.log")) as server:
            server.rest()
            command = server.command("fail2ban-client", "ping")
            return [command_cpu(command, program) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder)


def regex(program: Program, rounds: int) -> list[float]:
    """CPU milliseconds of ``fail2ban-regex`` on one line with the filter ``sshd``."""
    where = ["-c", str(program.rules)] if program.rules else []
    command = program.command("fail2ban-regex", *where, _LINE, "sshd")
    return [command_cpu(command, program) for _ in range(rounds)]


def command_cpu(command: Sequence[str], program: Program = BANWARD) -> float:
    """CPU milliseconds of a command and of what it starts."""
    process = subprocess.Popen(
        command, env=program.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return (used.ru_utime + used.ru_stime) * 1000


def both(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Memory and small commands of both servers, at the median."""
    return {
        program.name: {
            "idle_mib": idle(program, folder / "idle"),
            "ping_ms": statistics.median(ping(program, folder / "ping", rounds)),
            "regex_ms": statistics.median(regex(program, rounds)),
        }
        for program in (BANWARD, PEER)
    }
