"""Lines of a block that regexes may match, found by Hyperscan."""

import pytest

from banward.matching.automaton import Automaton, library
from banward.matching.rules import EVERY

pytestmark = pytest.mark.skipif(library() is None, reason="the package hyperscan is not installed")

DATA = b"one bad\ntwo\nbad bad good\n\n[four] x\n\xc5\xbf\nlast bad\n"


def test_each_line_once():
    """A line is told once for each jail, with the bits of all regexes that may match."""
    found = Automaton({"a": ["bad", r"last[^\n]*bad"], "b": ["good"]}).candidates(DATA)
    sign, foreign = (26, EVERY), (35, EVERY)
    assert found == {
        "a": [(0, 1), (12, 1), sign, foreign, (38, 3)],
        "b": [(12, 1), sign, foreign],
    }


@pytest.mark.parametrize("regexes", [{}, {"a": ["abc"] * 401}, {"a": ["(abc"]}])
def test_what_it_can_not_take(regexes):
    """None, too many, or what is no regex for Hyperscan is refused with a word."""
    with pytest.raises(ValueError, match="regexes"):
        Automaton(regexes)


def test_the_last_line_without_its_end():
    """A block that does not end with a newline has a last line all the same."""
    assert Automaton({"a": ["bad"]}).candidates(b"x\nbad") == {"a": [(2, 1)]}
