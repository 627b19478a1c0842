"""How long clients wait at the worst while the server has much to do.

A client pings all the time (``kernel.Prober``); what is told is its longest wait for an answer. The
work is done in a network namespace of its own.
"""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING

from kernel import Prober, addresses, jail
from servers import BANWARD, Server, StuckError

from banward.cli.client_link import Link, LinkError
from banward.testing.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

__all__ = ["waits"]

_STEP = 0.002
_LINES = 10_400  # of those that a block holds


class _Work:
    """A server that gets work, and a client that pings it meanwhile.

    Args:
        server: the server.
        count: how many bans there are to be.
    """

    def __init__(self, server: Server, count: int) -> None:
        self._server = server
        self._count = count
        self.found: dict[str, float] = {}

    def ask(self, *words: Any) -> Any:
        """The answer to a command.

        Raises:
            StuckError: it was refused.
        """
        with Link(str(self._server.folder / "socket")) as link:
            code, answer = link.ask(list(words))
        if code:
            raise StuckError(f"{words[:3]}: {answer}")
        return answer

    def during(self, name: str, do: Callable[[], object]) -> None:
        """Note the longest wait, in milliseconds, while something is done."""
        self._server.rest()
        with Prober(self._server.folder / "socket") as prober:
            do()
        self.found[name] = prober.longest

    def orders(self) -> None:
        """What clients order and ask for while there are many bans."""
        many, ask = addresses(self._count), self.ask
        self.during("set JAIL banip", lambda: ask("set", "sshd", "banip", *many))
        self.during("set JAIL bantime", lambda: ask("set", "sshd", "bantime", "2w"))
        self.during("get JAIL banned", lambda: ask("get", "sshd", "banned"))
        self.during("get JAIL banip", lambda: ask("get", "sshd", "banip", "--with-time"))
        self.during("banned", lambda: ask("banned"))
        self.during("status JAIL", lambda: ask("status", "sshd"))
        self.during("unban --all", lambda: ask("unban", "--all"))
        ask("set", "sshd", "banip", *many)
        self.during("set JAIL unbanip", lambda: ask("set", "sshd", "unbanip", *many))

    def block(self, log: Path, lines: int) -> None:
        """Lines of a log each of which leads to a ban."""
        stamp = time.strftime("%b %d %H:%M:%S")
        text = "".join(
            f"{stamp} web1 sshd[7]: Failed password for root from {each} port 9 ssh2\n"
            for each in addresses(lines)
        )

        def write() -> None:
            with log.open("a") as file:
                file.write(text)
            self._server.wait(lambda: self._server.told["Ban block"] >= lines, "bans")

        self.during("a block of log", write)

    def restart(self) -> None:
        """A start that finds many bans in the database and in the kernel."""
        self.ask("set", "sshd", "banip", *addresses(self._count))
        self._server.signal(signal.SIGTERM)
        self._server.wait_ended()
        begun = self._server.told["started"]
        self._server.launch()
        while not self._answers():
            time.sleep(_STEP)
        with Prober(self._server.folder / "socket") as prober:
            self._server.wait(lambda: self._server.told["started"] >= begun + 2, "start")
        self.found["a start"] = prober.longest

    def _answers(self) -> bool:
        try:
            return bool(self.ask("ping") == "pong")
        except LinkError:
            return False


def waits(folder: Path, count: int) -> dict[str, float]:
    """The longest wait during each work, in milliseconds.

    Args:
        folder: for all files; made here, and removed.
        count: how many bans.
    """
    folder.mkdir()
    log = folder / "block.log"
    jails = jail(folder / "auth.log")
    block = jail(log, maxretry="1", filter="sshd")["sshd"]
    try:
        with (
            World({"server": 1}) as world,
            Server(
                BANWARD, folder / "server", jails | {"block": block}, world.command("server", [])
            ) as server,
        ):
            work = _Work(server, count)
            work.orders()
            work.block(log, min(count, 2 * _LINES))
            work.restart()
            return work.found
    finally:
        shutil.rmtree(folder)
