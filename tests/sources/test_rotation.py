from __future__ import annotations

import hashlib

import pytest

from banward.records import Position
from banward.sources.newline import newline_of
from banward.sources.rotation import PROBE, Change, FirstLine, Look, change, fits

LINE = b"Jan 1 first line\n"
FIRST = FirstLine.of(LINE)
FILE = Look(1, 100, 500)


def test_mark_is_sha1_of_the_first_line_with_its_newline():
    """The mark is the one that fail2ban stores: 40 hex digits over line and newline."""
    assert hashlib.sha1(LINE).hexdigest() == FirstLine.of(LINE + b"second\n").mark


def test_no_mark_while_the_first_line_has_no_end():
    """A file whose first line is not complete has an empty mark."""
    assert FirstLine("", b"Jan 1 fir") == FirstLine.of(b"Jan 1 fir")
    assert FirstLine() == FirstLine.of(b"")


def test_no_mark_for_an_endless_first_line():
    """A first line longer than 64 KiB is not hashed: memory is bounded."""
    assert FirstLine.of(b"x" * 70_000 + b"\n").mark == ""


def test_mark_in_utf16():
    """In UTF-16 the first line ends at a newline character, not at a byte 0x0A."""
    line = "\u0a00a\n".encode("utf-16-le")
    assert hashlib.sha1(line).hexdigest() == FirstLine.of(line * 2, newline_of("utf-16-le")).mark


@pytest.mark.parametrize(
    ("new", "head", "expected"),
    [
        (Look(1, 100, 500), LINE, Change.SAME),
        (Look(1, 100, 900), LINE + b"more", Change.SAME),
        (Look(1, 101, 900), LINE, Change.ROTATED),
        (Look(2, 100, 900), LINE, Change.ROTATED),
        (Look(1, 100, 499), LINE, Change.TRUNCATED),
        (Look(1, 100, 0), b"", Change.TRUNCATED),
        (Look(1, 100, 500), b"Jan 2 another line\n", Change.REPLACED),
        (Look(1, 100, 900), b"Jan", Change.REPLACED),
    ],
)
def test_change(new, head, expected):
    """Inode, size and first line tell the four cases apart."""
    assert expected == change(FILE, new, 500, FIRST, head)


def test_an_empty_file_that_grows_is_the_same():
    """Nothing was read yet, so nothing can have been replaced."""
    assert change(FILE, Look(1, 100, 20), 0, FirstLine(), LINE) == Change.SAME


def test_a_first_line_that_grows_is_the_same():
    """A first line is completed later: the file is the same."""
    first = FirstLine.of(b"Jan 1")
    assert change(FILE, FILE, 5, first, LINE) == Change.SAME


def test_only_the_beginning_of_a_long_first_line_is_compared():
    """The probe is bounded, the mark covers the whole line."""
    line = b"x" * (2 * PROBE) + b"\n"
    first = FirstLine.of(line)
    assert (len(first.probe), first.mark) == (PROBE, hashlib.sha1(line).hexdigest())


@pytest.mark.parametrize(
    ("position", "first", "expected"),
    [
        (Position(500, 0, FIRST.mark, 100), FIRST, True),
        (Position(500, 0, FIRST.mark, 77), FIRST, True),
        (Position(500, 0, FIRST.mark), FIRST, True),
        (Position(501, 0, FIRST.mark, 100), FIRST, False),
        (Position(500, 0, "other", 100), FIRST, False),
        (Position(0, 0, "", 100), FIRST, False),
        (Position(0, 0, "", 100), FirstLine(), True),
        (Position(0, 0, "", 99), FirstLine(), False),
    ],
)
def test_fits(position, first, expected):
    """A stored position is used for a file with the same first line and enough bytes."""
    assert expected == fits(position, first, FILE)
