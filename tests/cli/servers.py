"""A real server of ours in a folder of its own, as the cases of the specification want it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from banward.cli.client_link import Link, answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

START_SECONDS = 20


def environment() -> dict[str, str]:
    """What processes get: no locale but plain UTF-8, and universal time."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    return {**kept, "LANG": "C.UTF-8", "TZ": "UTC"}


# A network of its own: the attackers of the transcripts must not be this machine's own addresses,
# which are never banned.
_LONELY = ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
ALONE = _LONELY if os.geteuid() == 0 else []


class RealServer:
    """``fail2ban-server`` in the foreground, with its files.

    Args:
        files: path below the folder to text, in which ``{DIR}`` stands for the folder.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        # The path of a socket may have 107 bytes: pytest's folders are too deep.
        self.folder = Path(tempfile.mkdtemp(prefix="bw-"))
        self.process: subprocess.Popen[bytes] | None = None
        for path, text in files.items():
            self.write(path, text)

    @property
    def socket(self) -> str:
        return f"{self.folder}/f2b.sock"

    @property
    def base(self) -> list[str]:
        """The options that lead to this server."""
        return ["-c", f"{self.folder}/etc", "-s", self.socket, "-p", f"{self.folder}/f2b.pid"]

    @property
    def pid(self) -> int:
        """The process that wrote the pid file."""
        return int((self.folder / "f2b.pid").read_text())

    def filled(self, text: str) -> str:
        return text.replace("{DIR}", str(self.folder))

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.filled(text))

    def start(self) -> None:
        """Start, and wait until the configuration is in force."""
        words = [*ALONE, sys.executable, "-m", "banward.cli.server", *self.base, "-f", "start"]
        with (self.folder / "server.out").open("wb") as out:
            self.process = subprocess.Popen(words, stdout=out, stderr=out, env=environment())
        end = time.monotonic() + START_SECONDS
        while not answers(self.socket) or "Server ready" not in self.said():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(self.said() or "the server does not answer")
            time.sleep(0.02)

    def said(self) -> str:
        """What it wrote on standard output and standard error."""
        return (self.folder / "server.out").read_text()

    def stop(self) -> int | None:
        """Stop, and return the exit code; None if it does not run in the foreground."""
        # It may be on its way out already, as the last command of a case told it to stop.
        if answers(self.socket):
            pid = self.pid
            with Link(self.socket) as link:
                link.ask(["stop"])
            if not self.process:
                wait_for_end(pid)
        return self.process.wait(START_SECONDS) if self.process else None

    def log(self) -> list[str]:
        """The lines of its log."""
        path = self.folder / "f2b.log"
        return path.read_text().splitlines() if path.exists() else []

    def remove(self) -> None:
        """End it in any case, and remove its files."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


@contextmanager
def serving(files: Mapping[str, str]) -> Iterator[RealServer]:
    """The files of a server; whatever was started with them is stopped at the end."""
    made = RealServer(files)
    try:
        yield made
        made.stop()
    finally:
        made.remove()


def wait_for_end(pid: int) -> None:
    """Wait until a process is gone."""
    end = time.monotonic() + START_SECONDS
    while (stat := Path(f"/proc/{pid}/stat")).exists():
        if stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        assert time.monotonic() < end
        time.sleep(0.02)
