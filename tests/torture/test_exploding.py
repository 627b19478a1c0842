"""Lines that make a pattern explode, against a real server: its watcher, its log, its status."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from banward.watcher_process import _LOOK, WatcherProcess
from torture.servers import TorturedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = r"^ \s*(a+)+ <HOST>$"
BOMB = "a" * 50 + "!"

FILES = {
    "etc/jail.conf": """
        [DEFAULT]
        enabled = true
        backend = auto
        maxretry = 100
        logpath = {DIR}/a.log
        [evil]
        filter = evil
        [good]
        filter = good
        """,
    "etc/filter.d/evil.conf": f"[Definition]\nfailregex = ^ fail from <HOST>$\n  {EVIL}\n",
    "etc/filter.d/good.conf": "[Definition]\nfailregex = ^ fail from <HOST>$\n",
    "a.log": "",
}


@pytest.fixture
def server() -> Iterator[TorturedServer]:
    """A server that runs two jails on one log."""
    with TorturedServer(FILES) as made:
        made.start()
        yield made


def told(server: TorturedServer) -> list[str]:
    return [line for line in server.log() if "ran too long" in line]


def test_a_line_that_explodes_costs_only_its_pattern(server):
    """Both jails find all else, and log and status name the regex and keep the line.

    ``Guard._tick`` raises; were it not to, ``WatcherProcess._oversee`` kills the watcher. Fails
    without both.
    """
    server.append("fail from 192.0.2.1", BOMB, "fail from 192.0.2.2")
    server.wait_for_found("evil", "192.0.2.2")
    server.wait_for_found("good", "192.0.2.2")
    assert [server.failed(jail) for jail in ("evil", "good")] == [2, 2]
    server.wait_for(lambda: told(server))
    (line,) = told(server)
    assert "[evil]" in line
    assert repr(EVIL.strip()) in line
    assert BOMB in line
    shown = server.banward("status")
    assert f"[evil] {EVIL.strip()}" in shown
    assert BOMB in shown
    (regex,) = json.loads(server.banward("status", "--json"))["quarantine"]
    assert (regex["jail"], regex["pattern"]) == ("evil", EVIL.strip())
    assert BOMB in regex["line"]


def test_after_a_restart_it_does_not_explode_again(server):
    """The quarantine outlives the server, until the jail is restarted by order.

    Fails without ``Quarantines.load``.
    """
    server.append(BOMB)
    server.wait_for(lambda: told(server))
    server.restart()
    server.append(BOMB, "fail from 192.0.2.3")
    server.wait_for_found("evil", "192.0.2.3")
    server.wait_for_found("good", "192.0.2.3")
    assert len(told(server)) == 1
    assert json.loads(server.banward("status", "--json"))["quarantine"]
    server.client("reload", "--restart", "evil")
    assert json.loads(server.banward("status", "--json"))["quarantine"] == []
    server.append(BOMB)
    server.wait_for(lambda: len(told(server)) == 2)


def test_a_watcher_that_hangs_is_found_out_within_two_seconds():
    """The guard takes a second, the warden less than two, both of the watcher's own CPU time.

    Fails with a default of two for ``patience`` in ``WatcherProcess``.
    """
    patience = WatcherProcess()._patience
    assert patience + _LOOK < 2


def test_what_is_not_read_yet_is_told(server):
    """While the watcher can't read, status tells how many bytes wait in which log.

    Fails without ``Lags._of`` asking the kernel for the length: the watcher can't tell by itself.
    """
    server.append("fail from 192.0.2.4")
    server.wait_for_found("good", "192.0.2.4")
    os.kill(server.watcher, 19)
    try:
        size = server.append("fail from 192.0.2.5", "half a line", end="")
        (lag,) = json.loads(server.banward("status", "--json"))["lag"]
        assert (lag["source"], lag["size"]) == (str(server.folder / "a.log"), size)
        assert 0 <= lag["age"] < time.monotonic()
        assert f"a.log: {size} bytes" in server.banward("status")
    finally:
        os.kill(server.watcher, 18)
    server.wait_for_found("good", "192.0.2.5")
