from __future__ import annotations

import ipaddress
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from banward.enforcement.cover import Span, covers, flatten, is_covered, span_of, text_of

NEVER = float("inf")


def flat(**ends):
    """The ranges of networks (``a.b.c.d/n`` written as key of a dict) as texts with their ends."""
    spans = flatten(span_of(text, end) for text, end in ends.items())
    return [(text_of(span, 4), span.until) for span in spans]


def test_a_network_within_a_longer_ban_adds_nothing():
    """The outer network covers the inner one to its end."""
    assert flat(**{"10.0.0.0/8": 20, "10.1.0.0/16": 10}) == [("10.0.0.0/8", 20)]


def test_a_network_that_ends_later_is_cut_out_of_the_outer_one():
    """What lies before and behind it ends with the outer network."""
    assert flat(**{"10.0.0.0/8": 10, "10.1.0.0/16": NEVER}) == [
        ("10.0.0.0/16", 10),
        ("10.1.0.0/16", NEVER),
        ("10.2.0.0-10.255.255.255", 10),
    ]


def test_networks_nest_to_any_depth():
    """Each address ends with the last of the networks around it."""
    ends = {"10.0.0.0/8": 10, "10.0.0.0/16": 20, "10.0.0.0/24": 15, "10.0.1.0/24": 30}
    assert flat(**ends) == [
        ("10.0.0.0/24", 20),
        ("10.0.1.0/24", 30),
        ("10.0.2.0-10.0.255.255", 20),
        ("10.1.0.0-10.255.255.255", 10),
    ]


def test_neighbours_with_the_same_end_become_one_range():
    """Two halves that end together are written as their whole."""
    assert flat(**{"10.0.0.0/25": 5, "10.0.0.128/25": 5}) == [("10.0.0.0/24", 5)]


def test_a_range_is_covered_by_neighbours_but_not_over_a_gap():
    """Ranges side by side cover what spans them; a missing address in between is noticed."""
    spans = [Span(0, 9), Span(10, 19), Span(21, 30)]
    assert covers(spans, 5, 15)
    assert not covers(spans, 15, 25)
    assert not covers(spans, 25, 31)
    assert not covers([], 0, 0)


def test_a_network_of_ipv6_is_covered_by_itself():
    """The numbers of IPv6 are as good as those of IPv4."""
    span = span_of("2001:db8::/32", NEVER)
    assert is_covered("2001:db8:1::/48", [span])
    assert not is_covered("2001:db9::/48", [span])
    assert text_of(span, 6) == "2001:db8::/32"


networks = st.dictionaries(
    st.builds(
        lambda bits, length: ipaddress.ip_network((bits << 26, length), strict=False),
        st.integers(0, 63),
        st.integers(0, 6),
    ),
    st.sampled_from([1.0, 2.0, 3.0, NEVER]),
    max_size=12,
)


@given(networks)
def test_flattening_changes_nothing_for_any_address(ends):
    """Each address is banned just as long as by the longest of its networks, or not at all."""
    spans = flatten(span_of(str(network), end) for network, end in ends.items())
    for bits in range(64):
        address = ipaddress.ip_address(bits << 26)
        expected = max((end for net, end in ends.items() if address in net), default=None)
        found = [span.until for span in spans if span.low <= int(address) <= span.high]
        assert found == ([] if expected is None else [expected])


@given(networks)
def test_flat_ranges_ascend_and_never_touch_twice(ends):
    """No two ranges share an address, as the kernel demands."""
    spans = flatten(span_of(str(network), end) for network, end in ends.items())
    assert all(one.low <= one.high < other.low for one, other in pairwise(spans))
