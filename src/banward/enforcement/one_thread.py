"""Calls one after the other in a thread of its own, which nobody has to wait for if it hangs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OneThread"]


class OneThread:
    """A thread for calls that block.

    The threads of ``concurrent.futures`` are waited for when the interpreter ends: one that hangs
    in the kernel would keep the server from ever ending.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    async def do(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call in the thread, and give or raise what comes of it.

        A call that is cancelled before its turn is never made.
        """
        made = _Call(call, args)
        self._calls.put(made)
        return await made.future

    async def end(self, patience: float) -> None:
        """End the thread after the calls that wait; it is given up after so many seconds."""
        self._calls.put(None)
        await asyncio.to_thread(self._thread.join, patience)

    def _work(self) -> None:
        while call := self._calls.get():
            call.make()


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
