"""Rows of a sweep become the failures that ``Sessions.take`` makes of the same messages."""

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
        [(at, line, way._replace(is_plain=False), caught) for at, line, way, caught in rows]
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
