from __future__ import annotations

import pytest

from banward.detection.evidence import pack, together, unpack


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
    lines, _ = together(b"", ("x" * 5000,), {}, 5)

    assert lines == ("x" * 1000,)


def test_half_a_character_is_replaced():
    """A line that is no proper text, as a client may send it, can be packed and stored."""
    lines, fields = together(b"", ("a\udcffb",), {}, 5)

    assert unpack(pack(lines, fields)) == (("a?b",), {})


def test_newer_captures_replace_older_ones():
    """A capture has its newest value; users are those of all failures."""
    old = pack((), {"user": "ann", "port": "1", "users": ["ann"]})

    _, fields = together(old, (), {"user": "bob", "users": ["bob"]}, 5)

    assert fields == {"user": "bob", "port": "1", "users": ["ann", "bob"]}
