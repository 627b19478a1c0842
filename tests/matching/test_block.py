"""Lines cut out of a block of bytes."""

import pytest

from banward.matching.block import Block, codec_of

LINES = ["one", "", "für \u4e00", "\u0a0d x", "last"]
ENCODINGS = ["utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "latin-1"]


def encode(lines, encoding):
    text = "".join(f"{line}\n" for line in lines)
    return text.encode(encoding, "replace")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_in_every_encoding(encoding):
    """A block gives its lines whatever the width of a character, and where each one stands."""
    data = encode(LINES, encoding)
    block = Block(data, codec_of(encoding))
    expected = data.decode(encoding).split("\n")[:-1]
    lines = list(block.lines())
    assert [line.text.removeprefix("\ufeff") for line in lines] == expected
    for line in lines:
        middle = line.begin + (line.end - line.begin) // 8 * 4
        assert block.begin_of(middle) == line.begin
        assert block.end_of(middle) == line.end
        assert block.next_line(line.begin) == line.begin
        assert [line.begin for line in block.lines(line.begin)] == [
            later.begin for later in lines if later.begin >= line.begin
        ]


def test_big_endian_is_seen_without_a_mark():
    """In the middle of a file the byte order shows in how the block ends."""
    block = Block("bad\nline\n".encode("utf-16-be"), codec_of("utf-16"))
    assert [line.text for line in block.lines()] == ["bad", "line"]


def test_undecodable_bytes_are_replaced():
    """Bytes that are no text become U+FFFD, and the line says so; a real U+FFFD is no mistake."""
    block = Block(b"a \xff b\n\xef\xbf\xbd\n", codec_of("utf-8"))
    assert [(line.text, line.broken) for line in block.lines()] == [
        ("a \ufffd b", True),
        ("\ufffd", False),
    ]


def test_carriage_returns_belong_to_the_line_end():
    """A line of a file from Windows ends before its carriage return."""
    assert [line.text for line in Block(b"a\r\nb \n", "utf-8").lines()] == ["a", "b "]


def test_unknown_encoding():
    """An encoding that Python does not know is an error."""
    with pytest.raises(LookupError):
        codec_of("nosuch")
