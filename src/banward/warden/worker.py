"""Does what one jail decided: in order, in batches, off the path of those who decide.

Workers work side by side; what one of them does happens in the order in which it was decided.
Decisions of one kind that wait together are done together: N bans are one call of each action.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from banward.records import Ban, Unban

__all__ = ["Worker"]

_log = logging.getLogger("fail2ban.actions")

_MOST_AT_ONCE = 2_000


@dataclass(slots=True, eq=False)
class _Order:
    """Something to do: decisions of one kind, or a call that has to wait for its turn."""

    decisions: Sequence[Ban | Unban] = ()
    call: Callable[[], Awaitable[None]] | None = None
    after: asyncio.Future[None] | None = None
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def is_due(self) -> bool:
        """Whether what has to be done before, elsewhere, is done."""
        return self.after is None or self.after.done()

    async def wait(self) -> None:
        """Wait until it is."""
        if self.after and not self.is_due:
            await asyncio.wait([self.after])

    def joins(self, other: _Order) -> bool:
        """Whether both can be done at once: bans with bans, unbans with unbans."""
        return bool(
            self.decisions
            and other.decisions
            and other.is_due
            and type(self.decisions[0]) is type(other.decisions[0])
        )


class Worker:
    """A queue of one jail, and the task that works it off.

    Args:
        jail: name of the jail, for the log.
        enforce: does a batch of decisions of one kind.
    """

    def __init__(
        self, jail: str, enforce: Callable[[Sequence[Ban | Unban]], Awaitable[None]]
    ) -> None:
        self._jail = jail
        self._enforce = enforce
        self._orders: asyncio.Queue[_Order] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._open: set[asyncio.Future[None]] = set()

    def start(self) -> None:
        """Begin to work."""
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name=f"worker of {self._jail}")

    async def finish(self) -> None:
        """Do all that waits, then end."""
        if self._task is None:
            return
        await self.idle()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def break_off(self) -> None:
        """End at once: what is being done is cancelled, what waits counts as done."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for done in list(self._open):
            if not done.done():
                done.set_result(None)

    def idle(self) -> asyncio.Future[None]:
        """Done when all is done that waits at present."""
        return self.call(_nothing)

    def put(
        self, decisions: Sequence[Ban | Unban], after: asyncio.Future[None] | None = None
    ) -> asyncio.Future[None]:
        """Queue decisions of one kind; the future is done when they are.

        Args:
            decisions: what is to be done.
            after: its turn does not begin before this is done.
        """
        order = _Order(decisions=decisions, after=after)
        if decisions and self._task:
            self._queue(order)
        else:
            order.done.set_result(None)
        return order.done

    def call(
        self, call: Callable[[], Awaitable[None]], after: asyncio.Future[None] | None = None
    ) -> asyncio.Future[None]:
        """Queue a call; the future is done, or fails, when it is (see ``put``)."""
        order = _Order(call=call, after=after)
        self._queue(order)
        return order.done

    def _queue(self, order: _Order) -> None:
        self._open.add(order.done)
        order.done.add_done_callback(self._open.discard)
        self._orders.put_nowait(order)

    async def _work(self) -> None:
        carried: _Order | None = None
        while True:
            batch = [carried or await self._orders.get()]
            carried = None
            await batch[0].wait()
            size = len(batch[0].decisions)
            while size < _MOST_AT_ONCE and not self._orders.empty():
                following = self._orders.get_nowait()
                if not batch[0].joins(following):
                    carried = following
                    break
                batch.append(following)
                size += len(following.decisions)
            await self._do(batch)

    async def _do(self, batch: Sequence[_Order]) -> None:
        error: Exception | None = None
        call = batch[0].call
        try:
            if call:
                await call()
            else:
                await self._enforce([d for order in batch for d in order.decisions])
        except Exception as raised:  # noqa: BLE001  (border: whatever an action does, the jail goes on)
            _log.debug("where it failed", exc_info=raised)
            _log.error("[%s] %s", self._jail, raised)
            error = raised
        for order in batch:
            if order.done.done():
                continue
            if error and call:
                order.done.set_exception(error)
                order.done.exception()  # whoever does not wait for it has read it in the log
            else:
                order.done.set_result(None)


async def _nothing() -> None:
    """Nothing to do but to have had its turn."""
