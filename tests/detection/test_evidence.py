from __future__ import annotations

import pytest

from banward.detection.evidence import pack, together, unpack
from banward.records import Match


def failure(*lines, **fields):
    return Match("j", "192.0.2.1", 1, lines, fields)


@pytest.mark.parametrize(
    ("lines", "fields"),
    [((), {}), (("ä line",), {}), (("a", "b"), {"user": "x", "users": ["x", "y"]})],
)
def test_what_is_packed_is_unpacked(lines, fields):
    """Lines and captures come back as they were."""
    assert (lines, fields) == unpack(pack(lines, fields))


def test_nothing_takes_no_bytes():
    """A subject without lines and captures costs nothing more."""
    assert pack((), {}) == b""


def test_a_line_is_cut():
    """A line that an attacker made endless is kept up to 1000 characters."""
    lines, _ = together(b"", [failure("x" * 5000)], 5)

    assert lines == ("x" * 1000,)


def test_half_a_character_is_replaced():
    """A line that is no proper text, as a client may send it, can be packed and stored."""
    lines, fields = together(b"", [failure("a\udcffb")], 5)

    assert unpack(pack(lines, fields)) == (("a?b",), {})


def test_newer_captures_replace_older_ones():
    """A capture has its newest value; users are those of all failures."""
    old = pack((), {"user": "ann", "port": "1", "users": ["ann"]})

    _, fields = together(old, [failure(user="bob", users=["bob"])], 5)

    assert fields == {"user": "bob", "port": "1", "users": ["ann", "bob"]}


@pytest.mark.parametrize(
    ("most", "kept"), [(0, ()), (1, ("c",)), (3, ("b1", "b2", "c")), (9, ("a", "b1", "b2", "c"))]
)
def test_the_newest_lines_are_kept(most, kept):
    """Of several failures the newest lines are kept, as many as are wanted."""
    lines, _ = together(pack(("a",), {}), [failure("b1", "b2"), failure("c")], most)

    assert lines == kept
