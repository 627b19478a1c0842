"""fail2ban's own programs with ours, over a real socket: its client, its server, an exporter in Go.

Debian's fail2ban is a black box that lies outside of the repository (``test.sh`` unpacks it).
"""

from __future__ import annotations

import io
import os
import pickle
import socket
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from banward.cli.client_link import Link, answers
from banward.control.wire import END
from cli.servers import ALONE, START_SECONDS, RealServer, environment, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b"))
PROGRAMS = PEER / "usr/bin"
needs_peer = pytest.mark.skipif(
    not (PROGRAMS / "fail2ban-client").exists() or sys.version_info >= (3, 12),
    reason="needs Debian's fail2ban, and a Python that it runs on",
)

FILES = {
    "etc/fail2ban.conf": "[DEFAULT]\nlogtarget = {DIR}/f2b.log\ndbfile = {DIR}/f2b.sqlite3\n"
    "socket = {DIR}/f2b.sock\npidfile = {DIR}/f2b.pid\nloglevel = INFO\nsyslogsocket = auto\n"
    "dbpurgeage = 1d\ndbmaxmatches = 10\n[Definition]\n",
    "etc/jail.conf": "[DEFAULT]\nbackend = polling\nfilter = f\nlogpath = {DIR}/a.log\n"
    "action = act\n[j1]\nenabled = true\n[j2]\nenabled = true\nbantime = -1\n",
    "etc/filter.d/f.conf": "[Definition]\nfailregex = ^ fail <HOST>$\n",
    "etc/action.d/act.conf": "[Definition]\nactionban = echo <ip> >> {DIR}/bans\n",
    "a.log": "",
}

COMMANDS = [
    "ping",
    "echo a b",
    "status",
    "set j1 banip 192.0.2.1 2001:db8::1",
    "set j2 banip 192.0.2.1",
    "status j1",
    "get j1 banip",
    "banned",
    "banned 192.0.2.1",
    "get j1 bantime",
    "get j2 bantime",
    "set j1 maxretry 7",
    "get j1 logpath",
    "get j1 failregex",
    "set j1 addignoreip 198.51.100.0/24",
    "get j1 ignoreip",
    "get j1 actions",
    "get j1 action act actionban",
    "get loglevel",
    "get dbpurgeage",
    "status nosuch",
    "get j1 nosuch",
    "add j1",
    "set j1 unbanip 192.0.2.9",
    "reload",
    "reload j2",
    "unban 192.0.2.1",
    "unban --all",
    "flushlogs",
    "stop",
]
"""What both clients say of both servers: answers of every shape, and errors."""


@pytest.fixture
def server() -> Iterator[RealServer]:
    with serving(FILES) as made:
        yield made


def peer(program: str, *words: str) -> list[str]:
    """A command line of Debian's fail2ban."""
    place = f"PYTHONPATH={PEER}/usr/lib/python3/dist-packages"
    return ["env", place, "PYTHONWARNINGS=ignore", sys.executable, f"{PROGRAMS}/{program}", *words]


def ours(program: str, *words: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", f"banward.cli.{program.removeprefix('fail2ban-')}", *words]


def start_peer(server: RealServer) -> None:
    """Start Debian's server in place of ours."""
    words = [*ALONE, *peer("fail2ban-server", *server.base, "-f", "start")]
    with (server.folder / "server.out").open("wb") as out:
        server.process = subprocess.Popen(words, stdout=out, stderr=out, env=environment())
    end = time.monotonic() + START_SECONDS
    while not answers(server.socket) or "Server ready" not in server.said():
        assert time.monotonic() < end, server.said()
        time.sleep(0.02)


def said(server: RealServer, client: Any) -> list[tuple[str, str, int]]:
    """What a client prints for each of the commands, with its exit code."""
    found = []
    for text in COMMANDS:
        argv = client("fail2ban-client", *server.base, *text.split())
        done = subprocess.run(argv, capture_output=True, text=True, env=environment(), check=False)
        found.append((text, done.stdout, done.returncode))
    return found


@needs_peer
@pytest.mark.parametrize("start", [RealServer.start, start_peer], ids=["our server", "its server"])
def test_both_clients_say_the_same_of_a_server(start: Any) -> None:
    """Each command prints the same and ends with the same code, whoever asks."""
    heard = []
    for client in (peer, ours):
        server = RealServer(FILES)
        try:
            start(server)
            heard.append(
                [(t, o.replace(str(server.folder), ""), c) for t, o, c in said(server, client)]
            )
            assert server.process
            assert server.process.wait(START_SECONDS) == 0
            assert (server.folder / "bans").read_text().split()[:2] == ["192.0.2.1", "2001:db8::1"]
        finally:
            server.remove()
    assert heard[0] == heard[1]


def span_of(answer: tuple[int, list[str]]) -> tuple[float, str, str]:
    """Begin, length and subject of the one ban: ``192.0.2.1 DATE TIME + 600 = DATE TIME``."""
    (line,) = answer[1]
    subject, date, clock, _, length, *_ = line.split()
    return datetime.fromisoformat(f"{date} {clock}").timestamp(), length, subject


@needs_peer
@pytest.mark.parametrize("by_order", [False, True], ids=["first start", "banward import"])
def test_bans_of_its_server_go_on_with_ours(server: RealServer, by_order: bool) -> None:
    """Our server takes over its database, with the time that is left; ``import`` does it too."""
    start_peer(server)
    with Link(server.socket) as link:
        assert link.ask(["set", "j1", "banip", "192.0.2.1"]) == (0, 1)
        assert link.ask(["set", "j2", "banip", "2001:db8::1"]) == (0, 1)
        before = span_of(link.ask(["get", "j1", "banip", "--with-time"]))
    assert server.stop() == 0
    theirs = server.folder / "f2b.sqlite3"
    old = theirs.read_bytes()
    if by_order:
        theirs = theirs.rename(server.folder / "old.sqlite3")
        argv = ours("fail2ban-banward", "import", str(theirs), "-c", f"{server.folder}/etc")
        done = subprocess.run(argv, capture_output=True, text=True, env=environment(), check=True)
        assert done.stdout.startswith("2 ban(s) and 2 in the history are in ")
    server.start()
    with Link(server.socket) as link:
        after = span_of(link.ask(["get", "j1", "banip", "--with-time"]))
    # The peer shows the time cut to a second, and stores it rounded.
    assert after[0] - before[0] in {0, 1}
    assert after[1:] == before[1:]
    with Link(server.socket) as link:
        assert link.ask(["banned"]) == (0, [{"j1": ["192.0.2.1"]}, {"j2": ["2001:db8::1"]}])
    assert (server.folder / "bans").read_text().split() == ["192.0.2.1", "2001:db8::1"] * 2
    assert theirs.read_bytes() == old


# An exporter in Go ----------------------------------------------------------------------------


def as_go(words: Sequence[str], *, unicode: bool) -> bytes:
    """A request as encoders in Go write it: protocol 2, a list of byte strings or of texts."""
    coded = b""
    for word in words:
        data = word.encode()
        size = len(data).to_bytes(4, "little")
        coded += b"X" + size + data if unicode else b"U" + size[:1] + data
    return b"\x80\x02(" + coded + b"l."


class BasicTypes(pickle.Unpickler):
    """Reads what the unpicklers of exporters know: basic types, and ``builtins.str``."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in {("builtins", "str"), ("__builtin__", "str")}:
            return str
        raise pickle.UnpicklingError(f"{module}.{name}")


@pytest.mark.parametrize("unicode", [False, True], ids=["byte strings", "texts"])
def test_an_exporter_in_go_reads_us(server: RealServer, unicode: bool) -> None:
    """It keeps one connection open and looks for the terminator in all that it has read (6.5)."""
    server.start()

    def ask(*words: str) -> Any:
        connection.sendall(as_go(words, unicode=unicode) + END)
        read = b""
        while END not in read:
            read += connection.recv(1024)
        return BasicTypes(io.BytesIO(read.partition(END)[0])).load()

    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(START_SECONDS)
        connection.connect(server.socket)
        assert ask("ping", "100") == (0, "pong")
        assert ask("set", "j1", "banip", "192.0.2.1") == (0, 1)
        for _ in range(2):  # each scrape goes over the same connection
            code, status = ask("status")
            assert (code, status[0][1]) == (0, 2)
            assert [name.strip() for name in status[1][1].split(",")] == ["j1", "j2"]
            code, jail = ask("status", "j1")
            assert [name for name, _ in jail] == ["Filter", "Actions"]
            assert [value for _, value in jail[0][1][:2]] == [0, 0]
            assert [value for _, value in jail[1][1]] == [1, 1, ["192.0.2.1"]]
            assert ask("get", "j1", "bantime") == (0, 600)
            assert ask("get", "j1", "banip", "--with-time")[1][0].startswith("192.0.2.1 \t")
            assert ask("banned") == (0, [{"j1": ["192.0.2.1"]}, {"j2": []}])
        code, version = ask("version")
        assert (code, type(version)) == (0, str)
