from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.sources.newline import Newline, newline_of
from banward.sources.splitter import Lines, Splitter

LINES = st.lists(st.binary(max_size=30), max_size=12)
SIZES = st.lists(st.integers(1, 40), max_size=40)


def pieces(data: bytes, sizes: list[int]) -> list[bytes]:
    cut = []
    for size in sizes:
        cut.append(data[:size])
        data = data[size:]
    return [*cut, data]


def feed(splitter: Splitter, parts: list[bytes]) -> list[Lines]:
    return [lines for part in parts for lines in splitter.feed(part)]


def naive(data: bytes, longest: int) -> list[bytes]:
    """The lines of a log, long ones cut, in the most obvious way."""
    lines = data.split(b"\n")[:-1]
    return [line[:longest] + b"\n" for line in lines]


@given(st.binary(max_size=300), SIZES, st.integers(1, 20))
def test_any_bytes_in_any_pieces_give_the_same_lines(data, sizes, longest):
    """Whatever the bytes and the pieces: each line once, in order, cut at the limit."""
    groups = feed(Splitter(longest=longest), pieces(data, sizes))
    assert b"".join(naive(data, longest)) == b"".join(g.data for g in groups)


@given(st.binary(max_size=300), SIZES, st.integers(1, 20))
def test_sizes_add_up_to_the_whole_lines(data, sizes, longest):
    """The sizes of all groups are exactly the bytes up to the last newline; the rest is pending."""
    splitter = Splitter(longest=longest)
    groups = feed(splitter, pieces(data, sizes))
    whole = data.rfind(b"\n") + 1
    assert (whole, len(data) - whole) == (sum(g.size for g in groups), splitter.pending)


@given(st.binary(max_size=300), SIZES, st.integers(1, 20))
def test_offsets_within_a_group_are_those_of_the_log(data, sizes, longest):
    """The bytes of a group stand in the log at the same place, save for what was cut at its end."""
    begin = 0
    for group in feed(Splitter(longest=longest), pieces(data, sizes)):
        kept = group.data[:-1]
        assert kept == data[begin : begin + len(kept)]
        assert group.size == len(group.data) + group.cut
        begin += group.size


def test_a_partial_line_waits_for_its_end():
    """Bytes without a newline give nothing until it comes."""
    splitter = Splitter()
    assert splitter.feed(b"half a ") == []
    assert [Lines(b"half a line\n", 12)] == splitter.feed(b"line\n")


def test_carriage_returns_are_kept():
    """CR belongs to the line; only LF ends one."""
    assert [Lines(b"a\rb\r\n\r\n", 7)] == Splitter().feed(b"a\rb\r\n\r\n")


def test_memory_is_bounded_in_an_endless_line():
    """A gigabyte without a newline is counted and not kept."""
    splitter = Splitter()
    piece = b"x" * (1 << 20)
    for _ in range(1024):
        assert splitter.feed(piece) == []
    held = len(splitter._held) + len(splitter._head)
    assert held <= 64 * 1024
    (line, rest) = splitter.feed(b"end\nnext\n")
    assert (len(line.data), line.size) == (64 * 1024 + 1, (1 << 30) + 4)
    assert Lines(b"next\n", 5) == rest


def test_the_end_of_a_long_line_is_no_line():
    """Text in the middle of a long line can't pose as a line of its own."""
    splitter = Splitter(longest=8)
    groups = feed(splitter, [b"12345678901234", b"Failed password\n", b"ok\n"])
    assert [g.data for g in groups] == [b"12345678\n", b"ok\n"]


def test_a_line_of_just_the_limit_is_whole():
    """The limit counts the line without its newline."""
    assert [Lines(b"12345678\n", 9)] == Splitter(longest=8).feed(b"12345678\n")
    assert [Lines(b"12345678\n", 10, 1)] == Splitter(longest=8).feed(b"123456789\n")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@given(lines=st.lists(st.text(st.characters(exclude_characters="\n"), max_size=9)), sizes=SIZES)
def test_wide_characters_hold_newline_bytes(encoding, lines, sizes):
    """In UTF-16 and UTF-32 the byte 0x0A inside of other characters ends no line."""
    text = "".join(f"{line}\n" for line in lines)
    groups = feed(
        Splitter(newline_of(encoding)), pieces(text.encode(encoding, "surrogatepass"), sizes)
    )
    got = b"".join(g.data for g in groups).decode(encoding, "surrogatepass")
    assert text == got


def test_a_long_line_of_wide_characters_stays_aligned():
    """While a long UTF-16 line is read past, half characters do not shift the rest."""
    newline = Newline(b"\n\x00", 2)
    line = "\u0a00\u000b" * 20  # its bytes hold the newline's, one byte off
    data = f"{line}\nnext\n".encode("utf-16-le")
    for size in range(1, 30):
        groups = feed(Splitter(newline, longest=8), pieces(data, [size] * 40))
        assert groups[-1].data.decode("utf-16-le") == "next\n"
        assert len(data) == sum(g.size for g in groups)


def test_a_big_block_is_one_group():
    """Where no line is too long, a block of a megabyte is one group, not copied line by line."""
    random.seed(5)
    data = b"".join(b"x" * random.randrange(300) + b"\n" for _ in range(7000))
    assert [Lines(data, len(data))] == Splitter().feed(data)
