"""Text that others wrote is shown without harm."""

import pytest

from banward.printable import harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ümläut 漢字", "plain text, ümläut 漢字"),
        ("a\nb\r\n", r"a\nb\r\n"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\tb\0", r"a\tb\x00"),
        ("\u2028\u202e\x85", r"\u2028\u202e\x85"),
        ("\udcff", r"\udcff"),
        ("", ""),
    ],
)
def test_what_does_not_print_is_escaped(text: str, shown: str) -> None:
    """One line in, one line out."""
    assert harmless(text) == shown
