"""Literals that a regex can't match without."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.matching.literals import Needs, fewer, needs_of, weigh


def literals(regex, flags=0):
    needs = needs_of(re.compile(regex, flags))
    return None if needs is None else set(needs.literals)


@pytest.mark.parametrize(
    ("regex", "needed"),
    [
        ("^Failed \\S+ for .* from ", {"Failed "}),
        ("^[aA]uthentication failed", {"uthentication failed"}),
        ("Connection (?:closed|reset) by", {"Connection closed by", "Connection reset by"}),
        ("Connection (?:a|b) by .* denied because", {" denied because"}),
        ("a(?:closed|reset|denied)z", {"aclosedz", "aresetz", "adeniedz"}),
        ("(?:long one|other two) \\d+", {"long one ", "other two "}),
        ("(?:long one)?\\d", None),
        ("(?:long one)+\\d", {"long one"}),
        ("(?:abc){2}", {"abcabc"}),
        ("ab", None),
        ("\\w+ .* [^x]+", None),
        ("(?=.*needed)\\d", {"needed"}),
        ("(?!.*unwanted)\\d", None),
        ("(?P<a>\\d)?(?(a)first|second) \\d", {"first ", "second "}),
        ("(?>atomic) \\d", {"atomic "}),
        ("one\\ntwo three", {"two three"}),
        ("gro\u00dfe Schrift", {"e Schrift"}),
        ("from .* denied", {" denied"}),
        ("(?i)Denied", {"denied"}),
        ("x(?i:DENIED)y", {"xdeniedy"}),
        ("(?i:a(?-i:DENIED)b)", {"adeniedb"}),
    ],
)
def test_what_is_needed(regex, needed):
    """The best run of known text is needed, or one of each alternative."""
    assert literals(regex) == needed


def test_any_case():
    """Where capitals make no difference, the literals say so."""
    assert needs_of(re.compile("(?i)Denied")) == Needs(frozenset({"denied"}), any_case=True)
    assert needs_of(re.compile("Denied", re.IGNORECASE)).any_case


def test_a_torn_literal():
    """Of a literal that may be torn, one piece is needed."""
    halves = needs_of(re.compile("login failed"), lambda text: (text[:6], text[6:]))
    assert halves.literals == {"login ", "failed"}


def test_weight():
    """Long literals leave out more lines than short ones and than words that are everywhere."""
    order = [None, {"from "}, {"abcd"}, {"abcdef", "ghijkl"}, {"abcdef"}, {"abcdefghijkl"}]
    weights = [weigh(None if one is None else Needs(frozenset(one))) for one in order]
    assert weights == sorted(weights)
    assert weigh(Needs(frozenset({"abcdef", "xy"}))) == 0


def test_fewer():
    """What holds another literal goes, and long common beginnings stand for both."""
    given_ = {
        "Failed password",
        "Failed ",
        " not allowed because a",
        " not allowed because b",
        "x y",
    }
    assert fewer(frozenset(given_)) == {"Failed ", " not allowed because ", "x y"}


CHARACTERS = st.sampled_from(["a", "b", "A", "k", "s", "\\d", ".", "[ab]", "[^a]", "\\s", "K", "1"])
REGEXES = st.recursive(
    CHARACTERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=5).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,2}", "{0}", "+?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda part: f"(?i:{part})"),
        inner.map(lambda part: f"(?={part})"),
        inner.map(lambda part: f"(?!{part})"),
        inner.map(lambda part: f"({part})"),
    ),
    max_leaves=8,
)
TEXTS = st.text(st.sampled_from("abABksKS1 \n\u017f\u212a"), max_size=12)


@settings(max_examples=400)
@given(REGEXES, st.lists(TEXTS, min_size=1, max_size=8), st.booleans())
def test_no_match_without_a_needed_literal(regex, texts, ignorecase):
    """Whatever a regex matches holds one of its literals; beyond ASCII only if case counts."""
    compiled = re.compile(f"aab(?:{regex})", re.IGNORECASE if ignorecase else 0)
    needs = needs_of(compiled)
    if needs is None:
        return
    for text in texts:
        for whole in (f"aab{text}", text):
            if compiled.search(whole) and (whole.isascii() or not needs.any_case):
                seen = whole.lower() if needs.any_case else whole
                assert any(literal in seen for literal in needs.literals)
