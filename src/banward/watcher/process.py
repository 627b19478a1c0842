"""The watcher's process, with the two descriptors that it was given.

Before the first source is opened all rights are given up that reading logs does not need.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
from typing import TYPE_CHECKING, Final

from banward.clock import SystemClock
from banward.lean import tune
from banward.link import Notice
from banward.matching import pcre2
from banward.privileges import drop
from banward.watcher.channel import Channel
from banward.watcher.guard import Guard
from banward.watcher.loop import Watcher
from banward.watcher.page import Page
from banward.watcher.places import folders_of

if TYPE_CHECKING:
    from banward.link import Configure, Report

__all__ = ["main"]

_INFO: Final = 20
_CRITICAL: Final = 50


def main(socket_fd: int, page_fd: int, user: str) -> int:
    """Work until the warden orders the end, or is gone.

    Args:
        socket_fd: a connected socket.
        page_fd: shared memory, see ``page.py``.
        user: whom to run as.

    Returns:
        The exit code.
    """
    # The end comes through the link: a terminal or service manager signals the warden.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    _allow_many_files()
    tune()
    pcre2.library()  # its file may be out of reach once the rights are given up
    connection = socket.socket(fileno=socket_fd)
    spare = connection.dup()
    page = Page(page_fd)
    guard = Guard(page)

    def give_up_rights(order: Configure) -> list[Report]:
        steps = "; ".join(drop(user, folders_of(order.jails)))
        return [Notice(_INFO, "watcher", f"The watcher, process {os.getpid()}, {steps}")]

    watcher = Watcher(connection, SystemClock(), page, guard, give_up_rights)
    guard.arm()
    try:
        watcher.run()
    except Exception:  # noqa: BLE001  (border: the warden logs why its watcher ended)
        _last_words(spare)
        return 1
    return 0


def _allow_many_files() -> None:
    """Every log stays open, and there may be thousands."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _last_words(connection: socket.socket) -> None:
    import traceback  # noqa: PLC0415  (only a watcher that ends by mistake needs it)

    Channel(connection).send(Notice(_CRITICAL, "watcher", traceback.format_exc()))
