"""Calls that block, in a thread or a few of their own; nobody has to wait for those that hang."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OneThread", "Threads"]


class Threads:
    """Threads for calls that block, started as they are needed.

    Those of asyncio are few, and there for what takes a moment. They are waited for when the
    interpreter ends: one that hangs in the kernel would keep the server from ever ending.

    Args:
        most: how many there are at the most; further calls wait for their turn.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    async def do(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call in a thread, and give or raise what comes of it.

        A call that is cancelled before its turn is never made.
        """
        made = _Call(call, args)
        self._calls.put(made)
        if len(self._threads) < self._most:
            thread = threading.Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()
        return await made.future

    def _work(self) -> None:
        while call := self._calls.get():
            call.make()


class OneThread(Threads):
    """A thread for calls that are made one after the other."""

    def __init__(self) -> None:
        super().__init__(1)

    async def end(self, patience: float) -> None:
        """End the thread after the calls that wait; it is given up after so many seconds."""
        self._calls.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join, patience)


class _Call:
    def __init__(self, call: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._call = call
        self._args = args
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self._loop.create_future()

    def make(self) -> None:
        if self.future.cancelled():
            return
        answer, error = None, None
        try:
            answer = self._call(*self._args)
        except Exception as raised:  # noqa: BLE001  (border: whoever waits gets it)
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._settle, answer, error)

    def _settle(self, answer: Any, error: Exception | None) -> None:
        if self.future.done():
            return
        if error:
            self.future.set_exception(error)
        else:
            self.future.set_result(answer)
