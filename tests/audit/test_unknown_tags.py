"""Words in pointed brackets that were meant to be tags."""

from __future__ import annotations

import pytest

from banward.audit.unknown_tags import unknown_tags


@pytest.mark.parametrize(
    ("pattern", "column", "meant"),
    [
        (r"^bad <HSOT>$", 6, "<HOST>"),
        (r"^<host> failed", 2, "<HOST>"),
        (r"^from <ADR>: no", 7, "<ADDR>"),
        (r"<SKIPLINE>x <HOST>", 1, "<SKIPLINES>"),
        (r"^(?:x|<Subnet>)$", 7, "<SUBNET>"),
    ],
)
def test_a_slip_of_the_pen_is_told(pattern: str, column: int, meant: str) -> None:
    """With its place and what was meant."""
    (found,) = unknown_tags("failregex", pattern)
    assert (found.column, meant in found.repair) == (column, True)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^<F-USER>\S+</F-USER> from <HOST>$",
        r"^<F-ANYTHING>x</F-ANYTHING> <ADDR>$",
        r"^mail from <[^>]*>: <ADDR>",
        r"^<script> <postmaster@\S+> <HOST><SKIPLINES>$",
        r"^(?P<user>\S+) <IP4>$",
    ],
)
def test_other_words_may_stand_for_themselves(pattern: str) -> None:
    """Groups of one's own, mail addresses, names of groups."""
    assert list(unknown_tags("failregex", pattern)) == []
