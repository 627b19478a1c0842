from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.enforcement.nft_elements import add, fill_networks, kind_of, remove, renew
from banward.enforcement.nft_layout import Kind

NEVER = float("inf")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("192.0.2.1", Kind(4, is_network=False)),
        ("2001:db8::1", Kind(6, is_network=False)),
        ("10.0.0.0/8", Kind(4, is_network=True)),
        ("2001:db8::/32", Kind(6, is_network=True)),
        ("0.0.0.0/0", Kind(4, is_network=True)),
        *(
            (text, None)
            for text in (
                *("", "root", "1.2.3", "1.2.3.4.5", "1.2.3.4/33", "::/129", "1.2.3.4/", "/8"),
                *("fe80::1%eth0", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4/8 }", "1.2.3.4/+8", "[::1]"),
                *("\uff11.2.3.4", "10.0.0.0/\u0668", "1.2.3.4\0", "0x7f.1"),
            )
        ),
    ],
)
def test_the_kind_of_a_subject(text, kind):
    """Only what the kernel's own parser takes is an address; everything else is refused."""
    assert kind_of(text) == kind


@given(st.text())
def test_what_is_taken_for_an_address_holds_no_other_letters(text):
    """So that nothing of it can mean something to nft."""
    if kind_of(text):
        assert set(text) <= set("0123456789abcdefABCDEF:./")


def test_times_are_written_in_days_and_seconds():
    """Nft takes no number of more than eight digits; parts of a second are rounded up."""
    ends = {"192.0.2.1": 100.5, "192.0.2.2": 629_145_600, "192.0.2.3": NEVER, "192.0.2.4": 5}
    assert add("inet t s", ends, now=10) == [
        "add element inet t s { 192.0.2.1 timeout 91s, 192.0.2.2 timeout 7281d67190s, 192.0.2.3 }"
    ]


def test_nothing_is_said_about_nothing():
    """What is over already, or an empty list, gives no command."""
    assert add("s", {"192.0.2.1": 5}, now=5) == []
    assert remove("s", []) == []


def test_removing_and_renewing_work_whether_it_is_there_or_not():
    """An element is added before it is deleted, since deleting what is not there is refused."""
    assert remove("s", ["192.0.2.1"]) == [
        "add element s { 192.0.2.1 }",
        "delete element s { 192.0.2.1 }",
    ]
    assert renew("s", {"192.0.2.1": 70}, now=10)[-1] == "add element s { 192.0.2.1 timeout 60s }"


def test_a_set_of_networks_is_written_whole():
    """Networks that are over are left out; an empty set is only emptied."""
    ends = {"10.0.0.0/8": 70.0, "10.1.0.0/16": NEVER, "172.16.0.0/12": 5}
    assert fill_networks("s", Kind(4, is_network=True), ends, now=10) == [
        "flush set s",
        "add element s { 10.0.0.0/16 timeout 60s, 10.1.0.0/16, "
        "10.2.0.0-10.255.255.255 timeout 60s }",
    ]
    assert fill_networks("s", Kind(4, is_network=True), {}, now=10) == ["flush set s"]
