"""Runs commands: finds them in the table, checks rights, answers, and words what went wrong.

The order in which a wrong command is examined is part of the interface (5.4): the word after the
jail before the number of words, and both before the jail.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from banward.control import (
    jail_actions,
    jail_bans,
    jail_filter,
    jail_limits,
    server_commands,
    server_options,
)
from banward.control.failure import Failure
from banward.control.server_commands import jail_of
from banward.control.table import (
    Args,
    Command,
    InvalidCommandError,
    JailCommand,
    Kind,
    ServerCommand,
    Table,
)
from banward.logs import TRACEDEBUG
from banward.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.control.desk import Desk

__all__ = ["TABLE", "Dispatcher"]

TABLE: Final = Table(
    (
        *server_commands.ROWS,
        *server_options.ROWS,
        *jail_limits.ROWS,
        *jail_filter.ROWS,
        *jail_bans.ROWS,
        *jail_actions.ROWS,
    )
)
"""Every command: what is run, what the usage text says, and what a read-only socket refuses."""

_log = logging.getLogger("fail2ban.transmitter")

_LONGEST_IN_LOG: Final = 10_000
_RELOAD_WORDS: Final = 3


class Dispatcher:
    """Takes the words of requests to a desk.

    Args:
        desk: the server.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._reloading = False
        self._configuring = asyncio.Lock()

    @property
    def stopping(self) -> bool:
        """True from the beginning of the shutdown: no command is taken any more."""
        return self._desk.stopping

    async def answer(self, request: Any, *, readonly: bool = False) -> tuple[int, Any]:
        """Run one request: 0 and its result, or 1 and the ``Failure``, which is logged.

        Args:
            request: what came over the wire, of any plain type.
            readonly: refuse whatever would change something.
        """
        try:
            return 0, await self.run(request, readonly=readonly)
        except Exception as error:  # noqa: BLE001 - the border: a client's request can't end the server
            failure = Failure.of(error)
            _log.error("Command %s has failed. Received %r", _shortened(request), failure)
            _log.log(TRACEDEBUG, "where it failed", exc_info=error)
            return 1, failure

    async def run(self, request: Any, *, readonly: bool = False) -> Any:
        """Run one request and return its result.

        Raises:
            Exception: whatever is wrong with it.
        """
        first = request[0]
        if not isinstance(request, (list, tuple)):
            raise InvalidCommandError("Invalid command")
        internal = self._INTERNAL.get(first) if isinstance(first, str) else None
        if internal and readonly:
            raise InvalidCommandError(f"Command {first!r} is refused on a read-only socket")
        if internal:
            return await internal(self, list(request[1:]))
        return await self._run_row(*self._find(list(request)), readonly=readonly)

    async def configure(self, commands: Iterable[Any]) -> list[str]:
        """Run the commands of a configuration; a jail with a bad one is left out, and no other.

        Within a reload such a jail stays as it was.

        Returns:
            What went wrong, in words; empty if all is well.
        """
        async with self._configuring:
            return await self._configure(commands)

    async def _configure(self, commands: Iterable[Any]) -> list[str]:
        problems: list[str] = []
        broken: set[str] = set()
        for command in commands:
            if self.stopping:
                break
            jail = jail_of_command(command)
            if jail in broken:
                continue
            code, answer = await self.answer(command)
            if code and jail:
                broken.add(jail)
                text = f"Jail {jail!r} skipped, because of wrong configuration: {answer.text}"
                _log.error("%s", text)
                problems.append(text)
                await self._desk.leave_out(jail)
            elif code:
                problems.append(answer.text)
            if self._reloading:  # at a start nobody is served before all of it is known
                await asyncio.sleep(0)
        return problems

    # Finding and running a row ----------------------------------------------------------------

    def _find(self, words: Args) -> tuple[Command, Any, Args]:
        """The row, the name of its jail if it has one, and the arguments."""
        verb = words[0]
        if verb not in ("get", "set"):  # it may be a list, which no set can look for
            if row := TABLE.server(verb):
                return row, None, words[1:]
            raise InvalidCommandError("Invalid command")
        if row := TABLE.server(verb, words[1]):
            return row, None, words[2:]
        word = words[2]
        if jail_row := TABLE.jail(verb, word):
            return jail_row, words[1], words[3:]
        named = f" {word!r}" if verb == "set" else ""
        raise InvalidCommandError(
            f"Invalid command{named} (no {verb} action or not yet implemented)"
        )

    async def _run_row(self, row: Command, jail: Any, args: Args, *, readonly: bool) -> Any:
        if readonly and row.kind is not Kind.VIEW:
            words = " ".join(row.key)
            raise InvalidCommandError(f"Command {words!r} is refused on a read-only socket")
        if len(args) < row.least:
            raise IndexError("list index out of range")
        async with AsyncExitStack() as stack:
            if row.kind is Kind.SETTING:
                await stack.enter_async_context(self._locks[str(jail)])
            match row:
                case JailCommand():
                    result = row.run(jail_of(self._desk, jail), args)
                case ServerCommand(run=run) if run:
                    result = run(self._desk, args)
            return await result if inspect.isawaitable(result) else result

    # Commands that hold commands --------------------------------------------------------------

    async def _multi_set(self, args: Args) -> bool:
        """``multi-set JAIL WORD … LIST``: the same as ``set``, with several values at once."""
        await self._run_row(*self._find(["set", *args]), readonly=False)
        return True

    async def _server_stream(self, args: Args) -> list[str] | None:
        commands = args[0]
        if isinstance(commands, str):
            raise InvalidCommandError("Invalid command")
        return await self.configure(commands) or None

    async def _reload(self, args: Args) -> str:
        if len(args) < _RELOAD_WORDS:
            raise TypeError("reload expects a jail or --all, a list of options, and commands")
        name, options, commands = args[:_RELOAD_WORDS]
        if self._reloading:
            raise RuntimeError("Reload already in progress")
        self._reloading = True
        try:
            async with (
                self._configuring,
                self._desk.reload(
                    None if name == "--all" else name,
                    restart="--restart" in options,
                    unban="--unban" in options,
                    if_exists="--if-exists" in options,
                ),
            ):
                problems = await self._configure(commands)
        finally:
            self._reloading = False
        if problems:
            raise RuntimeError("\n".join(problems))
        return "OK"

    _INTERNAL: Final = {
        "multi-set": _multi_set,
        "server-stream": _server_stream,
        "reload": _reload,
    }


def jail_of_command(command: Any) -> str:
    """The jail that a command of a configuration is about, or an empty text."""
    match command:
        case ["add" | "start", str(name), *_]:
            return name
        case ["set" | "multi-set", str(name), str(_), _, *_]:
            return name
        case _:
            return ""


def _shortened(request: Any) -> str:
    text = repr(masked(request))
    return text if len(text) <= _LONGEST_IN_LOG else f"{text[:_LONGEST_IN_LOG]}…"
