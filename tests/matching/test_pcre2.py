"""The system's PCRE2 library, called for a whole block."""

import pytest

from banward.matching.pcre2 import Extractor, library

pytestmark = pytest.mark.skipif(library() is None, reason="there is no library of PCRE2")


def test_all_matches_are_told():
    """What is told of each match comes one behind the other, and nothing else."""
    words = Extractor(r"^(\w+)=(?:(\d+)|\w+)$", "${1}:${2:+$2:none};")
    assert words.extract(b"a=1\nno\nb=x\n") == b"a:1;b:none;"


def test_what_is_told_may_be_longer_than_the_text():
    """The room for it grows."""
    many = Extractor("a", "b" * 500)
    assert many.extract(b"a" * 1000) == b"b" * 500_000
    assert many.extract(b"a") == b"b" * 500


def test_no_match():
    """Nothing is told of a text without a match."""
    assert Extractor("x", "y").extract(b"") == b""


def test_a_regex_that_explodes_is_given_up():
    """A match that takes too many steps gives None; the next text is not harmed by it."""
    cruel = Extractor(r"^(?:a|aa|aaa)+b$", "!")
    assert cruel.extract(b"a" * 60 + b"cb\n") is None
    assert cruel.extract(b"aab\n") == b"!"


def test_a_regex_that_does_not_compile():
    """The error names the place."""
    with pytest.raises(ValueError, match="at 4"):
        Extractor("(a|b", "")
