"""A real server in a network of its own, which stays when the server is killed; its kernel is read."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from banward.cli.client_link import Link, LinkError
from banward.testing.rights import is_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HOOKS = Path(__file__).parent / "hooks"
_WITH_HOOKS = os.pathsep.join(filter(None, (str(HOOKS), os.environ.get("PYTHONPATH"))))
COMMANDS = ("nft", "nsenter", "unshare")
PATIENCE = float(os.environ.get("BANWARD_PATIENCE", "20"))

_FAIL2BAN_CONF = """\
[Definition]
logtarget = {folder}/fail2ban.log
socket = {folder}/fail2ban.sock
pidfile = {folder}/fail2ban.pid
dbfile = {folder}/state/bans.sqlite3
"""

JAIL = """\
[gate]
enabled = true
filter = gate
backend = auto
logpath = {folder}/gate.log
maxretry = 3
findtime = 600
bantime = 600
ignoreself = false
action = nftables
"""

# A wall that is built by commands of the shell, as those of fail2ban are.
WALL = """\
[Definition]
actionstart = iptables -w -N f2b-<name>
              iptables -w -I INPUT -j f2b-<name>
actionstop = iptables -w -D INPUT -j f2b-<name>
             iptables -w -F f2b-<name>
             iptables -w -X f2b-<name>
actioncheck = iptables -w -n -L INPUT | grep -q f2b-<name>
actionban = iptables -w -I f2b-<name> -s <ip> -j DROP
actionunban = iptables -w -D f2b-<name> -s <ip> -j DROP
"""

_FILTER = """\
[Definition]
failregex = ^\\s*bad <HOST>$
datepattern = ^EPOCH
"""


def why_not() -> str:
    """What is missing here, or an empty text."""
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    return ", ".join(missing if is_root() else ["root", *missing])


class Daemon:
    """A server that is nobody's child, by its process; has what the tests use of ``Popen``.

    Args:
        pid: its number.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """None while it runs."""
        return 0 if select.select([self._handle], [], [], 0)[0] else None

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for its end; its exit code is not known."""
        assert select.select([self._handle], [], [], timeout)[0], f"process {self.pid} lives"
        return 0


class Fort:
    """The folder, the network and, from time to time, the server.

    Args:
        jail: text of ``jail.local``; ``{folder}`` is filled in.
    """

    def __init__(self, jail: str = JAIL) -> None:
        # The path of a socket may have 107 bytes: pytest's folders are too deep.
        self.folder = Path(tempfile.mkdtemp(prefix="bw-"))
        self.folder.chmod(0o755)
        self.log = self.folder / "fail2ban.log"
        self.gate = self.folder / "gate.log"
        self.gate.touch()
        (self.folder / "state").mkdir()
        self.database = self.folder / "state" / "bans.sqlite3"
        self._clock = self.folder / "clock"
        self.wrap: tuple[str, ...] = ()
        """Words before the command of the server, to start it in a worse world."""
        self.server: subprocess.Popen[bytes] | Daemon | None = None
        self.write("etc/fail2ban.conf", _FAIL2BAN_CONF)
        self.write("etc/filter.d/gate.conf", _FILTER)
        self.write("etc/jail.local", jail)
        hold = ["unshare", "-nm", "sh", "-c", "ip link set lo up; echo up; exec sleep 7200"]
        self._holder = subprocess.Popen(hold, stdout=subprocess.PIPE)
        assert self._holder.stdout
        assert self._holder.stdout.readline() == b"up\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.server and self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        self._holder.kill()
        self._holder.wait()
        if self._holder.stdout:
            self._holder.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Files and processes ----------------------------------------------------------------------

    def write(self, name: str, text: str) -> None:
        """Write a file below the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{folder}", str(self.folder)))

    def fail(self, *subjects: str, at: float | None = None) -> None:
        """Append a failure of each to the log, in one write."""
        now = self.now() if at is None else at
        with self.gate.open("a") as log:
            log.write("".join(f"{now:.0f} bad {subject}\n" for subject in subjects))

    def set_clock(self, seconds: float) -> None:
        """Set the clock of the server ahead or, with a number below zero, back; also of the next."""
        self._clock.write_text(str(seconds))

    def now(self) -> float:
        """What the clock of the server says."""
        ahead = float(self._clock.read_text()) if self._clock.exists() else 0
        return time.time() + ahead

    def inside(self, *argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the network of the fort, where it sees what is mounted there."""
        words = ["nsenter", "-n", "-m", "-t", str(self._holder.pid), *argv]
        options = {"text": True, "capture_output": True, "timeout": 60} | options
        return subprocess.run(words, check=False, **options)

    def run(self, *argv: str) -> None:
        """Run a command that has to succeed."""
        done = self.inside(*argv)
        assert done.returncode == 0, done.stderr

    def open(self, *argv: str) -> subprocess.Popen[str]:
        """Start a command whose input and output are pipes."""
        words = ["nsenter", "-n", "-m", "-t", str(self._holder.pid), *argv]
        pipe = subprocess.PIPE
        return subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)

    def launch(self, fault: str = "", **environment: str) -> None:
        """Start the server, and do not wait for it.

        Args:
            fault: where it is to die (see ``hooks/sitecustomize.py``).
            environment: further variables.
        """
        more = dict(environment)
        if fault:
            armed = self.folder / "armed"
            armed.write_text("armed")
            hooks = {"BANWARD_FAULT": fault, "BANWARD_FAULT_ARMED": str(armed)}
            more |= {"PYTHONPATH": _WITH_HOOKS, **hooks}
        if self._clock.exists():
            more |= {"PYTHONPATH": _WITH_HOOKS, "BANWARD_CLOCK": str(self._clock)}
        words = ["nsenter", "-n", "-m", "-t", str(self._holder.pid), *self.wrap, sys.executable]
        words += ["-m", "banward.cli.server", "-c", f"{self.folder}/etc", "-xf", "start"]
        with (self.folder / "server.out").open("wb") as out:
            self.server = subprocess.Popen(
                words, stdout=out, stderr=out, env={**os.environ, **more}
            )

    def start(self, fault: str = "", **environment: str) -> None:
        """Start the server, and wait until its configuration holds, or until it is dead."""
        self.launch(fault, **environment)
        self.wait_for(lambda: "Server ready" in self.said() or self.is_dead())
        assert fault or not self.is_dead(), self.said() + self.log_text()[-4000:]

    @property
    def is_dead(self) -> Callable[[], bool]:
        """Tells whether the server is gone."""
        server = self.server
        return lambda: server is None or server.poll() is not None

    def said(self) -> str:
        """What the server wrote to its terminal."""
        return (self.folder / "server.out").read_text()

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send the warden a signal, and wait for its end."""
        assert self.server
        self.server.send_signal(number)
        return self.server.wait(PATIENCE)

    def watcher(self) -> int | None:
        """Number of the watcher's process."""
        assert self.server
        pid = self.server.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    # What the server says ---------------------------------------------------------------------

    def ask(self, *words: Any) -> Any:
        """The answer to a command; its code is 0, or 1 with an error."""
        with Link(f"{self.folder}/fail2ban.sock", timeout=PATIENCE) as link:
            return link.ask(list(words))

    def client(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``fail2ban-client``."""
        program = (sys.executable, "-m", "banward.cli.client", "-c", f"{self.folder}/etc")
        return self.inside(*program, *words)

    def restart(self) -> None:
        """Have ``fail2ban-client`` restart the server; the new one runs in the background."""
        before = self.server
        # A daemon keeps the ends of pipes open: what the client says goes to a file.
        with (self.folder / "server.out").open("w") as out:
            program = ("-m", "banward.cli.client", "-c", f"{self.folder}/etc", "restart")
            options = {"capture_output": False, "stdout": out, "stderr": out}
            done = self.inside(sys.executable, *program, **options)
        assert done.returncode == 0, self.said()
        if before:
            before.wait(PATIENCE)
        self.server = Daemon(int((self.folder / "fail2ban.pid").read_text()))

    def banned(self, jail: str = "gate") -> set[str]:
        """Who is banned, by the server's word."""
        code, answer = self.ask("get", jail, "banip")
        assert code == 0, answer
        return set(answer)

    def total(self, jail: str = "gate") -> int:
        """How many failures the server counted since it was started."""
        _, answer = self.ask("status", jail)
        return int(dict(answer[0][1])["Total failed"])

    def log_text(self) -> str:
        """The server's log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # What the kernel says ---------------------------------------------------------------------

    def nft(self, *words: str) -> None:
        """Change the packet filter with a foreign hand."""
        self.run("nft", *words)

    def kernel(self, jail: str = "gate") -> set[str]:
        """Whom the kernel's sets ban."""
        found: set[str] = set()
        for name in (f"addr-set-{jail}", f"addr6-set-{jail}"):
            done = self.inside("nft", "-j", "list", "set", "inet", "f2b-table", name)
            if done.returncode == 0:
                found |= set(_texts(json.loads(done.stdout)))
        return found

    def ends(self, jail: str = "gate") -> dict[str, int]:
        """In how many seconds each ban of an IPv4 address ends in the kernel."""
        listing = self.inside("nft", "-j", "list", "set", "inet", "f2b-table", f"addr-set-{jail}")
        sets = [entry["set"] for entry in json.loads(listing.stdout)["nftables"] if "set" in entry]
        elements = (element["elem"] for each in sets for element in each.get("elem", []))
        return {element["val"]: element["expires"] for element in elements}

    # Waiting ----------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], object], patience: float = PATIENCE) -> None:
        """Wait until something holds; what the server can't be asked for does not hold."""
        deadline = time.monotonic() + patience
        while not self._holds(condition):
            assert time.monotonic() < deadline, self.said() + self.log_text()[-4000:]
            time.sleep(0.02)

    @staticmethod
    def _holds(condition: Callable[[], object]) -> bool:
        try:
            return bool(condition())
        except (LinkError, OSError):
            return False

    def wait_for_log(self, *texts: str, patience: float = PATIENCE) -> None:
        """Wait until the log holds each of the texts."""
        self.wait_for(lambda: all(text in self.log_text() for text in texts), patience)

    def wait_until_equal(self, subjects: Iterable[str], jail: str = "gate") -> None:
        """Wait until just these are banned, for the server and in the kernel."""
        wanted = set(subjects)
        self.wait_for(lambda: self.banned(jail) == wanted == self.kernel(jail))


def _texts(listing: dict[str, Any]) -> Iterator[str]:
    for entry in listing["nftables"]:
        for element in entry.get("set", {}).get("elem", []):
            yield element if isinstance(element, str) else element["elem"]["val"]
