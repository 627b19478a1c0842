"""Where a watcher runs: in a process of its own without privileges, or in a thread of this one.

One object stands for all watchers that run there one after the other. It knows nothing of what
they say.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from banward.clock import SystemClock

if TYPE_CHECKING:
    import socket

    from banward.watcher.page import Page

__all__ = ["Child", "ChildProcess", "ChildThread"]


class Child(Protocol):
    """What a watcher runs in."""

    @property
    def pid(self) -> int | None:
        """Number of the process, None while there is none of its own."""

    def start(self, theirs: socket.socket, page: Page) -> None:
        """Start a watcher.

        Args:
            theirs: its end of the link, which it closes.
            page: where it shows what it works on.

        Raises:
            OSError: it can't be started.
        """

    def cpu_time(self) -> float:
        """Seconds of CPU time that it used."""

    def kill(self) -> None:
        """End it at once, where that can be done."""

    def wait(self, patience: float) -> int | None:
        """Wait for its end, for so many seconds, and make sure of it; blocks.

        Returns:
            Its exit code; None if it goes on.
        """


class ChildProcess:
    """A process of its own.

    Args:
        user: whom it runs as; ``nobody`` where there is no such user.
    """

    def __init__(self, user: str) -> None:
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """See ``Child``."""
        return self._process.pid if self._process else None

    def start(self, theirs: socket.socket, page: Page) -> None:
        """See ``Child``."""
        numbers = (theirs.fileno(), page.fd)
        command = [sys.executable, "-P", "-s", "-m", "banward.watcher", *map(str, numbers)]
        self._process = subprocess.Popen(
            [*command, self._user], pass_fds=numbers, stdin=subprocess.DEVNULL, cwd="/"
        )
        theirs.close()

    def cpu_time(self) -> float:
        """See ``Child``; the source is proc(5)."""
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return 0.0
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """See ``Child``."""
        if self._process:
            self._process.kill()

    def wait(self, patience: float) -> int | None:
        """See ``Child``; what does not end in time is killed."""
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class ChildThread:
    """A thread of this process, which can't be killed."""

    pid = None

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def start(self, theirs: socket.socket, page: Page) -> None:
        """See ``Child``."""
        # Only here does the warden's process need what the watcher works with.
        from banward.watcher.guard import Guard  # noqa: PLC0415
        from banward.watcher.loop import Watcher  # noqa: PLC0415

        watcher = Watcher(theirs, SystemClock(), page, Guard(page))
        self._thread = threading.Thread(target=watcher.run, name="watcher", daemon=True)
        self._thread.start()

    def cpu_time(self) -> float:
        """Nothing: nobody would end it."""
        return 0.0

    def kill(self) -> None:
        """Do nothing."""

    def wait(self, patience: float) -> int | None:
        """See ``Child``."""
        if self._thread:
            self._thread.join(patience)
            return None if self._thread.is_alive() else 0
        return 0
