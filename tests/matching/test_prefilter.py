"""Lines of a block that hold what a jail needs."""

from banward.matching.literals import Needs
from banward.matching.prefilter import Prefilter

DATA = b"one bad\ntwo\nBAD bad bad\n\nfour good\n\xc5\xbf\xff\nlast bad\n"
BEGINS = [0, 8, 12, 24, 25, 35, 39]


def needs(*literals, any_case=False):
    return Needs(frozenset(literals), any_case)


def test_each_line_once():
    """A line with several literals is told once, and all in order."""
    found = Prefilter({"a": needs("bad", "last", "one"), "b": needs("good")}).candidates(DATA)
    assert found == {"a": [0, 12, 39], "b": [25]}


def test_jails_share_a_literal():
    """What several jails need is looked for once, and told to each."""
    found = Prefilter({"a": needs("bad"), "b": needs("bad", "two"), "c": needs("x")}).candidates(
        DATA
    )
    assert found == {"a": [0, 12, 39], "b": [0, 8, 12, 39], "c": []}


def test_any_case():
    """Where capitals make no difference, letters beyond ASCII may be meant as well."""
    found = Prefilter({"a": needs("bad good", "two", any_case=True)}).candidates(DATA)
    assert found == {"a": [8, 35]}
    assert Prefilter({"a": needs("BAD")}).candidates(DATA) == {"a": [12]}


def test_start():
    """Lines before the start are not looked at."""
    assert Prefilter({"a": needs("bad")}).candidates(DATA, 12) == {"a": [12, 39]}


def test_nothing():
    """A block of nothing holds nothing."""
    assert Prefilter({"a": needs("bad")}).candidates(b"") == {"a": []}
