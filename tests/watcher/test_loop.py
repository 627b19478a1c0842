"""The loop at the end of a real socket, turn by turn; the test is the warden."""

from __future__ import annotations

import socket

import pytest

from banward.errors import LinkError
from banward.link import Acknowledge, Configure, JailState, Notice, Shutdown, pack, reports
from banward.records import Progress
from banward.sources.open_file import BLOCK
from banward.testing.clock import TestClock
from banward.watcher.guard import Guard
from banward.watcher.loop import MOST_UNDERWAY, Watcher
from banward.watcher.page import Page
from watcher.rig import NOW, append, fail, jail


class Warden:
    """The other end of the link."""

    def __init__(self, **options):
        self.socket, theirs = socket.socketpair()
        self.socket.setblocking(False)
        self.reader = reports()
        self.page = Page()
        self.watcher = Watcher(theirs, TestClock(NOW), self.page, Guard(self.page), **options)

    def send(self, *orders):
        self.socket.sendall(b"".join(map(pack, orders)))

    def receive(self):
        try:
            return self.reader.feed(self.socket.recv(1 << 24))
        except BlockingIOError:
            return []

    def turns(self, most=1000):
        """Let the watcher work until it would wait; gives what it reported."""
        got = []
        for _ in range(most):
            if self.watcher._patience() != 0 and not self.has_orders():
                break
            self.watcher.turn()
            got += self.receive()
        return got

    def has_orders(self):
        self.watcher._register()
        return bool(self.watcher._selector.select(0))

    def close(self):
        self.watcher.close()
        self.socket.close()
        self.page.close()


@pytest.fixture
def warden():
    warden = Warden()
    yield warden
    warden.close()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.touch()
    return path


def test_an_order_is_obeyed_and_answered(warden, log):
    """Configured, the watcher tells the state of the jail, then what it finds."""
    append(log, fail(1))
    warden.send(Configure((jail("sshd", log),)))
    got = warden.turns()
    assert [type(each) for each in got if isinstance(each, JailState | Progress)] == [
        JailState,
        Progress,
    ]


def test_a_new_line_is_found_without_waiting(warden, log):
    """A line that is written makes the loop go on at once."""
    warden.send(Configure((jail("sshd", log),)))
    warden.turns()
    assert warden.watcher._patience() is None
    append(log, fail(1))
    assert any(isinstance(each, Progress) for each in warden.turns())


def test_a_slow_warden_is_not_overrun(warden, log):
    """While the warden is behind, nothing more is read, but orders get in; then it goes on."""
    line = fail(1) + " " * 200 + "\n"
    log.write_text(line * ((MOST_UNDERWAY + 4) * BLOCK // len(line)))
    warden.send(Configure((jail("sshd", log, regex="nothing <HOST>"),)))
    got = [each for each in warden.turns() if isinstance(each, Progress)]
    assert len(got) == MOST_UNDERWAY
    warden.send(Configure((jail("sshd", log, regex="nothing <HOST>"),)))
    assert [type(each) for each in warden.turns()] == [JailState]
    warden.send(Acknowledge(2))
    assert len([each for each in warden.turns() if isinstance(each, Progress)]) == 2


def test_a_warden_that_does_not_read_stops_the_watcher(log):
    """With the socket full no more is read from logs, so that memory stays bounded."""
    warden = Warden()
    warden.watcher._channel._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    append(log, *(fail(1) for _ in range(20_000)))
    warden.send(Configure((jail("sshd", log),)))
    for _ in range(20):
        if warden.watcher._channel.is_waiting:
            break
        warden.watcher.turn()
    assert warden.watcher._channel.is_waiting
    assert not warden.watcher._may_read()
    warden.send(Configure(()))
    warden.watcher.turn()
    assert list(warden.watcher._following.lanes) == []
    warden.close()


def test_shutdown_sends_what_is_left_and_ends(warden, log):
    """Ordered to end, the watcher tells that files are left, and ends."""
    warden.send(Configure((jail("sshd", log),)))
    warden.turns()
    warden.send(Shutdown())
    warden.watcher.run()
    texts = [each.message for each in warden.receive() if isinstance(each, Notice)]
    assert texts == [f"Removed logfile: {str(log)!r}"]


def test_without_warden_it_ends(warden, log):
    """A watcher whose warden is gone ends by itself."""
    warden.send(Configure((jail("sshd", log),)))
    warden.turns()
    warden.socket.close()
    warden.watcher.run()


def test_nonsense_is_an_error(warden):
    """What is no order ends the watcher with an error."""
    warden.socket.sendall(b"\0\0\0\1x")
    with pytest.raises(LinkError):
        warden.watcher.run()


def test_rights_are_given_up_before_the_first_file(log):
    """The first order is shown to who gives up the rights, once, before anything is opened."""
    seen = []

    def before(order):
        seen.append((order, list(warden.watcher._following.lanes)))
        return [Notice(20, "watcher", "no more rights")]

    warden = Warden(before=before)
    order = Configure((jail("sshd", log),))
    warden.send(order)
    got = warden.turns()
    warden.send(order)
    warden.turns()
    assert seen == [(order, [])]
    assert got[0] == Notice(20, "watcher", "no more rights")
    warden.close()
