"""A world with a real sshd and a real server of Banward, for the tests of the whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from banward.testing.rights import needs_root
from banward.testing.sshd import login, start_sshd
from banward.testing.world import World, missing_parts
from system.booting import REPO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOSTS = {"server": 1, "attacker": 2, "friend": 3}
COMMANDS = ("/usr/sbin/sshd", "ssh", "ssh-keygen", "nft", "iptables", "ss")

_FAIL2BAN_CONF = """\
[Definition]
logtarget = {folder}/fail2ban.log
socket = {folder}/fail2ban.sock
pidfile = {folder}/fail2ban.pid
dbfile = {folder}/fail2ban.sqlite3
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs parts that are not here, and say which."""
    missing = missing_parts(*COMMANDS) or needs_root()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.system)
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))


class Scene:
    """The world, sshd's log, and Banward's folder.

    Args:
        world: the hosts.
        folder: where configuration, log and state are.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.config = folder / "etc"
        self.auth_log = folder / "auth.log"
        self.log = folder / "fail2ban.log"
        self.server: subprocess.Popen[str] | None = None
        self.config.mkdir()
        (self.config / "fail2ban.conf").write_text(_FAIL2BAN_CONF.format(folder=folder))

    def configure(self, name: str, text: str) -> None:
        """Write a file of the configuration; ``{folder}`` and ``{log}`` are filled in."""
        path = self.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            text.replace("{folder}", str(self.folder)).replace("{log}", str(self.auth_log))
        )

    def start(self, prepare: str = "true") -> None:
        """Start the server in the foreground, and wait until it answers.

        Args:
            prepare: a shell command that is run before, in a mount namespace of the server's own.
        """
        server = f"{sys.executable} -m banward.cli.server -c {self.config} -xf start"
        argv = ("unshare", "-m", "sh", "-ec", f"{prepare}\nexec {server}")
        self.server = self.world.start(
            "server", *argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        ready = self.server.stdout.readline() if self.server.stdout else ""
        assert "Server ready" in ready, f"the server said: {ready}{self.log_text()}"
        # sshd's own log has no dates; such lines count only once their log is followed.
        self.wait_for(lambda: self.log_text().count("Added logfile") >= self._followed())

    def _followed(self) -> int:
        """How many logs all jails together have."""
        status = self.client("status").rpartition("Jail list:")[2]
        jails = [name.strip() for name in status.split(",") if name.strip()]
        shown = [self.client("status", jail).partition("File list:")[2] for jail in jails]
        return sum(len(text.partition("\n")[0].split()) for text in shown)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the server a signal, and wait until it is gone."""
        assert self.server
        pid = int((self.folder / "fail2ban.pid").read_text())
        subprocess.run(["kill", f"-{int(number)}", str(pid)], check=True)
        return self.server.wait(timeout=20)

    def client(self, *words: str, check: bool = True) -> str:
        """Run ``fail2ban-client`` on the server's host, where it sees the files that it sees."""
        argv = (sys.executable, "-m", "banward.cli.client", "-c", str(self.config), *words)
        if (pid := self.folder / "fail2ban.pid").exists():
            argv = ("nsenter", "-m", "-t", pid.read_text().strip(), *argv)
        done = self.world.run("server", *argv)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def login(self, host: str, password: str, *, version: int = 4, patience: int = 5) -> bool:
        """Whether a login from a host works."""
        address = self.world.address("server", version)
        return login(self.world, host, address, password, patience=patience)

    def fail(self, times: int, *, host: str = "attacker", version: int = 4) -> None:
        """Fail passwords."""
        for _ in range(times):
            self.login(host, "guess", version=version)

    def firewall(self, *argv: str) -> str:
        """What a command says about the server's firewall."""
        return self.world.run("server", *argv).stdout

    def log_text(self) -> str:
        """The server's log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for(self, condition: Callable[[], object], patience: float = 15.0) -> None:
        """Wait until something holds, and fail with the log if it does not."""
        deadline = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < deadline, self.log_text()
            time.sleep(0.05)

    def wait_for_log(self, *texts: str, patience: float = 15.0) -> None:
        """Wait until the log holds each of the texts."""
        self.wait_for(lambda: all(text in self.log_text() for text in texts), patience)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A server with sshd, an attacker and a friend; Banward is not started."""
    tmp_path.chmod(0o755)
    with World(HOSTS) as world:
        made = Scene(world, tmp_path)
        made.auth_log.touch()
        start_sshd(world, "server", tmp_path, log=made.auth_log)
        yield made


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that an installation without network needs."""
    folder = tmp_path_factory.mktemp("wheels")
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "-w", str(folder))
    subprocess.run([*pip, "-r", str(REPO / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(REPO)], check=True)
    return folder
