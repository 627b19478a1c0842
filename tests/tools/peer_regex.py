"""Runs Debian's fail2ban-regex many times, each in a fork of one warm process. A black box.

    BANWARD_PEER=DIR python peer_regex.py NOW SECONDS < JOBS > RESULTS

Each line of JOBS is a JSON list of arguments, each line of RESULTS ``[exit code, stdout]``; the code is
-14 for a run that took longer than SECONDS. The clock begins at NOW and hardly moves on, so that
results can be compared.
"""

from __future__ import annotations

import datetime
import json
import os
import runpy
import signal
import sys
import tempfile
import time
import warnings
from typing import Self

PEER = os.environ.get("BANWARD_PEER", "/opt/peer/f2b")


class Clock:
    """Stands still, save for a tick at each look: the peer waits for time to pass."""

    def __init__(self, now: float) -> None:
        self._now = now

    def time(self) -> float:
        """Seconds since the epoch."""
        self._now += 1e-7
        return self._now


class Broken:
    """A function of ``time`` that takes seconds, and the clock's if there are none."""

    def __init__(self, function, clock: Clock) -> None:
        self._function = function
        self._clock = clock

    def __call__(self, seconds: float | None = None) -> time.struct_time:
        """The broken-down time."""
        return self._function(self._clock.time() if seconds is None else seconds)


def dated_by(clock: Clock) -> type[datetime.datetime]:
    """A class of dates whose present moment is the clock's."""

    class Dated(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Self:
            return cls.fromtimestamp(clock.time(), tz)

    return Dated


def main() -> None:
    """Set the clock, load the peer once, and do the jobs."""
    clock, seconds = Clock(float(sys.argv[1])), int(sys.argv[2])
    time.time = clock.time
    time.localtime = Broken(time.localtime, clock)
    time.gmtime = Broken(time.gmtime, clock)
    datetime.datetime = dated_by(clock)
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    sys.path.insert(0, f"{PEER}/usr/lib/python3/dist-packages")
    __import__("fail2ban.client.fail2banregex")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line), seconds)) + "\n")
        sys.stdout.flush()


def run(arguments: list[str], seconds: int) -> tuple[int, str]:
    """One run in a fork: its exit code and what it printed."""
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            child(arguments, seconds, output.fileno())
        _, status = os.waitpid(pid, 0)
        output.seek(0)
        return os.waitstatus_to_exitcode(status), output.read().decode("utf-8", "replace")


def child(arguments: list[str], seconds: int, output: int) -> None:
    """Be the program, and end as it ends."""
    signal.alarm(seconds)
    os.dup2(output, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.argv = ["fail2ban-regex", *arguments]
    code = 1
    try:
        runpy.run_path(f"{PEER}/usr/bin/fail2ban-regex", run_name="__main__")
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
