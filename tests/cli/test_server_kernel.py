"""What a reload and a restart by the client do to the bans in a real kernel: nothing.

Server, client and nft run in a network namespace of their own, which the watching nft keeps.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from banward.cli.client_link import Link
from banward.testing.rights import needs_root
from banward.testing.world import missing_parts
from cli.servers import START_SECONDS, RealServer, environment, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = missing_parts("nft", "nsenter") or needs_root()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

JAILS, BANS = 100, 100
FILES = {
    "etc/fail2ban.conf": "[DEFAULT]\nlogtarget = {DIR}/f2b.log\ndbfile = {DIR}/f2b.sqlite3\n"
    "socket = {DIR}/f2b.sock\npidfile = {DIR}/f2b.pid\n[Definition]\n",
    "etc/filter.d/f.conf": "[Definition]\nfailregex = ^ fail <HOST>$\n",
    "a.log": "",
}


def jails(count: int, *, port: int, bantime: str = "1h") -> str:
    """A configuration with so many jails, each with nftables."""
    shared = (
        f"[DEFAULT]\nenabled = true\nbackend = polling\nfilter = f\nlogpath = {{DIR}}/a.log\n"
        f"bantime = {bantime}\naction = nftables[port={port}]\n"
    )
    return shared + "".join(f"[j{number}]\n" for number in range(count))


class Kernel:
    """The packet filter of a server's namespace, and what happens to the elements of its sets.

    Args:
        server: runs.
    """

    def __init__(self, server: RealServer) -> None:
        self._server = server
        # A descriptor keeps the namespace, and never is another one.
        self._namespace = os.open(f"/proc/{server.pid}/ns/net", os.O_RDONLY)
        assert os.fstat(self._namespace).st_ino != Path("/proc/self/ns/net").stat().st_ino
        place = f"/proc/{os.getpid()}/fd/{self._namespace}"
        self._inside = ["nsenter", f"--net={place}"]
        self._monitor = subprocess.Popen(
            [*self._inside, "nft", "monitor"], stdout=subprocess.PIPE, text=True
        )
        self._seen = self._monitor.stdout or io.StringIO()
        self._watch_from_now_on()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._monitor.kill()
        self._monitor.wait()
        self._seen.close()
        os.close(self._namespace)

    def _watch_from_now_on(self) -> None:
        """Wait until the monitor tells of changes."""
        end = time.monotonic() + START_SECONDS
        os.set_blocking(self._seen.fileno(), False)
        while "probe" not in (self._seen.readline() or ""):
            assert time.monotonic() < end
            self.run("nft", "add table inet probe; delete table inet probe")
        os.set_blocking(self._seen.fileno(), True)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._inside, *words], capture_output=True, text=True, env=environment(), check=False
        )

    def client(self, *words: str) -> tuple[int, str]:
        argv = (sys.executable, "-m", "banward.cli.client", *self._server.base, *words)
        done = self.run(*argv)
        return done.returncode, done.stdout

    def listed(self) -> list[dict[str, Any]]:
        """Everything that nft lists."""
        found: list[dict[str, Any]] = json.loads(self.run("nft", "-j", "list", "ruleset").stdout)[
            "nftables"
        ]
        return found

    def held(self) -> dict[str, int]:
        """The sets that hold something, and how many elements they have."""
        sets = [entry["set"] for entry in self.listed() if "set" in entry]
        return {each["name"]: len(each["elem"]) for each in sets if each.get("elem")}

    def events(self) -> list[str]:
        """What happened to elements since the kernel is watched; the watching ends."""
        self._monitor.terminate()
        lines = self._seen.read().splitlines()
        return [line for line in lines if "element" in line]


@pytest.fixture
def server() -> Iterator[RealServer]:
    with serving(FILES) as made:
        yield made


def test_a_reload_of_a_hundred_jails_with_ten_thousand_bans_loses_none(server: RealServer) -> None:
    """None is banned again either, and new ports reach the firewall (server-and-client.md 1.5)."""
    server.write("etc/jail.conf", jails(JAILS, port=22))
    server.start()
    with Link(server.socket) as link:
        for jail in range(JAILS):
            addresses = [f"198.{18 + jail // 50}.{jail % 50}.{n}" for n in range(1, BANS + 1)]
            assert link.ask(["set", f"j{jail}", "banip", *addresses]) == (0, BANS)
    with Kernel(server) as kernel:
        held, said = kernel.held(), len(server.log())
        assert sum(held.values()) == JAILS * BANS
        assert kernel.client("reload") == (0, "OK\n")
        server.write("etc/jail.conf", jails(JAILS, port=2222))
        assert kernel.client("reload") == (0, "OK\n")
        assert kernel.held() == held
        rules = [json.dumps(entry["rule"]["expr"]) for entry in kernel.listed() if "rule" in entry]
        ports = [rule for rule in rules if "dport" in rule]
        assert len(ports) >= JAILS
        assert all("2222" in rule for rule in ports)
        assert kernel.events() == []
    assert not [line for line in server.log()[said:] if "Ban " in line or "Unban " in line]


def test_a_restart_by_the_client_leaves_the_bans_in_force(server: RealServer) -> None:
    """At no moment is the address out of the kernel's set; the next server knows it."""
    server.write("etc/jail.conf", jails(1, port=22))
    server.start()
    with Link(server.socket) as link:
        assert link.ask(["set", "j0", "banip", "198.18.0.1"]) == (0, 1)
    with Kernel(server) as kernel:
        held, first = kernel.held(), server.process
        assert kernel.client("restart") == (0, "Shutdown successful\nServer ready\n")
        assert first
        assert first.wait(START_SECONDS) == 0
        server.process = None
        assert server.pid != first.pid
        assert list(held.values()) == [1]
        assert kernel.held() == held
        assert kernel.client("get", "j0", "banip") == (0, "198.18.0.1\n")
        assert not [line for line in kernel.events() if "delete" in line]


def test_what_a_reload_changes_holds_for_present_bans_and_failures(server: RealServer) -> None:
    """A new ban time moves the end in the kernel; limits and the ignore list hold at once (1.5)."""
    server.write("etc/jail.conf", jails(1, port=22))
    server.start()
    with Link(server.socket) as link:
        assert link.ask(["set", "j0", "banip", "198.18.0.1"]) == (0, 1)
        assert link.ask(["set", "j0", "attempt", "198.18.0.2", "a", "b"]) == (0, 1)
    more = "maxretry = 3\nfindtime = 2h\nignoreip = 198.18.0.9\n"
    server.write("etc/jail.conf", jails(1, port=22, bantime="2d") + more)
    with Kernel(server) as kernel:
        assert kernel.client("reload") == (0, "OK\n")
        assert "+ 172800 =" in kernel.client("get", "j0", "banip", "--with-time")[1]
        element = kernel.run("nft", "list", "ruleset").stdout.partition("198.18.0.1 ")[2]
        assert "expires 1d23h59m" in element.partition("}")[0]
        assert kernel.client("set", "j0", "attempt", "198.18.0.9", "a", "b", "c") == (0, "0\n")
        assert kernel.client("set", "j0", "attempt", "198.18.0.2", "c") == (0, "1\n")
        assert kernel.client("get", "j0", "banned") == (0, "['198.18.0.1', '198.18.0.2']\n")
        assert kernel.client("reload", "--unban") == (0, "OK\n")
        assert kernel.held() == {}
