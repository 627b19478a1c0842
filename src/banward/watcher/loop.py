"""The watcher at work: waits for signals, orders and the warden's pace, and reads block by block.

Nothing is polled. A few blocks may be on their way to the warden; when it does not keep up, the
watcher reads no more until it does, while orders still get in.
"""

from __future__ import annotations

import selectors
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Final

from banward.link import Acknowledge, Configure, Order, Shutdown
from banward.sources.watch import Watch
from banward.watcher.channel import Channel
from banward.watcher.filters import Filters
from banward.watcher.following import Following
from banward.watcher.reporter import Reporter

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from banward.clock import Clock
    from banward.link import Report
    from banward.watcher.guard import Guard
    from banward.watcher.page import Page

__all__ = ["MOST_UNDERWAY", "Watcher"]

MOST_UNDERWAY: Final = 8
"""How many frames of ``Progress`` the warden may be behind."""


class Watcher:
    """Follows sources for the warden at the other end of a socket.

    Args:
        connection: the socket.
        clock: tells the time.
        page: where the warden can see what is done.
        guard: breaks off regexes that run away.
        before: is called once with the first order, before anything is opened, and gives what is
            to be reported of it.
    """

    def __init__(
        self,
        connection: socket.socket,
        clock: Clock,
        page: Page,
        guard: Guard,
        before: Callable[[Configure], list[Report]] = lambda _: [],
    ) -> None:
        self._channel = Channel(connection)
        self._clock = clock
        self._before: Callable[[Configure], list[Report]] | None = before
        self._watch = Watch()
        reporter = Reporter(self._channel.send, guard)
        self._filters = Filters(guard, page)
        self._following = Following(clock, self._filters, self._watch, page, reporter)
        self._underway = 0
        self._ends = False
        self._seen = 0.0  # when a turn was made last
        self._selector = selectors.DefaultSelector()
        self._registered: set[tuple[int, int]] = set()
        self._events = selectors.EVENT_READ
        self._selector.register(self._channel, self._events)

    def run(self) -> None:
        """Work until the warden orders the end, or is gone.

        Raises:
            LinkError: the warden sent what is no order.
        """
        try:
            while not self._channel.is_closed and not (self._ends and not self._channel.is_waiting):
                self.turn()
        finally:
            self.close()

    def close(self) -> None:
        """Let all go."""
        for lane in self._following.lanes:
            self._following.lanes.drop(lane)
        self._watch.close()
        self._selector.close()
        self._channel.close()

    def turn(self) -> None:
        """Wait for the next thing to do, and do it: at most one block of one source."""
        self._register()
        ready = {key.fd for key, _ in self._selector.select(self._patience())}
        if self._channel.fileno() in ready:
            self._channel.flush()
            for order in self._channel.receive():
                self._obey(order)
        now = self._clock.now()
        self._look(ready, now)
        if self._may_read():
            self._underway += self._following.step(now)
        if not ready:
            self._filters.prepare()

    def _may_read(self) -> bool:
        return not self._ends and self._underway < MOST_UNDERWAY and not self._channel.is_waiting

    def _patience(self) -> float | None:
        """Seconds to wait; None for as long as nothing happens."""
        if (self._may_read() and self._following.lanes.any_ready) or self._filters.are_raw:
            return 0
        deadline = min(self._watch.deadline(), self._following.lanes.deadline())
        return None if deadline == float("inf") else max(0.0, deadline - self._clock.now())

    def _look(self, ready: set[int], now: float) -> None:
        deadline = min(self._watch.deadline(), self._following.lanes.deadline())
        was_set_back, self._seen = now < self._seen - 1, now
        if was_set_back:
            self._following.lanes.hurry()
        if self._watch.fileno() in ready or deadline <= now or was_set_back:
            self._following.wake(now)
        for (fd, _), lane in self._following.descriptors().items():
            if fd in ready:
                self._following.look(lane, now)

    def _register(self) -> None:
        """Wait on the descriptors that there are at present."""
        wanted = set(self._following.descriptors())
        signals = self._watch.fileno()
        if signals is not None:
            wanted.add((signals, 0))
        for fd, _ in self._registered - wanted:
            self._selector.unregister(fd)
        for fd, _ in wanted - self._registered:
            self._selector.register(fd, selectors.EVENT_READ)
        self._registered = wanted
        events = selectors.EVENT_READ
        if self._channel.is_waiting:
            events |= selectors.EVENT_WRITE
        if events != self._events:
            self._events = events
            self._selector.modify(self._channel, events)

    @singledispatchmethod
    def _obey(self, order: Order) -> None:
        raise TypeError(f"no order: {order!r}")

    @_obey.register
    def _(self, order: Configure) -> None:
        if self._before:
            for report in self._before(order):
                self._channel.send(report)
            self._before = None
        self._following.configure(order)

    @_obey.register
    def _(self, order: Acknowledge) -> None:
        self._underway -= order.count

    @_obey.register
    def _(self, _: Shutdown) -> None:
        self._ends = True
        self._following.leave_all()
