"""``banward metrics`` against a real server, read as Prometheus reads it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cli.servers import environment
from torture.servers import TorturedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "etc/banward.conf": "[Definition]\nsocket_readonly = {DIR}/ro.sock\n",
    "etc/jail.conf": """
        [DEFAULT]
        enabled = true
        backend = auto
        maxretry = 2
        logpath = {DIR}/a.log
        [evil]
        filter = evil
        [good]
        filter = good
        ignoreip = 192.0.2.9
        """,
    "etc/filter.d/evil.conf": "[Definition]\nfailregex = ^ \\s*(a+)+ <HOST>$\n",
    "etc/filter.d/good.conf": "[Definition]\nfailregex = ^ fail from <HOST>$\n",
    "a.log": "",
}


@pytest.fixture(scope="module")
def server() -> Iterator[TorturedServer]:
    """A server on whose log a ban, an ignored failure, a runaway and a kill have come."""
    with TorturedServer(FILES) as made:
        made.start()
        made.append("fail from 192.0.2.9", "fail from 192.0.2.1", "fail from 192.0.2.1")
        made.append("fail from 192.0.2.2", "a" * 50 + "!", "fail from 192.0.2.3")
        made.wait_for_found("good", "192.0.2.3")
        made.wait_for(lambda: any("ran too long" in line for line in made.log()))
        os.kill(made.watcher, signal.SIGKILL)
        made.wait_for(lambda: any("starting a new one" in line for line in made.log()))
        made.append("fail from 192.0.2.4")
        made.wait_for_found("good", "192.0.2.4")
        yield made


def banward(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the word ``metrics``."""
    command = [sys.executable, "-m", "banward.cli.banward", "metrics", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)


def parsed(told: str) -> dict[tuple[str, ...], float]:
    """Names and values of labels to values."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def test_the_read_only_socket_tells_all_numbers(server: TorturedServer) -> None:
    """What happened is what is counted; the line that made a pattern run away is no label."""
    done = banward("-s", f"{server.folder}/ro.sock")
    assert (done.returncode, done.stderr) == (0, "")
    found, log = parsed(done.stdout), f"{server.folder}/a.log"
    assert found["banward_up",] == 1
    assert found["banward_uptime_seconds",] > 0
    assert found["banward_watcher_restarts_total",] == 1
    assert found["banward_database_works",] == 1
    assert found["banward_quarantined_patterns", "evil", log] == 1
    assert found["banward_source_unread_bytes", log] == 0
    assert [found[f"banward_jail_{name}", "good"] for name in ("failing", "failures_total")] == [
        3,
        5,
    ]
    assert [found[f"banward_jail_{name}", "good"] for name in ("banned", "bans_total")] == [1, 1]
    assert found["banward_jail_refusals_total", "good", "on the ignore list"] == 1
    assert "aaaa" not in done.stdout


def test_a_file_for_the_textfile_collector(server: TorturedServer, tmp_path: Path) -> None:
    """It holds what would be printed, and the names that dashboards know if they are asked for."""
    path = tmp_path / "banward.prom"
    done = banward("-s", server.socket, "--file", str(path), "--f2b-names")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert parsed(path.read_text())["f2b_jail_banned_current", "good"] == 1
    assert list(tmp_path.iterdir()) == [path]


def test_plain_values(server: TorturedServer) -> None:
    """``--json`` prints what the server answers."""
    told = json.loads(banward("-s", server.socket, "--json").stdout)
    assert (told["jails"]["good"]["failed_total"], told["watcher_restarts"]) == (5, 1)


def test_a_server_that_does_not_answer_is_down(tmp_path: Path) -> None:
    """The file says so, for what it said before is not true any more."""
    path = tmp_path / "banward.prom"
    path.write_text("banward_jail_banned 7\n")
    done = banward("-s", str(tmp_path / "none.sock"), "--file", str(path))
    assert done.returncode == 1
    assert done.stderr.startswith("banward: ")
    assert parsed(path.read_text()) == {("banward_up",): 0}


def test_a_file_that_cant_be_written(server: TorturedServer, tmp_path: Path) -> None:
    """The message names it."""
    path = tmp_path / "nowhere" / "banward.prom"
    done = banward("-s", server.socket, "--file", str(path))
    assert (done.returncode, done.stderr) == (
        1,
        f"banward: {path} can't be written: No such file or directory\n",
    )
