"""A sweep finds in a block what ``re`` finds in its lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.matching.pcre2 import Extractor, library
from banward.matching.quickdate import head_of
from banward.matching.rows import ODD
from banward.matching.rules import Rules
from banward.matching.search import Searcher
from banward.matching.sweep import Sweep
from banward.settings import FilterSettings

pytestmark = pytest.mark.skipif(library() is None, reason="there is no library of PCRE2")

HEAD = head_of("{^LN-BEG}")
DATES = ("Nov 14 22:13:20", "Tue Nov 14 22:13:20", "2023-11-14T22:13:20.123+01:00")


def rules(*failregex, **settings):
    return Rules(FilterSettings(failregex=failregex, **settings), names=True)


def swept(sweep, *lines):
    """The rows of some lines, without where they begin."""
    rows = sweep.rows(b"".join(line + b"\n" for line in lines))
    assert rows is not None
    return [(way.mask, way.data(caught)) for _, _, way, caught in rows]


def test_rows():
    """A row tells where the line begins, which failregex matches first, and what it captures."""
    sweep = Sweep(rules("^ srv bad <F-USER>\\w+</F-USER>? ?from <HOST>$", "^ other <HOST>$"), HEAD)
    lines = [
        f"{DATES[0]} srv bad bob from 192.0.2.1",
        f"{DATES[0]} srv good",
        f"{DATES[1]} srv bad from example.com",
        f"{DATES[2]} other 2001:db8::1",
        "no date from 192.0.2.1",
    ]
    data = "".join(f"{line}\n" for line in lines).encode()
    rows = sweep.rows(data)
    assert [(at, line, way.mask, way.data(caught)) for at, line, way, caught in rows] == [
        (0, lines[0], 1, {"user": "bob", "ip4": "192.0.2.1"}),
        (data.index(lines[2].encode()), lines[2], 1, {"dns": "example.com"}),
        (data.index(lines[3].encode()), lines[3], 2, {"ip6": "2001:db8::1"}),
        (data.index(lines[4].encode()), lines[4], ODD, {}),
    ]


def test_the_prefregex_gives_its_groups():
    """Prefregex and failregex capture together; the failregex sees the content only."""
    made = rules(
        "^bad <HOST>$", prefregex="^ <F-MLFID>srv\\[\\d+\\]:</F-MLFID> <F-CONTENT>.+</F-CONTENT>$"
    )
    date = DATES[0].encode()
    rows = swept(Sweep(made, HEAD), date + b" srv[1]: bad 192.0.2.1", date + b" bad 192.0.2.1")
    assert rows == [(1, {"mlfid": "srv[1]:", "ip4": "192.0.2.1"})]


def test_alternates_are_filled_in():
    """The alternate of a group that took no part takes its place."""
    sweep = Sweep(
        rules("^ (?:u=<F-USER>\\w+</F-USER>|a=<F-ALT_USER>\\w+</F-ALT_USER>) <HOST>$"), HEAD
    )
    ((_, data),) = swept(sweep, DATES[0].encode() + b" a=bob 192.0.2.1")
    assert data["user"] == "bob"


@pytest.mark.parametrize("strange", [b"\xc5\xbf", b"\xff", b"\0", b"\r", b"\x01", b"\0\x01\0"])
def test_lines_with_strange_bytes_are_odd(strange):
    """They are told wherever the byte stands, with those beside them as ever."""
    sweep = Sweep(rules("^ bad <HOST>$"), HEAD)
    plain = DATES[0].encode() + b" bad 192.0.2.1"
    for line in (plain + strange, DATES[0].encode() + b" fine" + strange, strange + plain):
        assert [mask for mask, _ in swept(sweep, plain, line, plain)] == [1, ODD, 1]


def test_lines_of_the_same_text():
    """Each of them is told in its place."""
    sweep = Sweep(rules("^ bad <HOST>$"), HEAD)
    line = f"{DATES[0]} bad 192.0.2.1\n".encode()
    longer = f"{DATES[0]} bad 192.0.2.1 not\n".encode()
    rows = sweep.rows(longer + line + longer + line)
    assert [row[0] for row in rows] == [len(longer), 2 * len(longer) + len(line)]


def test_a_filter_that_can_not_be_swept():
    """Where one failregex can't be transcribed the whole filter goes another way."""
    with pytest.raises(ValueError, match="transcribed"):
        Sweep(rules("^ bad <HOST>$", "^ x <HOST>\\Z"), HEAD)


def test_when_pcre2_fails_there_are_no_rows(monkeypatch):
    """Where no further machine code can be made, the block goes another way."""
    made = Sweep(rules("^ bad <HOST>$"), HEAD)
    monkeypatch.setattr(Extractor, "__init__", _refuse)
    assert made.rows(b"\xff\n") is None
    assert made.rows(b"plain\n") is not None


def _refuse(*_, **__):
    raise ValueError


PIECES = [
    "a", "ab", " ", "x", "\\s", "\\s*", "\\s+", "\\S+", ".", ".*", ".*?", "[^a]*", "[^a]", "[ax]+", "\\b",
    "(?:a|ab)", "(?:\\s|$)", "(?:\\s.*)?", "(?:x(?!a)[^x]*)*", "(?=a)", "(?!a)", "(?!\\s)", "(?<=a)",
    "(?P<{}>a+)", "(?P<{}>.*)", "(?P<{}>[^x]*)", "(?:(?P<{}>a)|x)?", "(?>a*)", "a*+", "(?i:A)", "$",
    "(?:^|x)", "\\w{1,3}",
]  # fmt: skip
TEXTS = st.text("aAbx \t.1", max_size=12)


@st.composite
def regexes(draw):
    """A regex of a few pieces, with groups of names of their own."""
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
    body = "".join(piece.replace("{}", f"g{n}") for n, piece in enumerate(pieces))
    begin, end = draw(st.sampled_from(["^", "^ ", ""])), draw(st.sampled_from(["", "$"]))
    return f"{begin}(?P<fid>a|x|){body}{end}"


@given(
    st.lists(regexes(), min_size=1, max_size=3),
    st.sampled_from(["", "^ (?P<p>\\w*) ?(?P<content>.+)$", "^(?P<p>a)?(?P<content>[ax].*)"]),
    st.lists(TEXTS, min_size=1, max_size=6),
)
def test_the_same_as_re(failregex, prefregex, texts):
    """Whatever the regexes and lines, the same failregex matches and captures the same."""
    try:
        made = rules(*failregex, prefregex=prefregex)
        sweep = Sweep(made, HEAD)
    except ValueError:
        return  # PatternError is none of our concern here, nor what can't be transcribed
    plain = Searcher(made, 1)
    data = "".join(f"{DATES[0]} {text}\n" for text in texts).encode()
    rows = sweep.rows(data)
    found = {at: way.data(caught) for at, _, way, caught in rows if way.mask != ODD}
    odd = {at for at, _, way, _ in rows if way.mask == ODD}
    at = 0
    for text in texts:
        expected = plain.first(f" {text}\n")
        if expected is not None:
            expected = {name: value for name, value in expected.items() if value is not None}
        assert at in odd or found.get(at) == expected, (failregex, prefregex, text)
        at += len(DATES[0]) + len(text) + 2


def test_the_head_is_the_same_for_both():
    """What the sweep takes as a date at the begin is what a glance takes."""
    assert all(re.match(HEAD.date, f"{date} x") for date in DATES)


def test_groups_that_took_no_part():
    """They are left out, and such as captured nothing are there, wherever they stand."""
    made = rules(
        "^ (?:<F-NOFAIL>soft</F-NOFAIL> )?for <F-USER>\\w*</F-USER> <F-MORE>x*</F-MORE>(?: at <HOST>)?$",
        "^ <F-USER>\\w+</F-USER>?!(?:<F-MORE>y</F-MORE>)? (?:<ADDR>|<F-ID>\\d+</F-ID>)$",
    )
    date = DATES[0].encode()
    sweep = Sweep(made, HEAD)
    texts = {
        b" for ann ": (1, {"user": "ann", "more": ""}),
        b" soft for  x at 192.0.2.1": (
            1,
            {"nofail": "soft", "user": "", "more": "x", "ip4": "192.0.2.1"},
        ),
        b" for  ": (1, {"user": "", "more": ""}),
        b" bob!y 2001:db8::1": (2, {"user": "bob", "more": "y", "ip6": "2001:db8::1"}),
        b" ! 7": (2, {"fid": "7"}),
    }
    assert swept(sweep, *(date + text for text in texts)) == list(texts.values())
