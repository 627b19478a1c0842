"""The story that the demo tells, step by step; each step is checked, so it is a self-test.

A server with a real sshd and Banward, an attacker who fails passwords, a friend who logs in:
each in a network namespace of its own. The host's network, firewall and files are not touched.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.testing.sshd import PASSWORD, login, start_sshd
from banward.testing.world import World, missing_parts

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Step", "missing", "play"]

_HOSTS: Final = {"server": 1, "attacker": 2, "friend": 3}
_BANTIME: Final = 6
_PATIENCE: Final = 10.0

_FAIL2BAN_CONF: Final = """\
[Definition]
logtarget = {folder}/fail2ban.log
socket = {folder}/fail2ban.sock
pidfile = {folder}/fail2ban.pid
dbfile = {folder}/fail2ban.sqlite3
"""
_JAIL_LOCAL: Final = """\
[DEFAULT]
ignoreip = 127.0.0.1
bantime = {bantime}
findtime = 600
maxretry = 5
banaction = nftables

[sshd]
enabled = true
backend = auto
logpath = {folder}/auth.log
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened in one step.

    Args:
        text: what was tried, in a sentence.
        passed: whether it went as it should.
        detail: lines to show below it.
    """

    text: str
    passed: bool
    detail: tuple[str, ...] = ()


def missing() -> list[str]:
    """What the demo lacks on this host: ``root`` or names of commands."""
    return missing_parts("/usr/sbin/sshd", "ssh", "ssh-keygen", "nft", "ss")


def play(tell: Callable[[Step], None]) -> bool:
    """Play the whole story; true if every step went as it should.

    Args:
        tell: is called with each step as it happens.
    """
    with tempfile.TemporaryDirectory(prefix="banward-demo-") as name, World(_HOSTS) as world:
        stage = _Stage(world, Path(name))
        passed = True
        for act in (
            stage.begin,
            stage.friend_before,
            stage.attack,
            stage.ban,
            stage.kernel,
            stage.shut_out,
            stage.friend_served,
            stage.pardon,
            stage.stop,
        ):
            step = act()
            tell(step)
            passed = passed and step.passed
        return passed


class _Stage:
    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._auth_log = folder / "auth.log"
        self._log = folder / "fail2ban.log"
        self._config = folder / "etc"

    def begin(self) -> Step:
        self._config.mkdir()
        values = {"folder": self._folder, "bantime": _BANTIME}
        (self._config / "fail2ban.conf").write_text(_FAIL2BAN_CONF.format(**values))
        (self._config / "jail.local").write_text(_JAIL_LOCAL.format(**values))
        self._auth_log.touch()
        start_sshd(self._world, "server", self._folder, log=self._auth_log)
        server = (
            sys.executable,
            "-m",
            "banward.cli.server",
            "-c",
            str(self._config),
            "-f",
            "start",
        )
        self._world.start("server", *server, stdout=subprocess.DEVNULL)
        passed = self._wait(lambda: "[sshd]" in self._read(self._log) or self._client("ping"))
        passed = passed and self._wait(lambda: "sshd" in self._client("status"))
        return Step("A server with a real sshd, protected by Banward", passed)

    def friend_before(self) -> Step:
        return Step("A friend (10.0.0.3) logs in", self._login("friend", PASSWORD))

    def attack(self) -> Step:
        for _ in range(5):
            self._login("attacker", "guess")
        found = self._lines("Found 10.0.0.2", at_least=5)
        return Step("An attacker (10.0.0.2) fails five passwords", len(found) >= 5, found)  # noqa: PLR2004

    def ban(self) -> Step:
        lines = self._lines("Ban 10.0.0.2", at_least=1)
        return Step("Banward bans the attacker", bool(lines), lines)

    def kernel(self) -> Step:
        listing: list[str] = []

        def listed() -> bool:
            listing[:] = self._nft("list", "table", "inet", "f2b-table")
            return any("10.0.0.2" in line for line in listing)

        return Step("The ban stands in the kernel's own table", self._wait(listed), tuple(listing))

    def shut_out(self) -> Step:
        passed = not self._login("attacker", PASSWORD, patience=1)
        return Step("The attacker is shut out, even with the right password", passed)

    def friend_served(self) -> Step:
        return Step("The friend is still served", self._login("friend", PASSWORD))

    def pardon(self) -> Step:
        lines = self._lines("Unban 10.0.0.2", at_least=1, patience=_BANTIME + _PATIENCE)
        passed = bool(lines) and self._login("attacker", PASSWORD)
        return Step(
            f"After {_BANTIME} seconds the ban is over and anyone may try again", passed, lines
        )

    def stop(self) -> Step:
        self._client("stop")
        gone = self._wait(lambda: not self._nft("list", "table", "inet", "f2b-table"))
        return Step("Banward stops and leaves nothing in the kernel", gone)

    def _login(self, host: str, password: str, *, patience: int = 5) -> bool:
        address = self._world.address("server")
        return login(self._world, host, address, password, patience=patience)

    def _client(self, *words: str) -> str:
        client = (sys.executable, "-m", "banward.cli.client", "-c", str(self._config))
        return self._world.run("server", *client, *words).stdout

    def _nft(self, *words: str) -> list[str]:
        return self._world.run("server", "nft", *words).stdout.splitlines()

    def _lines(self, text: str, *, at_least: int, patience: float = _PATIENCE) -> tuple[str, ...]:
        def matching() -> tuple[str, ...]:
            return tuple(line for line in self._read(self._log).splitlines() if text in line)

        self._wait(lambda: len(matching()) >= at_least, patience)
        return matching()

    @staticmethod
    def _read(path: Path) -> str:
        return path.read_text(errors="replace") if path.exists() else ""

    @staticmethod
    def _wait(condition: Callable[[], object], patience: float = _PATIENCE) -> bool:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.05)
        return bool(condition())
