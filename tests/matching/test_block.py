"""Lines cut out of a block of bytes."""

import pytest

from banward.matching.block import Block, codec_of, extends_ascii

LINES = ["one", "", "für \u4e00", "\u0a0d x", "last"]
ENCODINGS = ["utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "latin-1"]


def encode(lines, encoding):
    text = "".join(f"{line}\n" for line in lines)
    return text.encode(encoding, "replace")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_in_every_encoding(encoding):
    """A block gives its lines whatever the width of a character, from both ends."""
    data = encode(LINES, encoding)
    block = Block(data, codec_of(encoding))
    expected = data.decode(encoding).split("\n")[:-1]
    lines = block.between(0, len(data))
    assert [line.removeprefix("\ufeff") for line in lines] == expected
    assert list(reversed(lines)) == list(lines)[::-1]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_where_lines_stand(encoding):
    """From any place in a line its begin and end are found."""
    data = encode(LINES, encoding)
    block = Block(data, codec_of(encoding))
    width = {"utf-16": 2, "utf-32": 4}.get(encoding[:6], 1)
    begin = 0
    while begin < len(data):
        end = block.end_of(begin)
        for position in range(begin, end, width):
            assert (block.begin_of(position), block.end_of(position)) == (begin, end)
        assert block.next_line(begin) == begin
        assert block.next_line(begin + 4) >= end
        begin = end


def test_big_endian_is_seen_without_a_mark():
    """In the middle of a file the byte order shows in how the block ends."""
    data = "bad\nline\n".encode("utf-16-be")
    assert list(Block(data, codec_of("utf-16")).between(0, len(data))) == ["bad", "line"]


def test_undecodable_bytes_are_replaced():
    """Bytes that are no text become U+FFFD, and the line is told; a real U+FFFD is no mistake."""
    data = b"\xef\xbf\xbd\na \xff b\n\xff\n"
    block = Block(data, codec_of("utf-8"))
    assert list(block.between(0, len(data))) == ["\ufffd", "a \ufffd b", "\ufffd"]
    assert block.undecodable() == b"a \xff b\n"
    assert Block(b"a\n\xef\xbf\xbd\n", codec_of("utf-8")).undecodable() == b""


def test_carriage_returns_belong_to_the_line_end():
    """A line of a file from Windows ends before its carriage return."""
    assert list(Block(b"a\r\nb \n", "utf-8").between(0, 6)) == ["a", "b "]


def test_unknown_encoding():
    """An encoding that Python does not know is an error."""
    with pytest.raises(LookupError):
        codec_of("nosuch")


@pytest.mark.parametrize(
    ("encoding", "does"),
    [
        ("utf-8", True),
        ("ascii", True),
        ("latin-1", True),
        ("iso8859-15", True),
        ("cp1252", True),
        ("koi8-r", True),
        ("utf-8-sig", False),
        ("utf-16", False),
        ("utf-7", False),
        ("shift_jis", False),
        ("gb18030", False),
        ("cp037", False),
    ],
)
def test_which_encodings_extend_ascii(encoding, does):
    """Only where a byte of ASCII is always that character, literals are looked for in bytes."""
    assert extends_ascii(codec_of(encoding)) is does
    if does:
        assert bytes(range(128)).decode(encoding) == "".join(map(chr, range(128)))


@pytest.mark.parametrize("encoding", [*ENCODINGS, "ascii"])
def test_a_line_and_its_end_at_once(encoding):
    """A line is given with its end, the same as when both are asked for one by one."""
    for lines in (LINES, ["plain", "", "with\r", "\r\r", "x"]):
        data = encode(lines, encoding)
        block = Block(data, codec_of(encoding))
        begin = 0
        while begin < len(data):
            end = block.end_of(begin)
            assert block.line_at(begin) == (end, block.text(begin, end))
            begin = end


def test_a_last_line_without_its_end():
    """A line that goes to the end of the block has no end of its own."""
    assert Block(b"one\ntwo", "utf-8").line_at(4)[1] == "two"
