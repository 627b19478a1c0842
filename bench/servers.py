"""The two servers that are compared, each run as its users run it: own configuration, own files.

A server is a child of ours in the foreground, so that its CPU time is that of its process tree:
what lives, and what ended and was waited for.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["BANWARD", "PEER", "Program", "Server", "StuckError", "cpu_of", "pss_of", "tree_of"]

_PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b"))
_TICK = os.sysconf("SC_CLK_TCK")
_STEP = 0.02
_REST = 0.5
_PATIENCE = 600.0


class StuckError(Exception):
    """A server did not come as far as it has to."""


@dataclass(frozen=True, slots=True)
class Program:
    """A server that can be started.

    Args:
        name: how tables call it.
        folder: where its commands are.
        python: the interpreter that runs them; empty if they start by themselves.
        path: where its modules are, for ``PYTHONPATH``.
        rules: its configuration; None if it brings its own beside that of the user.
    """

    name: str
    folder: Path
    python: str = ""
    path: str = ""
    rules: Path | None = None

    def command(self, name: str, *words: str) -> list[str]:
        """The command line of one of its programs."""
        return [*filter(None, (self.python,)), str(self.folder / name), *words]

    @property
    def environment(self) -> dict[str, str]:
        """What its processes get."""
        own = {"PYTHONPATH": self.path} if self.path else {}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "BANWARD"))}
        return kept | own | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}

    def configure(self, folder: Path, jails: Mapping[str, Mapping[str, str]]) -> None:
        """Write a configuration.

        Args:
            folder: becomes the directory of the configuration.
            jails: the options of each jail by its name; ``DEFAULT`` holds for all.
        """
        if self.rules:
            shutil.copytree(self.rules, folder, symlinks=True)
            shutil.rmtree(folder / "jail.d", ignore_errors=True)
        else:
            folder.mkdir()
        lines = []
        for name, options in jails.items():
            lines += [f"[{name}]", *(f"{key} = {value}" for key, value in options.items())]
        (folder / "jail.local").write_text("\n".join(lines) + "\n")
        database = folder.parent / "state.sqlite3"
        (folder / "fail2ban.local").write_text(f"[DEFAULT]\ndbfile = {database}\n")


BANWARD = Program("Banward", Path(sys.prefix) / "bin")
PEER = Program(
    "fail2ban",
    _PEER / "usr/bin",
    python="/usr/bin/python3",
    path=str(_PEER / "usr/lib/python3/dist-packages"),
    rules=_PEER / "etc/fail2ban",
)


class Server:
    """A running server.

    Args:
        program: which.
        folder: for all its files; must not be there.
        jails: its configuration.
        prefix: words before its command line, as ``unshare -n``.
    """

    def __init__(
        self,
        program: Program,
        folder: Path,
        jails: Mapping[str, Mapping[str, str]],
        prefix: Sequence[str] = ("unshare", "-n"),
    ) -> None:
        self.program = program
        self.folder = folder
        self.jails = [name for name in jails if name != "DEFAULT"]
        self.log = folder / "server.log"
        self._prefix = prefix
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0
        self._told: Counter[str] = Counter()
        folder.mkdir(parents=True)
        program.configure(folder / "etc", jails)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # Life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it, and wait until all jails run.

        Raises:
            StuckError: they do not.
        """
        begun = self._told["started"]
        self.launch()
        self.wait(lambda: self.told["started"] >= begun + len(self.jails), "start")

    def launch(self) -> None:
        """Start it."""
        words = ["-f", "start"]
        with (self.folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                [*self._prefix, *self.command("fail2ban-server", *words)],
                env=self.program.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def command(self, name: str, *words: str) -> list[str]:
        """The command line of one of its programs, which finds this server."""
        options = ["-c", "etc", "-s", "socket", "-p", "pid"]
        paths = [str(self.folder / word) if i % 2 else word for i, word in enumerate(options)]
        target = ["--logtarget", str(self.log)] if name == "fail2ban-server" else []
        return self.program.command(name, *paths, *target, *words)

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process
        return self._process.pid

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process and self._process.send_signal(number)

    def wait_ended(self) -> None:
        """Wait until its process is gone."""
        if self._process:
            self._process.wait(_PATIENCE)
            self._process = None

    def kill(self) -> None:
        """End it, however it is."""
        if self._process and self._process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self._process.wait()
        self._process = None

    def client(self, *words: str) -> str:
        """Ask it by its own client, and return the answer."""
        asked = subprocess.run(
            [*self._prefix, *self.command("fail2ban-client", *words)],
            env=self.program.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return asked.stdout.strip()

    # What it did ------------------------------------------------------------------------------

    @property
    def told(self) -> Counter[str]:
        """What its log tells: jails started, and for each jail ``Found``, ``Ban``, ``Unban``."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", "replace").splitlines():
            for key in _keys(line):
                self._told[key] += 1
        return self._told

    def wait(self, done: Callable[[], bool], what: str, patience: float = _PATIENCE) -> float:
        """Wait until something is so, and return the moment on the monotonic clock.

        Raises:
            StuckError: it takes too long, or the server ended.
        """
        until = time.monotonic() + patience
        while True:
            if self.log.exists() and done():
                return time.monotonic()
            if time.monotonic() > until or (self._process and self._process.poll() is not None):
                tail = self.log.read_text()[-2000:] if self.log.exists() else ""
                out = (self.folder / "out.log").read_text()[-2000:]
                raise StuckError(f"{self.program.name}: {what}: {dict(self._told)}\n{tail}\n{out}")
            time.sleep(_STEP)

    def rest(self) -> None:
        """Wait until it has nothing to do: half a second with next to no CPU time."""
        before = cpu_of([self.pid])
        while True:
            time.sleep(_REST)
            now = cpu_of([self.pid])
            if now - before < _REST / 20:
                return
            before = now


def _keys(line: str) -> Iterable[str]:
    _, _, text = line.partition("]: ")
    words = text.split(None, 4)  # the level, [jail], what, whom
    if len(words) > 3 and words[1] == "Jail" and words[3] == "started":  # noqa: PLR2004
        return ("started",)
    if len(words) < 4 or words[2] not in {"Found", "Ban", "Unban"}:  # noqa: PLR2004
        return ()
    word, jail, subject = words[2], words[1].strip("[]"), words[3]
    return (word, f"{word} {jail}", f"{word} {jail} {subject}")


# Figures of processes -------------------------------------------------------------------------


def tree_of(roots: Iterable[int]) -> list[int]:
    """Processes and all their descendants that live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = list(roots)
    for pid in found:
        found += children.get(pid, ())
    return found


def cpu_of(roots: Iterable[int]) -> float:
    """CPU seconds of process trees, with those of children that ended."""
    rows = filter(None, map(_stat, tree_of(roots)))
    return sum(sum(map(int, fields[11:15])) for fields in rows) / _TICK


def _stat(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the state on (proc(5)); None if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def pss_of(roots: Iterable[int]) -> float:
    """MiB of memory of process trees; what is shared counts in parts (``Pss``)."""
    total = 0
    for pid in tree_of(roots):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024
