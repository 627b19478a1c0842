"""The server: builds warden, watcher and control socket, runs them, and takes all down again.

This is the one place that knows every part; it reads as the order of building.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from banward import COMPATIBLE_VERSION
from banward.clock import SystemClock
from banward.control.commands import Dispatcher
from banward.control.listening import inherited
from banward.control.socket import ControlSocket
from banward.enforcement.factory import Backends
from banward.errors import BanwardError
from banward.lean import tune
from banward.logs import setup
from banward.warden.warden import Warden
from banward.watcher_process import InlineWatcher, WatcherProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banward.settings import ServerSettings
    from banward.watcher_side import WatcherSide

__all__ = ["run"]

_log = logging.getLogger("fail2ban.server")

_PRIVATE: Final = 0o077
_KEEP_ON_SIGTERM: Final = "bans_on_sigterm"


def run(
    settings: ServerSettings,
    *,
    stream: Sequence[Any] | None = None,
    force: bool = False,
    foreground: bool = False,
    single: bool = False,
    ready: Callable[[Sequence[str]], None] | None = None,
) -> int:
    """Run a server until it is stopped.

    Args:
        settings: log, socket, pid file: what is needed before the configuration is read.
        stream: the commands of the configuration; None if a client will send them.
        force: remove the socket file of a server that is gone (``-x``).
        foreground: true unless the process was detached.
        single: read logs in this process too, with all its rights: for tests and debugging.
        ready: is called once the configuration holds, with what is wrong with parts of it.

    Returns:
        The exit code.

    Raises:
        BanwardError: the server can't be started.
    """
    os.umask(_PRIVATE)
    tune()
    watcher = InlineWatcher() if single else WatcherProcess()
    server = _Server(settings, watcher, force=force, foreground=foreground)
    return asyncio.run(server.run(stream, ready or (lambda _: None)))


class _Server:
    def __init__(
        self, settings: ServerSettings, watcher: WatcherSide, *, force: bool, foreground: bool
    ) -> None:
        self._settings = settings
        self._watcher = watcher
        self._force = force
        self._foreground = foreground
        self._clock = SystemClock()
        self._stop = asyncio.Event()
        self._keep = False

    async def run(
        self, stream: Sequence[Any] | None, ready: Callable[[Sequence[str]], None]
    ) -> int:
        settings = self._settings
        logs = setup(settings.logtarget, settings.loglevel, settings.syslogsocket)
        _log.info("-" * 50)
        _log.info("Starting Fail2ban v%s", COMPATIBLE_VERSION)
        if not self._foreground:
            _log.info("Daemon started")
        warden = Warden(
            settings,
            clock=self._clock,
            watcher=self._watcher,
            logs=logs,
            backends=Backends(self._clock),
        )
        dispatcher = Dispatcher(warden)
        async with AsyncExitStack() as stack:
            # Taken down in reverse: the last client gets its answer before the socket goes.
            try:
                self._write_pid()
                stack.callback(self._remove_pid)
                await self._open_sockets(stack, dispatcher)
                await warden.begin()
            except BanwardError as error:
                _log.critical("%s", error)
                raise
            self._catch_signals(warden)
            problems = await dispatcher.configure(stream or ())
            if stream is not None and not warden.stopping:
                await warden.settle()
            ready(problems)
            gc.freeze()  # what a start makes stays: to go through it takes longer than clients wait
            await self._until_stopped(warden)
        _log.info("Exiting Fail2ban")
        return 0

    async def _until_stopped(self, warden: Warden) -> None:
        waits = [
            asyncio.create_task(self._stop.wait()),
            asyncio.create_task(warden.stopped.wait()),
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await warden.shutdown(keep=self._keep and self._keeps(warden))

    async def _open_sockets(self, stack: AsyncExitStack, dispatcher: Dispatcher) -> None:
        extra = self._settings.extra
        group = extra.get("socket_group", "")
        control = ControlSocket(dispatcher, self._settings.socket, group=group)
        await control.open(force=self._force, given=inherited(os.environ))
        stack.push_async_callback(control.close)
        if path := extra.get("socket_readonly"):
            monitor = ControlSocket(dispatcher, path, group=group, readonly=True)
            await monitor.open(force=True)
            stack.push_async_callback(monitor.close)

    def _catch_signals(self, warden: Warden) -> None:
        loop = asyncio.get_running_loop()

        def terminate() -> None:
            self._keep = True
            self._stop.set()

        loop.add_signal_handler(signal.SIGTERM, terminate)
        loop.add_signal_handler(signal.SIGINT, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR1, warden.flush_logs)
        # A terminal that goes away must not take the protection with it.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    @staticmethod
    def _keeps(warden: Warden) -> bool:
        return warden.settings.extra.get(_KEEP_ON_SIGTERM, "keep").lower() != "lift"

    def _write_pid(self) -> None:
        path = Path(self._settings.pidfile)
        try:
            if path.is_absolute():
                path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            _log.error("Unable to create PID file: %s", error)

    def _remove_pid(self) -> None:
        with suppress(OSError):
            Path(self._settings.pidfile).unlink()
