from __future__ import annotations

import socket

import pytest

from banward import link
from banward.link import Acknowledge, Notice, Shutdown, pack, reports
from banward.records import Match, Position, Progress
from banward.watcher.channel import Channel


@pytest.fixture
def ends():
    """The channel, and the socket at its other end."""
    ours, theirs = socket.socketpair()
    channel = Channel(theirs)
    with ours:
        yield channel, ours
    channel.close()


def test_reports_go_out_and_orders_come_in(ends):
    """Frames pass in both directions."""
    channel, other = ends
    channel.send(Notice(20, "filter", "text"))
    other.sendall(pack(Acknowledge(1)) + pack(Shutdown()))
    assert reports().feed(other.recv(1000)) == [Notice(20, "filter", "text")]
    assert channel.receive() == [Acknowledge(1), Shutdown()]
    assert channel.receive() == []


def test_what_can_not_be_sent_waits(ends):
    """A full socket keeps the rest, in order, until the other side reads."""
    channel, other = ends
    sent = [Notice(20, "filter", f"{number} {'x' * 50_000}") for number in range(40)]
    for notice in sent:
        channel.send(notice)
    assert channel.is_waiting
    reader, got = reports(), []
    while len(got) < len(sent):
        got += reader.feed(other.recv(1 << 20))
        channel.flush()
    assert got == sent
    assert not channel.is_waiting


def test_the_end_of_the_other_side(ends):
    """When the other side is gone the channel is closed, and sending is no error."""
    channel, other = ends
    other.close()
    assert channel.receive() == []
    assert channel.is_closed
    channel.send(Notice(20, "filter", "text"))


def test_a_progress_too_long_for_a_frame(ends, monkeypatch):
    """Matches with very many lines are sent with their last line, and the log says so."""
    monkeypatch.setattr(link, "MOST_BYTES", 5000)
    channel, other = ends
    lines = tuple(f"line {number}" for number in range(1000))
    match = Match.of("sshd", "192.0.2.1", 5.0, lines)
    channel.send(Progress("/log", ("sshd",), Position(9), (match,)))
    notice, progress = reports().feed(other.recv(10_000))
    assert notice.message.startswith("Too many lines matched in one block of /log")
    assert progress.position == Position(9)
    assert [each.lines for each in progress.matches] == [("line 999",)]
