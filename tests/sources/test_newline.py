from __future__ import annotations

import codecs

import pytest

from banward.errors import SourceError
from banward.sources.newline import LF, Newline, codec_name, newline_of


@pytest.mark.parametrize("encoding", ["auto", "utf-8", "latin-1", "ASCII", "koi8-r", "shift_jis"])
def test_most_encodings_end_lines_with_lf(encoding):
    """Encodings that contain ASCII end lines with the byte 0x0A."""
    assert newline_of(encoding) == LF


@pytest.mark.parametrize(
    ("encoding", "head", "mark"),
    [
        ("utf-16-le", b"", b"\n\0"),
        ("UTF-16BE", b"", b"\0\n"),
        ("utf-16", codecs.BOM_UTF16_BE, b"\0\n"),
        ("utf-16", codecs.BOM_UTF16_LE, b"\n\0"),
        ("utf-32", codecs.BOM_UTF32_BE, b"\0\0\0\n"),
        ("utf-32-le", b"", b"\n\0\0\0"),
    ],
)
def test_wide_encodings(encoding, head, mark):
    """UTF-16 and UTF-32 follow the byte order mark, if the name leaves the order open."""
    assert Newline(mark, len(mark)) == newline_of(encoding, head)


def test_ebcdic():
    """An encoding without ASCII has a newline of its own."""
    assert Newline("\n".encode("cp037")) == newline_of("cp037")


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_unknown_encoding(encoding):
    """What is no encoding of text is an error that says so."""
    with pytest.raises(SourceError, match=f"unknown encoding: {encoding}"):
        codec_name(encoding)
