"""A real server in a folder of its own, and the ways to feed and ask it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cli.servers import RealServer, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CONF = """\
[Definition]
loglevel = INFO
logtarget = {DIR}/f2b.log
dbfile = {DIR}/f2b.sqlite3
socket = {DIR}/f2b.sock
pidfile = {DIR}/f2b.pid
"""
_PATIENCE = 60.0


class TorturedServer(RealServer):
    """A server with one log, ``a.log``.

    Args:
        files: path below the folder to text; indented as the test likes.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        texts = {path: textwrap.dedent(text) for path, text in files.items()}
        super().__init__({"etc/fail2ban.conf": _CONF, **texts})
        # The watcher's user has to get here.
        self.folder.chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self.remove()

    def append(self, *messages: str | bytes, end: str = "\n", name: str = "a.log") -> int:
        """Write lines with the time of now to a log; gives how many bytes."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S ").encode()
        parts = [m.encode("utf-8", "surrogatepass") if isinstance(m, str) else m for m in messages]
        data = b"\n".join(now + part for part in parts) + end.encode()
        with (self.folder / name).open("ab") as file:
            return file.write(data)

    def restart(self) -> None:
        """End the server and start it again, with the same files."""
        assert self.stop() == 0
        self.start()

    def client(self, *words: str) -> str:
        """What ``fail2ban-client`` prints."""
        return self._run("banward.cli.client", *self.base, *words)

    def banward(self, *words: str) -> str:
        """What ``banward`` prints about this server."""
        return self._run("banward.cli.banward", *words, "-s", self.socket)

    def _run(self, module: str, *words: str) -> str:
        argv = [sys.executable, "-m", module, *words]
        env = {**environment(), "COLUMNS": "200"}
        done = subprocess.run(argv, capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def pid(self) -> int:
        """The process of the warden."""
        return int((self.folder / "f2b.pid").read_text())

    @property
    def watcher(self) -> int:
        """The process of the watcher."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        (pid,) = [
            c for c in children if b"banward.watcher" in Path(f"/proc/{c}/cmdline").read_bytes()
        ]
        return int(pid)

    def failed(self, jail: str) -> int:
        """How many failures a jail found."""
        text = self.client("status", jail)
        return int(text.partition("Total failed:\t")[2].split()[0])

    def found(self, jail: str) -> list[str]:
        """Whom a jail found failing, as the log tells it."""
        return [
            line.split("Found ")[1].split(" - ")[0]
            for line in self.log()
            if f"[{jail}] Found " in line
        ]

    def banned(self, jail: str) -> list[str]:
        """Who is banned in a jail."""
        return self.client("get", jail, "banip").split()

    def wait_for_found(self, jail: str, subject: str) -> None:
        """Wait until a jail found somebody."""
        self.wait_for(lambda: subject in self.found(jail))

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until something holds, and fail with the log if it does not."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.log())
            time.sleep(0.02)
