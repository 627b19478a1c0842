"""An action that a Python file defines, also one that was written for fail2ban.

It promises what server-and-client.md 4.10 says. The file's code runs in a thread: it may wait, and
one that hangs is left behind after its time limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from banward.enforcement.python_module import ActionInfo, JailFace, load
from banward.enforcement.tickets import Ticket
from banward.errors import ActionError
from banward.masking import SECRETS
from banward.records import Origin, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from banward.enforcement.base import JailFacts, Synced
    from banward.records import Ban, Unban
    from banward.settings import ActionSettings

__all__ = ["PythonAction", "PythonObject"]

_LIMIT: Final = 60.0


class PythonObject:
    """The object of an action, as clients see it (server-and-client.md 5.3).

    Args:
        instance: the object that the file's class made.
    """

    def __init__(self, instance: Any) -> None:
        self.instance = instance

    def properties(self) -> dict[str, Any]:
        """Its public attributes that are no methods."""
        return {n: v for n, v in self._public().items() if not callable(v)}

    def methods(self) -> list[str]:
        """The names of its public methods."""
        return sorted(name for name, value in self._public().items() if callable(value))

    async def set(self, name: str, value: Any) -> Any:
        """Set an attribute, and return its value as it is afterwards."""
        await in_thread(partial(setattr, self.instance, name, value))
        return getattr(self.instance, name)

    def _public(self) -> dict[str, Any]:
        names = [name for name in dir(self.instance) if not name.startswith("_")]
        return {name: getattr(self.instance, name, None) for name in names}


class PythonAction:
    """Calls the methods of an action's object when they are due.

    Args:
        settings: the file, and the arguments of its class.
        jail: the jail that it belongs to.
        limit: seconds that one call may take.

    Raises:
        ActionError: the file can't be loaded, or its class does not take the arguments.
    """

    keeps = False
    is_retried = False
    needs_look = False

    def __init__(self, settings: ActionSettings, jail: JailFacts, *, limit: float = _LIMIT) -> None:
        self.name = settings.name
        self._limit = limit
        self.jail = jail
        self._settings = settings
        self.desk = PythonObject(self._make(settings))
        self._held: dict[str, int] = {}  # whom it banned, to the ban epoch of its object
        self._lost: set[str] = set()

    def _make(self, settings: ActionSettings) -> Any:
        kind = load(settings.python_file)
        # What is secret concerns those who show parameters; a class does not know the word.
        arguments = {name: text for name, text in settings.params.items() if name != SECRETS}
        try:
            return kind(JailFace(self.jail), settings.name, **arguments)
        except Exception as error:  # the border to foreign code
            raise ActionError(f"action {settings.name}: {_reason(error)}") from error

    async def start(self) -> None:
        """Call ``start``."""
        await self._call("start")

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Call ``ban`` for each."""
        return [await self._put("ban", ban) for ban in bans]

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Call ``reban`` for each."""
        return [await self._put("reban", ban) for ban in bans]

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Call ``prolong`` for each, if the object says that it has one."""
        if not getattr(self.desk.instance, "_prolongable", False):
            return await self.retime(bans)
        return [await self._put("prolong", ban) for ban in bans]

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Do nothing: an object has no end that could be moved."""
        return [Outcome(self.name, ban.subject) for ban in bans]

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Call ``unban`` for each."""
        for unban in unbans:
            self._held.pop(unban.ban.subject, None)
            self._lost.discard(unban.ban.subject)
        return [await self._tell("unban", unban.ban) for unban in unbans]

    async def flush(self) -> bool:
        """Call ``flush`` if there is one; it says whether that was all."""
        if not callable(getattr(self.desk.instance, "flush", None)):
            return False
        return bool(await self._call("flush"))

    async def check(self) -> bool:
        """Call ``consistencyCheck`` if there is one."""
        if not callable(getattr(self.desk.instance, "consistencyCheck", None)):
            return True
        try:
            return await self._call("consistencyCheck") is not False
        except ActionError:
            return False

    def outdated(self, subject: str) -> bool:
        """Tell whether the object's ban epoch rose since the ban, or a reload lost it."""
        made = self._held.get(subject)
        return subject in self._lost or (made is not None and made < self._epoch())

    async def stop(self, *, keep: bool = False) -> None:  # noqa: ARG002 - objects keep nothing
        """Call ``stop``."""
        self._held.clear()
        self._lost.clear()
        await self._call("stop")

    async def reload(self, settings: ActionSettings) -> None:
        """Give new parameters to the object, or make a new one if it has no ``reload``."""
        old, self._settings = self._settings, settings
        if (old.python_file, old.params) == (settings.python_file, settings.params):
            return
        instance = self.desk.instance
        if callable(getattr(instance, "reload", None)) and old.python_file == settings.python_file:
            if callable(getattr(instance, "clearAllParams", None)):
                await self._call("clearAllParams")
            await self._call("reload", **settings.params)
            return
        made = self._make(settings)
        with contextlib.suppress(ActionError):
            await self._call("stop")
        self.desk = PythonObject(made)
        if not getattr(made, "norestored", False):
            self._lost |= self._held.keys()
        await self._call("start")

    async def present(self) -> frozenset[str] | None:
        """None: nobody can tell what an object did."""
        return None

    async def ends(self) -> Mapping[str, float | None]:
        """Nothing: nobody can tell."""
        return {}

    async def sync(self, bans: Sequence[Ban]) -> Synced | None:  # noqa: ARG002 - as ``present``
        """None: nobody can tell what an object did."""
        return None

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a public method of the object with keyword arguments."""
        if method not in self.desk.methods():
            kind = type(self.desk.instance).__name__
            raise AttributeError(f"{kind!r} object has no attribute {method!r}")
        return await self._call(method, **arguments)

    def _epoch(self) -> int:
        epoch = getattr(self.desk.instance, "banEpoch", 0)
        return epoch if isinstance(epoch, int) else 0

    async def _put(self, method: str, ban: Ban) -> Outcome:
        is_left_out = ban.origin is Origin.RESTORED and self._has("norestored")
        if is_left_out:
            return Outcome(self.name, ban.subject)
        self._held[ban.subject] = self._epoch()
        outcome = await self._tell(method, ban)
        if not outcome.error:
            self._lost.discard(ban.subject)
        return outcome

    def _has(self, flag: str) -> bool:
        value = getattr(self.desk.instance, flag, False)
        return value not in {"", "0", "no", "false", "off"} and bool(value)

    async def _tell(self, method: str, ban: Ban) -> Outcome:
        begun = time.monotonic()
        info = ActionInfo(Ticket(ban, self.jail), _asking(asyncio.get_running_loop()))
        try:
            await self._call(method, info)
            error = ""
        except ActionError as failure:
            error = str(failure)
        return Outcome(self.name, ban.subject, error, time.monotonic() - begun)

    async def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        do = partial(getattr(self.desk.instance, method), *args, **kwargs)
        try:
            return await in_thread(do, self._limit)
        except TimeoutError:
            raise ActionError(f"{method} did not return within {self._limit:g} seconds") from None
        except Exception as error:  # the border to foreign code
            raise ActionError(_reason(error)) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _asking(loop: asyncio.AbstractEventLoop) -> Callable[[Callable[[], Any]], Any]:
    """Lets a thread have a function called in the event loop, where the jail may be asked."""

    def ask(question: Callable[[], Any]) -> Any:
        answer: Future[Any] = Future()

        def reply() -> None:
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 - raised again in the thread that asks
                answer.set_exception(error)

        loop.call_soon_threadsafe(reply)
        return answer.result(_LIMIT)

    return ask


async def in_thread(do: Callable[[], Any], limit: float = _LIMIT) -> Any:
    """Call a function in a thread that nobody waits for at the end of the program.

    Raises:
        TimeoutError: it did not return within the limit, and goes on by itself.
        Exception: what the function raised.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def finish(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error:
            done.set_exception(error)
        else:
            done.set_result(result)

    def work() -> None:
        result, failure = None, None
        try:
            result = do()
        except BaseException as error:  # noqa: BLE001 - the border to foreign code
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop may be gone by then
            loop.call_soon_threadsafe(finish, result, failure)

    threading.Thread(target=work, daemon=True, name="python-action").start()
    async with asyncio.timeout(limit):
        return await done
