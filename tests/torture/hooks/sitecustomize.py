"""Kills the process at a named step, or sets its clock; Python imports this where it is on PYTHONPATH.

The code of Banward has no hook for it: the steps are methods, wrapped from here. ``BANWARD_FAULT``
is ``STEP`` or ``STEP:N`` (the n-th time that it is reached) or ``STEP:N:both`` (the watcher dies
with the warden). A process that a fault has killed is not killed again when it is replaced: file
``BANWARD_FAULT_ARMED`` is opened before the watcher gives up its rights, and emptied by the fault.
``BANWARD_CLOCK`` names a file that says how many seconds the clock is ahead.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
from functools import wraps
from pathlib import Path


def _die(armed: int, both: bool) -> None:
    if os.fstat(armed).st_size == 0:
        return
    os.ftruncate(armed, 0)
    if both:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    try:
        os.kill(os.getpid(), signal.SIGKILL)
    except PermissionError:
        # A watcher has given up the right to send signals: the kernel ends it as abruptly.
        ctypes.memset(0, 0, 1)


def _anything(arguments, answer):
    return True


def _with_matches(arguments, answer):
    """A frame, a block or a transaction that says something of a failure."""
    what = arguments[-1]
    progress = getattr(what, "progress", what)
    return bool(getattr(progress, "matches", ()) or getattr(what, "bans", ()))


def _with_bans(arguments, answer):
    return bool(getattr(arguments[-1], "bans", arguments[-1]))


def _answered(arguments, answer):
    return bool(answer)


# step: module, class, method, before or after it, and when it counts
STEPS = {
    "read": ("banward.sources.file", "FollowedFile", "read", "after", _answered),
    "matched": ("banward.matching.scanner", "Scanner", "find", "after", _answered),
    "sent": ("banward.watcher.channel", "Channel", "send", "after", _with_matches),
    "received": ("banward.warden.intake", "Intake", "take", "before", _with_matches),
    "before-commit": ("banward.storage.sqlite", "SqliteStore", "commit", "before", _with_bans),
    "in-commit": ("banward.storage.sqlite", "SqliteStore", "_save_bans", "after", _with_bans),
    "after-commit": ("banward.storage.sqlite", "SqliteStore", "commit", "after", _with_bans),
    "before-kernel": ("banward.enforcement.nft_sets", "Sets", "add", "before", _anything),
    "after-kernel": ("banward.enforcement.nft_sets", "Sets", "add", "after", _anything),
    "forgotten": ("banward.storage.sqlite", "SqliteStore", "forget", "after", _anything),
    "before-lift": ("banward.enforcement.nft_sets", "Sets", "remove", "before", _anything),
    "after-lift": ("banward.enforcement.nft_sets", "Sets", "remove", "after", _anything),
}
_OF_THE_WATCHER = ("read", "matched", "sent")


def _wrap(step, number, both, armed):
    module, owner, method, when, counts = STEPS[step]
    cls = getattr(importlib.import_module(module), owner)
    real = getattr(cls, method)
    passes = iter(range(1, sys.maxsize))

    def reached(arguments, answer):
        if counts(arguments, answer) and next(passes) == number:
            _die(armed, both)

    @wraps(real)
    def plain(*arguments):
        if when == "before":
            reached(arguments, None)
        answer = real(*arguments)
        if when == "after":
            reached(arguments, answer)
        return answer

    @wraps(real)
    async def waiting(*arguments, **named):
        if when == "before":
            reached(arguments, None)
        answer = await real(*arguments, **named)
        if when == "after":
            reached(arguments, answer)
        return answer

    setattr(cls, method, waiting if owner == "Sets" else plain)


def _arm():
    step, _, rest = os.environ["BANWARD_FAULT"].partition(":")
    number, _, whom = rest.partition(":")
    is_watcher = "banward.watcher" in sys.orig_argv
    is_warden = "banward.cli.server" in sys.orig_argv
    if is_watcher if step in _OF_THE_WATCHER else is_warden:
        armed = os.open(os.environ["BANWARD_FAULT_ARMED"], os.O_RDWR)
        _wrap(step, int(number or 1), whom == "both", armed)


def _set_clock(path):
    """The clock is as many seconds ahead as the file says: only root of the host may set a true one."""
    clock = importlib.import_module("banward.clock").SystemClock
    true, moved = clock.now, os.open(path, os.O_RDONLY)  # while this process may open files
    clock.now = lambda self: true(self) + float(os.pread(moved, 32, 0))


if os.environ.get("BANWARD_FAULT"):
    _arm()
if os.environ.get("BANWARD_CLOCK"):
    _set_clock(os.environ["BANWARD_CLOCK"])
