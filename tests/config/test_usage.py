"""Names that texts refer to."""

from __future__ import annotations

import pytest

from banward.config.usage import Usage


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("%(x)s", "x"),
        ("%(X)s", "x"),
        ("%(known/x)s", "x"),
        ("<x>", "x"),
        ("<sec/x>", "x"),
        ("<re-<m>>", "m"),
        ("<re-<m>>", "re-anything"),
        ("<lt_<t>/x>", "x"),
        ("<a<b<c>>d>", "a1d"),
    ],
)
def test_used(text, name):
    """References, tags, sections' options, and whatever a composed tag may become."""
    assert name in Usage([text])


@pytest.mark.parametrize(
    ("text", "name"), [("x", "x"), ("%(x", "x"), ("< x>", "x"), ("<re-<m>>", "rex"), ("<xy>", "x")]
)
def test_not_used(text, name):
    """Plain text, and what only looks like a reference."""
    assert name not in Usage([text])
