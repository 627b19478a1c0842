"""Lines of a block that hold what a jail needs."""

from banward.matching.literals import Needs
from banward.matching.prefilter import Prefilter

DATA = b"one bad\ntwo\nBAD bad bad\n\nfour good\n\xc5\xbf\xff\nlast bad\n"
BEGINS = [0, 8, 12, 24, 25, 35, 39]


def needs(*literals, any_case=False):
    return Needs(frozenset(literals), any_case)


def candidates(start=0, **jails):
    """The lines of each jail and the numbers of the regexes that may match."""
    made = Prefilter({jail: dict(enumerate(regexes)) for jail, regexes in jails.items()})
    return {
        jail: [
            (begin, [n for n in range(mask.bit_length()) if mask >> n & 1]) for begin, mask in lines
        ]
        for jail, lines in made.candidates(DATA, start).items()
    }


def test_each_line_once():
    """A line with several literals is told once, with all regexes that it may be for."""
    found = candidates(a=[needs("bad", "one"), needs("last")], b=[needs("good")])
    assert found == {"a": [(0, [0]), (12, [0]), (39, [0, 1])], "b": [(25, [0])]}


def test_jails_share_a_literal():
    """What several jails need is looked for once, and told to each."""
    found = candidates(a=[needs("bad")], b=[needs("two"), needs("bad")], c=[needs("x")])
    assert found == {
        "a": [(0, [0]), (12, [0]), (39, [0])],
        "b": [(0, [1]), (8, [0]), (12, [1]), (39, [1])],
        "c": [],
    }


def test_a_literal_stands_for_longer_ones():
    """A literal within another is looked for once, for both regexes."""
    assert candidates(a=[needs("four good"), needs("good")]) == {"a": [(25, [0, 1])]}


def test_any_case():
    """Where capitals make no difference, letters beyond ASCII may be meant as well."""
    found = candidates(a=[needs("bad good"), needs("two", "bad ba", any_case=True)])
    assert found == {"a": [(8, [1]), (12, [1]), (35, [1])]}


def test_start():
    """Lines before the start are not looked at."""
    assert candidates(12, a=[needs("bad")]) == {"a": [(12, [0]), (39, [0])]}


def test_nothing():
    """A block of nothing holds nothing."""
    assert Prefilter({"a": {0: needs("bad")}}).candidates(b"") == {"a": []}
