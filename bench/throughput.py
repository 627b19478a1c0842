"""How much CPU time a server needs for the lines of logs, in the whole path from file to database.

Both servers run, one after the other, over the same lines, which are appended at once to files
that are followed. What they found and banned has to be equal. No action runs: enforcement is
measured elsewhere.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logs import SENTINEL, write
from servers import Program, Server, cpu_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WORKS", "DifferentError", "Run", "Work", "compare", "generate", "measure"]


class DifferentError(Exception):
    """The servers did not come to the same."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done.

    Args:
        name: how the table calls it.
        lines: lines of each log.
        share: how many of them belong to attacks.
        jails: name of each jail to the log that it watches, and further options.
    """

    name: str
    lines: int
    share: float
    jails: dict[str, tuple[str, dict[str, str]]]

    @property
    def logs(self) -> list[str]:
        """The kinds of logs, each once."""
        return list(dict.fromkeys(kind for kind, _ in self.jails.values()))

    @property
    def pairs(self) -> int:
        """How many times a line and a jail meet."""
        return self.lines * len(self.jails)


_ATTACKERS = 500  # in all lines

_SSHD = {"sshd": ("auth.log", {})}
_TEN = {
    "sshd": ("auth.log", {}),
    "pam-generic": ("auth.log", {}),
    "postfix": ("mail.log", {}),
    "postfix-sasl": ("mail.log", {}),
    "dovecot": ("mail.log", {}),
    "nginx-http-auth": ("nginx-error.log", {}),
    "nginx-limit-req": ("nginx-error.log", {}),
    "nginx-botsearch": ("nginx-access.log", {}),
    "apache-auth": ("apache-error.log", {}),
    "vsftpd": ("vsftpd.log", {}),
}

WORKS = {
    "auth": Work("auth.log, one sshd jail", 200_000, 0.15, _SSHD),
    "flood": Work("flood, 90 % attack", 100_000, 0.90, _SSHD),
    "jails": Work("ten jails, six files", 20_000, 0.15, _TEN),
}


@dataclass(frozen=True, slots=True)
class Run:
    """What one server did.

    Args:
        cpu: CPU seconds of all its processes.
        wall: seconds from the lines being there to the last address being banned.
        counts: what it found and banned, by jail, save failures of the sentinel, the last of
            which may be told after its ban.
    """

    cpu: float
    wall: float
    counts: dict[str, int]


def measure(program: Program, work: Work, data: dict[str, bytes], folder: Path) -> Run:
    """Let a server do a work.

    Args:
        program: the server.
        work: the work.
        data: the lines of each log.
        folder: for all files; removed afterwards.
    """
    logs = {kind: folder / kind for kind in work.logs}
    folder.mkdir()
    for path in logs.values():
        path.touch()
    jails = {"DEFAULT": _common(program)} | {
        name: {"enabled": "true", "logpath": str(logs[kind]), "backend": _backend(program)} | more
        for name, (kind, more) in work.jails.items()
    }
    try:
        with Server(program, folder / "server", jails) as server:
            server.rest()
            before, begun = cpu_of([server.pid]), time.monotonic()
            for kind, path in logs.items():
                with path.open("ab") as file:
                    file.write(data[kind])
            # A ban is told after its failures, by another thread of the peer, in order.
            ends = [f"Ban {name} {SENTINEL}" for name in work.jails]
            end = server.wait(lambda: all(server.told[key] for key in ends), work.name)
            server.rest()
            cpu = cpu_of([server.pid]) - before
            told = server.told
            bans = {f"Ban {n}": told[f"Ban {n}"] for n in work.jails}
            counts = bans | {
                f"Found {n}": told[f"Found {n}"] - told[f"Found {n} {SENTINEL}"] for n in work.jails
            }
    finally:
        shutil.rmtree(folder)
    return Run(cpu, end - begun, counts)


def _backend(program: Program) -> str:
    return "polling" if program.rules else "auto"


def _common(program: Program) -> dict[str, str]:
    return {
        "backend": _backend(program),
        "action": "",
        "banaction": "",
        "maxretry": "5",
        "findtime": "1d",
        "bantime": "1w",
        "usedns": "no",
        "ignoreself": "false",
    }


def generate(work: Work, folder: Path, share: float = 1.0) -> dict[str, bytes]:
    """The lines of a work by kind of log.

    Args:
        work: the work.
        folder: where the logs are written for others to look at.
        share: how much of the lines, for a quick look.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now, lines = time.time(), round(work.lines * share)
    attackers = round(_ATTACKERS * share)
    return {
        kind: write(folder / kind, kind, lines, work.share, end=now, attackers=attackers)
        for kind in work.logs
    }


def compare(runs: dict[str, Run], work: Work) -> None:
    """See that all servers found and banned the same.

    Raises:
        DifferentError: they did not.
    """
    (one, first), *others = runs.items()
    for other, run in others:
        differing = {
            key: (count, run.counts[key])
            for key, count in first.counts.items()
            if count != run.counts[key]
        }
        if differing:
            raise DifferentError(f"{work.name}: {one} and {other} differ: {differing}")
