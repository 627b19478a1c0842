"""Runs one command of an action in a session of its own, to its end or its time limit.

It promises what server-and-client.md 4.2 says: `/bin/sh`, nothing to read, umask 077, the whole
process group ended at the limit, and the lines that tell of it in the log. It does not know what
the command is for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from banward.errors import NoAnswerError
from banward.masking import without

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.enforcement.tags import Command

__all__ = ["Result", "run", "run_shell"]

_log = logging.getLogger("fail2ban.utils")

_GRACE = 0.2
"""Seconds between SIGTERM and SIGKILL (server-and-client.md 4.2)."""

_MOST_OUTPUT = 65_536
"""Bytes of each stream that are kept; the rest is read and dropped."""

_NOT_FOUND = 127

_VARIABLE = "f2b_command"
_FROM_ENVIRONMENT = f'f2b=${_VARIABLE}; unset {_VARIABLE}; eval "$f2b"'
"""A text with secret values comes in the environment, which only its user and root can read.

Read there as a whole, it means the same however it quotes the values. The programs that it starts
do not get it.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left.

    Args:
        code: exit code; negative for the signal that ended it.
        out: standard output, its first part.
        err: standard error, its first part.
        timed_out: true if it was ended at its limit.
    """

    code: int
    out: bytes = b""
    err: bytes = b""
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """True for exit code 0 within the limit."""
        return self.code == 0 and not self.timed_out


class _Stream:
    """Collects what a process writes, without waiting for others who inherited its output."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.data = bytearray()
        asyncio.get_running_loop().add_reader(self._reader, self._read)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._reader, _MOST_OUTPUT):
                self.data += chunk[: self._most - len(self.data)]
            asyncio.get_running_loop().remove_reader(self._reader)

    def close_writer(self) -> None:
        """The child has it by now."""
        os.close(self.writer)

    def close(self) -> bytes:
        """Take what is still there, and let go."""
        self._read()
        asyncio.get_running_loop().remove_reader(self._reader)
        os.close(self._reader)
        return bytes(self.data)


async def run(
    argv: Sequence[str],
    *,
    limit: float,
    stdin: bytes = b"",
    most: int = _MOST_OUTPUT,
    env: Mapping[str, str] | None = None,
    pids: set[int] | None = None,
) -> Result:
    """Run a program in a session of its own; its children may live on once it ended by itself.

    Args:
        argv: the program and its arguments.
        limit: seconds until the whole group is ended.
        stdin: what it may read.
        most: bytes of each stream that are kept.
        env: its environment; that of this process if None.
        pids: gets the id of the process.

    Raises:
        OSError: it can't be started.
    """
    out, err = _Stream(most), _Stream(most)
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
                stdout=out.writer,
                stderr=err.writer,
                start_new_session=True,
                umask=0o077,
                env=env,
            )
        finally:
            out.close_writer()
            err.close_writer()
        if pids is not None:
            pids.add(process.pid)
        timed_out = await _wait(process, limit, stdin)
    finally:
        texts = out.close(), err.close()
    return Result(process.returncode or 0, *texts, timed_out=timed_out)


async def _wait(process: asyncio.subprocess.Process, limit: float, stdin: bytes) -> bool:
    """Wait for the end; tell whether the limit had to end it."""
    try:
        async with asyncio.timeout(limit):
            if process.stdin:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    process.stdin.write(stdin)
                    await process.stdin.drain()
                process.stdin.close()
            await process.wait()
    except TimeoutError:
        await _end_group(process)
        return True
    except asyncio.CancelledError:
        _signal(process, signal.SIGKILL)
        await process.wait()
        raise
    return False


async def _end_group(process: asyncio.subprocess.Process) -> None:
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE):
            await process.wait()
    # Also when the shell itself obeyed: a child of the group may not have.
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


async def run_shell(command: Command, *, limit: float) -> bool:
    """Run a command text in the shell and tell whether it succeeded; log what it did.

    Args:
        command: the text and its positional arguments.
        limit: seconds until it is ended.

    Raises:
        NoAnswerError: it had to be ended.
    """
    shown = repr([command.text, *command.args]) if command.args else command.text
    text, env = command.text, None
    if command.script:
        text, env = _FROM_ENVIRONMENT, {**os.environ, _VARIABLE: command.script}
    try:
        result = await run(["/bin/sh", "-c", text, *command.args], limit=limit, env=env)
    except (OSError, ValueError) as error:
        _log.error("%x -- exec: %s", id(command), shown)
        _log.error("%x -- can't be started: %s", id(command), error)
        return False
    level = logging.DEBUG if result.succeeded else logging.ERROR
    if _log.isEnabledFor(level):
        _report(level, f"{id(command):x}", shown, _discreet(result, command.secrets), limit)
    if result.timed_out:
        raise NoAnswerError(f"its command did not end within {limit:g} seconds")
    return result.succeeded


def _discreet(result: Result, secrets: tuple[str, ...]) -> Result:
    """The result with what a program said of secret values hidden."""
    if not secrets:
        return result
    out, err = (without(b.decode("utf-8", "replace"), secrets) for b in (result.out, result.err))
    return replace(result, out=out.encode(), err=err.encode())


def _report(level: int, mark: str, shown: str, result: Result, limit: float) -> None:
    """Write the lines of server-and-client.md 1.10; foreign bytes only as their ``repr``."""
    _log.log(level, "%s -- exec: %s", mark, shown)
    for name, data in (("stdout", result.out), ("stderr", result.err)):
        for line in data.decode("utf-8", "replace").split("\n"):
            if line:
                _log.log(level, "%s -- %s: %r", mark, name, line)
    if result.timed_out:
        _log.log(level, "%s -- timed out after %i seconds.", mark, limit)
    if result.code < 0:
        name = _signal_name(-result.code)
        _log.log(level, "%s -- killed with %s (return code: %i)", mark, name, result.code)
    else:
        _log.log(level, "%s -- returned %i", mark, result.code)
    if result.code == _NOT_FOUND:
        _log.info(
            'HINT on 127: "Command not found". Look whether every program of the command %s '
            "is installed and on the PATH of the server.",
            shown,
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
