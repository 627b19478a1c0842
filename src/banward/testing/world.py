"""A small world of hosts in network namespaces, joined by a switch; gone when it is left.

The host's own network and firewall are not touched: the switch has a namespace of its own too.
Needs root and iproute2 (``ip netns``).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

__all__ = ["World", "missing_parts"]


def missing_parts(*commands: str) -> list[str]:
    """What a world lacks here: ``root``, or commands that are not on the PATH.

    Args:
        commands: further commands that the caller needs.
    """
    missing = [] if os.geteuid() == 0 else ["root"]
    return missing + [name for name in ("ip", "unshare", *commands) if not _which(name)]


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class World:
    """Hosts by name, each with an IPv4 and an IPv6 address on one wire.

    Args:
        hosts: name to host number n: it gets 10.0.0.n/24 and fd00::n/64.

    Raises:
        subprocess.CalledProcessError: a namespace could not be made.
    """

    def __init__(self, hosts: Mapping[str, int]) -> None:
        self._hosts = dict(hosts)
        self._prefix = f"bw{os.getpid()}-{os.urandom(2).hex()}"
        self._started: list[subprocess.Popen[Any]] = []
        self._made: list[str] = []

    def __enter__(self) -> Self:
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def address(self, host: str, version: int = 4) -> str:
        """The host's IPv4 or IPv6 address."""
        number = self._hosts[host]
        return f"10.0.0.{number}" if version == 4 else f"fd00::{number:x}"  # noqa: PLR2004

    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """The command line that runs ``argv`` on that host."""
        return ["ip", "netns", "exec", self._namespace(host), *argv]

    def run(self, host: str, *argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command on a host to its end; output is captured as text.

        Args:
            host: name of the host.
            argv: the command.
            options: as for ``subprocess.run``.
        """
        options.setdefault("timeout", 60)
        return subprocess.run(  # noqa: PLW1510  (the caller passes ``check``)
            self.command(host, argv),
            **{"text": True, "capture_output": True, "stdin": subprocess.DEVNULL, **options},
        )

    def start(self, host: str, *argv: str, **options: Any) -> subprocess.Popen[Any]:
        """Start a command on a host; it is ended with the world."""
        process = subprocess.Popen(self.command(host, argv), **options)
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what was started and remove every namespace."""
        for process in reversed(self._started):
            process.terminate()
        for process in reversed(self._started):
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
                pipe.close()
        self._started.clear()
        for namespace in reversed(self._made):
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "del", namespace)
            Path("/run/netns", namespace).unlink(missing_ok=True)
        self._made.clear()

    def _namespace(self, host: str) -> str:
        return f"{self._prefix}-{host}"

    def _build(self) -> None:
        switch = self._add("switch")
        _ip("-n", switch, "link", "add", "wire", "type", "bridge")
        _ip("-n", switch, "link", "set", "wire", "up")
        for index, (host, number) in enumerate(self._hosts.items()):
            namespace = self._add(host)
            port = f"port{index}"
            peer = ("peer", "name", "eth0", "netns", namespace)
            _ip("-n", switch, "link", "add", port, "type", "veth", *peer)
            _ip("-n", switch, "link", "set", port, "master", "wire", "up")
            _ip("-n", namespace, "address", "add", f"10.0.0.{number}/24", "dev", "eth0")
            six = ("address", "add", f"fd00::{number:x}/64", "dev", "eth0", "nodad")
            _ip("-n", namespace, *six)
            for link in ("lo", "eth0"):
                _ip("-n", namespace, "link", "set", link, "up")

    def _add(self, host: str) -> str:
        namespace = self._namespace(host)
        _ip("netns", "add", namespace)
        self._made.append(namespace)
        return namespace


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
