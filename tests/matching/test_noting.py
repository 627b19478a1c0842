"""Rows of a sweep become the failures that ``Sessions.take`` makes of the same messages."""

from dataclasses import replace
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from banward.matching.captures import Captures
from banward.matching.identity import identify
from banward.matching.noting import Noting
from banward.matching.rows import END, Way
from banward.matching.sessions import LIFETIME, Origin, Sessions

NOW = 1000.0
AT = 990.0

GROUPS = ("ip4", "ip6", "dns", "fid", "user", "alt_user", "nofail", "mlfgained", "mlfforget")
VALUES = {
    "mlfid": ["1", "2"],
    "ip4": ["192.0.2.1", "192.0.2.2"],
    "ip6": ["2001:db8::1"],
    "dns": ["example.com"],
    "fid": ["somebody"],
}


KINDS = (
    ("user", "ip4"),
    ("user",),
    ("nofail", "user", "ip4"),
    ("nofail", "mlfforget"),
    ("nofail", "mlfforget", "user", "ip4"),
    ("mlfgained", "mlfforget", "user", "ip4"),
)
"""What messages of a server capture, by what they say."""


@st.composite
def messages(draw, groups=GROUPS):
    """What one line captures."""
    names = draw(st.lists(st.sampled_from(groups), unique=True, max_size=4))
    values = {name: VALUES.get(name, ["", "ann", "bob"]) for name in ("mlfid", *names)}
    return {name: draw(st.sampled_from(some)) for name, some in values.items()}


def row(captured, number=0):
    """A row of a sweep whose line captures this."""
    names = tuple(captured)
    way = Way.of(1, names, Captures(names))
    return number * 10, f"line {number}", way, "".join(END + text for text in captured.values())


def sparse_row(captured, number=0):
    """The same told at a place for each group, where nothing says that it took no part."""
    names = ("mlfid", *GROUPS)
    unsure = frozenset({"ip4", "ip6", "user", "nofail", "mlfgained", "mlfforget"})
    names = tuple(name if name in captured or name in unsure else "" for name in names)
    way = Way.of(1, names, Captures(tuple(captured)), unsure)
    caught = "".join(END + captured.get(name, "") for name in names)
    return number * 10, f"line {number}", way, caught


def noted(rows, *, now=NOW):
    """What becomes of rows: offsets, subjects, names, lines, captures."""
    return _plain(rows, _taker(), now)


def _taker():
    who = partial(identify, usedns="yes")
    return Noting("j", Sessions(who), who)


def _plain(rows, taker, now):
    found = []
    taker.take(rows, AT, now, Origin("log", 500), found)
    return [(offset, m.subject, m.name, m.lines, m.fields) for offset, m in found]


def shown(rows):
    """The same if every row goes the long way."""
    return noted(
        [(at, line, replace(way, is_plain=False), caught) for at, line, way, caught in rows]
    )


@given(st.lists(messages(), max_size=12))
def test_any_messages(captured):
    """Whatever a session's messages capture, the same failures come, with the same evidence."""
    rows = [row(each, n) for n, each in enumerate(captured)]
    assert noted(rows) == shown(rows)


@given(st.lists(messages(("ip4", "user", "nofail", "mlfgained", "mlfforget")), max_size=40))
def test_messages_that_name_addresses(captured):
    """So it is in long sessions of messages that are all noted."""
    rows = [row(each, n) for n, each in enumerate(captured)]
    assert noted(rows) == shown(rows)


@given(
    st.lists(
        st.sampled_from(KINDS).flatmap(
            lambda names: st.fixed_dictionaries(
                {
                    "mlfid": st.sampled_from(["1", "2"]),
                    **{name: st.sampled_from(VALUES.get(name, ["ann", "bob"])) for name in names},
                }
            )
        ),
        max_size=30,
    )
)
def test_messages_of_a_server(captured):
    """So it is with messages as servers write them, however the sweep tells of them."""
    rows = [row(each, n) for n, each in enumerate(captured)]
    sparse = [sparse_row(each, n) for n, each in enumerate(captured)]
    assert noted(rows) == shown(rows) == noted(sparse) == shown(sparse)


def test_the_end_of_a_session():
    """It is no failure, save where two users were tried; and of a session unknown it tells none."""
    ann, bob = ({"mlfid": "1", "user": user, "ip4": "192.0.2.1"} for user in ("ann", "bob"))
    end = {"mlfid": "1", "nofail": "x", "mlfforget": "x"}
    for before, failures in (((), 0), ((ann,), 1), ((ann, ann), 2), ((ann, bob), 3)):
        rows = [row(each, n) for n, each in enumerate((*before, end))]
        assert len(noted(rows)) == failures


def test_a_line_of_no_session():
    """It is a failure of its own, and has no users."""
    ((offset, subject, name, lines, fields),) = noted([row({"ip4": "192.0.2.1", "user": "bob"}, 3)])
    assert (offset, subject, name, lines) == (530, "192.0.2.1", "", ("line 3",))
    assert fields == {"ip4": "192.0.2.1", "user": "bob"}


def test_a_session_that_is_over():
    """A message five minutes after the first one begins anew, without what was noted before."""
    taker = _taker()
    helper = {"mlfid": "1", "ip4": "192.0.2.1", "nofail": "x"}
    assert _plain([row(helper)], taker, NOW) == []
    assert _plain([row({"mlfid": "1", "user": "bob"})], taker, NOW + LIFETIME) == []


def test_where_it_was():
    """When something goes wrong it is known with which line."""
    taker = _taker()
    _plain([row({"ip4": "192.0.2.1"}, 1), row({"ip4": "192.0.2.1"}, 2)], taker, NOW)
    assert taker.begin == 20
