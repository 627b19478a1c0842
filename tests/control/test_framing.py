"""The splitter finds messages however the bytes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.control.framing import CLOSE, END, FrameError, Splitter

STREAM = b"one" + END + b"two" + END + CLOSE + END + b"rest"
MESSAGES = [b"one", b"two", CLOSE]


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


@pytest.mark.parametrize("size", [1, 2, 16, 17, 18, len(STREAM)])
def test_messages_come_out_whole_however_they_are_cut(size: int) -> None:
    """Pieces of any size give the same messages."""
    splitter = Splitter()
    assert [m for piece in cut(STREAM, size) for m in splitter.feed(piece)] == MESSAGES


def test_what_follows_a_marker_is_kept_for_the_next_message() -> None:
    """The rest of one packet begins the message of the next."""
    splitter = Splitter()
    splitter.feed(STREAM)
    assert splitter.feed(b" is here" + END) == [b"rest is here"]


def test_a_message_may_be_empty() -> None:
    """A marker alone ends an empty message."""
    assert Splitter().feed(END) == [b""]


def test_endless_bytes_without_a_marker_are_refused() -> None:
    """A sender can't fill the memory."""
    splitter = Splitter(limit=100)
    splitter.feed(b"x" * 100)
    with pytest.raises(FrameError, match="100 bytes"):
        splitter.feed(b"x")


@given(st.lists(st.binary().filter(lambda b: END not in b + END[:-1])), st.data())
def test_any_messages_survive_any_cuts(messages: list[bytes], data: st.DataObject) -> None:
    """Joined and cut anywhere, messages without a marker come out as they went in."""
    stream = b"".join(message + END for message in messages)
    splitter = Splitter()
    found: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert found == messages
