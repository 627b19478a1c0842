from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.detection.ignore import IgnoreList, Members, file_path, read_entries
from banward.detection.ignore_cache import IgnoreAnswers
from banward.settings import IgnoreCache
from banward.subject import Subject

# Few addresses near to each other, so that networks often hold them.
addresses = st.one_of(
    st.integers(0, 255).map(lambda n: ipaddress.IPv4Address(0xC0000200 + n)),
    st.integers(0, 255).map(lambda n: ipaddress.IPv6Address((0x20010DB8 << 96) + n)),
)
networks = st.tuples(addresses, st.integers(0, 8)).map(
    lambda pair: str(
        ipaddress.ip_network((int(pair[0]), pair[0].max_prefixlen - pair[1]), strict=False)
        if pair[0].version == 6
        else ipaddress.IPv4Network((int(pair[0]), 32 - pair[1]), strict=False)
    )
)


@pytest.mark.parametrize(
    ("entry", "who", "source"),
    [
        ("192.0.2.1", "192.0.2.1", "ip"),
        ("192.0.2.1", "192.0.2.2", ""),
        ("192.0.2.0/24", "192.0.2.77", "ip"),
        ("192.0.2.77/24", "192.0.2.1", "ip"),
        ("192.0.2.0/255.255.255.0", "192.0.2.1", "ip"),
        ("192.0.2.0/24", "192.0.3.1", ""),
        ("192.0.2.0/24", "192.0.2.0/25", "ip"),
        ("192.0.2.0/25", "192.0.2.0/24", ""),
        ("2001:DB8::/32", "2001:db8:1::5", "ip"),
        ("::ffff:192.0.2.1", "192.0.2.1", "ip"),
        ("0.0.0.0/0", "198.51.100.1", "ip"),
        ("0.0.0.0/0", "2001:db8::1", ""),
        ("session-7", "session-7", "ip"),
    ],
)
def test_addresses_networks_and_ids(entry, who, source):
    """An entry spares itself and what lies within, in every way of writing."""
    assert source == IgnoreList([entry]).source(Subject.parse(who))


def test_names_are_known_by_their_addresses():
    """A name spares the addresses that it was said to resolve to."""
    ignore = IgnoreList(["trusted.example"])
    ignore.set_name("trusted.example", ["192.0.2.5", "2001:db8::5"])

    assert ignore.names == ("trusted.example",)
    assert ignore.source(Subject.parse("2001:db8::5")) == "dns"
    assert ignore.source(Subject.parse("192.0.2.6")) == ""


def test_files_hold_further_entries():
    """A file spares what it was said to hold, and names in it too."""
    ignore = IgnoreList(["file:/etc/friends"])
    ignore.set_file("file:/etc/friends", read_entries("192.0.2.0/28 # office\nhome.example ; x\n"))
    ignore.set_name("home.example", ["198.51.100.9"])

    assert ignore.source(Subject.parse("192.0.2.3")) == "file://etc/friends"
    assert ignore.source(Subject.parse("198.51.100.9")) == "file://etc/friends"
    assert ignore.source(Subject.parse("198.51.100.10")) == ""


@pytest.mark.parametrize(
    ("entry", "path"),
    [("file:x/y", "x/y"), ("file:/x/y", "/x/y"), ("file:///x/y", "/x/y")],
)
def test_ways_to_name_a_file(entry, path):
    """A file is named relative, absolute, or as a URL."""
    assert path == file_path(entry)


def test_comments_in_files():
    """A list in a file has words between blanks and commas, and comments behind # and ;."""
    text = "# all\n192.0.2.1,192.0.2.2  ; two\n\n a#b 192.0.2.3 #c\n"

    assert read_entries(text) == ("192.0.2.1", "192.0.2.2", "a#b", "192.0.2.3")


def test_a_name_has_the_addresses_of_its_last_answer():
    """When a name moves, its former address is not spared any more."""
    ignore = IgnoreList(["trusted.example", "other.example"])
    ignore.set_name("other.example", ["192.0.2.9"])
    ignore.set_name("trusted.example", ["192.0.2.5"])
    ignore.set_name("trusted.example", ["192.0.2.6"])

    assert ignore.source(Subject.parse("192.0.2.5")) == ""
    assert ignore.source(Subject.parse("192.0.2.6")) == "dns"
    assert ignore.source(Subject.parse("192.0.2.9")) == "dns"


def test_a_name_that_nobody_listed_spares_nobody():
    """An answer for a name counts only while the name is on the list or in a file."""
    ignore = IgnoreList(["file:/x"])
    ignore.set_file("file:/x", ["home.example"])
    ignore.set_name("home.example", ["192.0.2.5"])
    ignore.set_name("stranger.example", ["192.0.2.6"])
    ignore.set_file("file:/x", ["home.example", "192.0.2.1"])
    assert ignore.source(Subject.parse("192.0.2.5")) == "file://x"
    assert ignore.source(Subject.parse("192.0.2.6")) == ""

    ignore.set_file("file:/x", ["192.0.2.1"])
    assert ignore.source(Subject.parse("192.0.2.5")) == ""


@given(st.lists(networks, max_size=8), addresses)
def test_membership_is_that_of_the_networks(listed, address):
    """An address is on the list if one of the networks holds it, and only then."""
    expected = any(address in ipaddress.ip_network(network) for network in listed)

    assert expected is (Subject.parse(str(address)) in Members(listed))


def test_membership_costs_the_same_for_long_lists():
    """A list of a hundred thousand addresses keeps them in one set."""
    members = Members(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(100_000))

    assert Subject.parse("10.0.1.1") in members
    assert Subject.parse("11.0.1.1") not in members
    assert "10.0.1.1" not in members


def test_answers_are_remembered_for_a_while():
    """An answer holds for its time, and the oldest goes when there are too many."""
    answers = IgnoreAnswers(IgnoreCache("<ip>", max_count=2, max_time=10))
    answers.put("a", 0, ignored=True)
    answers.put("b", 1, ignored=False)

    assert answers.get("a", 9) is True
    assert answers.get("a", 10) is None
    assert answers.get("b", 9) is False

    answers.put("c", 2, ignored=True)
    assert answers.get("a", 3) is None
    assert answers.get("c", 3) is True
