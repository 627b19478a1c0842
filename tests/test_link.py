from __future__ import annotations

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward import link
from banward.errors import LinkError
from banward.records import Match, Position, Progress
from banward.settings import FilterSettings, LogPath, WatchSettings

REPORTS: list[link.Report] = [
    Progress("/log", ("a", "b"), Position(7, 3, "ff", 9), (Match.of("a", "192.0.2.1", 5.5),), 12),
    link.JailState("a", "polling", ("/log",)),
    link.Notice(18, "filter", "Log rotation detected"),
    link.Quarantine("a", 1, "(a+)+$", "/log", "aaaa"),
    link.SourceEvent(link.SourceEventKind.CUT, "/log", ("a",), 3),
]
ORDERS: list[link.Order] = [
    link.Configure(
        (WatchSettings("a", FilterSettings(("x",)), logpaths=(LogPath("/log", tail=True),)),),
        {("a", "/log"): Position(7, 3, "ff", 9)},
        (("a", "(a+)+$"),),
    ),
    link.Acknowledge(2),
    link.Shutdown(),
]


@pytest.mark.parametrize("report", REPORTS, ids=lambda frame: type(frame).__name__)
def test_report_comes_as_it_was_sent(report):
    """Every report of the watcher arrives unchanged at the warden."""
    assert [report] == link.reports().feed(link.pack(report))


@pytest.mark.parametrize("order", ORDERS, ids=lambda frame: type(frame).__name__)
def test_order_comes_as_it_was_sent(order):
    """Every order of the warden arrives unchanged at the watcher."""
    assert [order] == link.orders().feed(link.pack(order))


@given(st.lists(st.integers(1, 50), max_size=60))
def test_frames_may_come_in_any_pieces(sizes):
    """However the stream is cut, the same frames come out in the same order."""
    stream = b"".join(map(link.pack, REPORTS))
    reader = link.reports()
    got = []
    for size in sizes:
        piece, stream = stream[:size], stream[size:]
        got += reader.feed(piece)
    assert got + reader.feed(stream) == REPORTS


def test_warden_takes_no_order():
    """A watcher that was taken over can't send the warden what only the warden may send."""
    with pytest.raises(LinkError, match="no known message"):
        link.reports().feed(link.pack(link.Shutdown()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x93",
        b"\xc1",
        b"\x92\xa6Notice\x01",
        b"\xa6Notice",
        b"\x91\xa4Evil",
        msgspec.msgpack.encode(["Progress", "/log", ["a"], [], []])[:-1]
        + b"\x91\x95\xa1a\xa1b\x01\x90\x81\xa1k"
        + b"\x91" * 100_000,
    ],
    ids=["empty", "cut", "reserved", "short", "no-array", "unknown", "deep"],
)
def test_anything_else_is_an_error(body):
    """Bytes that are no known struct are refused."""
    with pytest.raises(LinkError, match="no known message"):
        link.reports().feed(struct.pack(">I", len(body)) + body)


@given(st.binary(max_size=40))
def test_any_bytes_give_frames_or_an_error(body):
    """No bytes make the reader fail in another way than by its own error."""
    try:
        link.reports().feed(struct.pack(">I", len(body)) + body)
    except LinkError:
        return


def test_a_frame_too_long_is_refused_before_it_is_read():
    """The length alone is enough to refuse a frame, so that nobody can fill the memory."""
    with pytest.raises(LinkError, match="more than"):
        link.reports().feed(struct.pack(">I", link.MOST_BYTES + 1))


def test_nobody_packs_a_frame_too_long(monkeypatch):
    """A frame that the other side would refuse is not sent."""
    monkeypatch.setattr(link, "MOST_BYTES", 10)
    with pytest.raises(LinkError, match="more than 10"):
        link.pack(link.Notice(20, "filter", "x" * 10))
