"""Tags in regexes."""

import re

import pytest

from banward.matching.tags import expand

ADDRESSES = {
    "IP4": (
        ["192.0.2.1", "300.1.2.3", "::ffff:192.0.2.1"],
        ["[192.0.2.1]", "::1", "host", "1.2.3"],
    ),
    "IP6": (["::", "::1", "fe80::", "1:2:3:4:5:6:7:8", "1:2", "2001:DB8::1"], ["1.2.3.4", "abc"]),
    "DNS": (["host.example", "a-b_c^d", "für", "192.0.2.1"], ["host.", "-", "::1"]),
    "ADDR": (["192.0.2.1", "[192.0.2.1]", "[::1", "::1]"], ["host", "192.0.2.1/8"]),
    "HOST": (["192.0.2.1", "[::1]", "host.example"], ["[host.example]", "192.0.2.1/8"]),
    "CIDR": (["8", "128"], ["", "a"]),
    "SUBNET": (["192.0.2.1", "192.0.2.0/24", "[2001:db8::/32]"], ["host", "192.0.2.0/"]),
    "F-IP4/": (["192.0.2.1"], ["[192.0.2.1]"]),
    "F-ADDR/": (["[192.0.2.1]"], ["host"]),
    "F-SUBNET/": (["192.0.2.0/24"], ["host"]),
    "F-ID/": (["any:thing!"], ["a b", ""]),
    "F-PORT/": (["22", "ssh"], ["2-2", ""]),
}


@pytest.mark.parametrize("tag", ADDRESSES)
def test_what_a_tag_accepts(tag):
    """A tag accepts the forms of the specification (2.3) and no others."""
    regex = re.compile(expand(f"<{tag}>").text)
    accepted, refused = ADDRESSES[tag]
    assert [text for text in accepted + refused if regex.fullmatch(text)] == accepted


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("<F-USER>\\w+</F-USER>", "(?P<user>\\w+)"),
        ("<F-ID>x</F-ID><F-PORT>y</F-PORT>", "(?P<fid>x)(?P<fport>y)"),
        ("<F-ALT_USER_1>x</F-ALT_USER_1>", "(?P<alt_user_1>x)"),
        ("<F-A><F-B>x</F-B></F-A>", "(?P<a>(?P<b>x))"),
        ("x</F-USER>", "x</F-USER>"),
        ("<F-USER/>", "<F-USER/>"),
        ("</F-ID/>", "</F-ID/>"),
        ("<F-A-B>x</F-A-B>", "(?P<a-b>x)"),
        ("<Host> <host> <F-user>", "<Host> <host> <F-user>"),
        ("((?i)a)(?:(?s)b)", "(?i:a)(?s:b)"),
        ("\\((?i)", "\\((?i)"),
        ("(?i)a", "(?i)a"),
    ],
)
def test_expansion(written, expanded):
    """Pairs become named groups, flags behind a bracket local ones; all else stays."""
    assert expand(written).text == expanded


def test_skiplines_are_numbered():
    """Each SKIPLINES has a group of its own, and takes as few lines as it can."""
    found = re.search(expand("a<SKIPLINES>b<SKIPLINES>c").text, "a\n1\n2\nb\nc")
    assert found.groupdict() == {"skiplines0": "1\n2\n", "skiplines1": ""}


def test_host_without_names():
    """With usedns no HOST covers addresses alone."""
    assert re.fullmatch(expand("<HOST>", names=False).text, "host") is None


@pytest.mark.parametrize(
    ("written", "found", "column"),
    [("ab<IP4>(", "(", 7), ("(<F-X>a</F-X>[", "[", 13), ("<IP4>", "(", 0)],
)
def test_origin_of_a_position(written, found, column):
    """A position in the expanded text leads back to where it was written."""
    expansion = expand(written)
    position = expansion.text.index(found) if column == 0 else expansion.text.rindex(found)
    assert expansion.origin(position) == column
