from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.decisions.fuses import Fuses
from banward.records import Reason

PROTECTED = {
    "loopback": ["127.0.0.0/8", "::1"],
    "the default gateway": ["192.0.2.1"],
    "an address of this host": ["192.0.2.10", "2001:db8::10"],
    "a trusted proxy": ["198.51.100.0/24", "no address"],
}


@pytest.mark.parametrize(
    ("subject", "reason", "text"),
    [
        ("127.5.5.5", Reason.PROTECTED, "127.5.5.5 lies within 127.0.0.0/8, loopback"),
        ("::1", Reason.PROTECTED, "::1 is loopback"),
        (
            "010.0.0.1",
            Reason.PROTECTED,
            "010.0.0.1 is no address, but programs take it for one",
        ),
        ("192.0.2.1", Reason.PROTECTED, "192.0.2.1 is the default gateway"),
        (
            "192.0.2.0/28",
            Reason.PROTECTED,
            "192.0.2.0/28 covers 192.0.2.1, the default gateway",
        ),
        (
            "2001:db8::/64",
            Reason.PROTECTED,
            "2001:db8::/64 covers 2001:db8::10, an address of this host",
        ),
        ("198.51.100.0/24", Reason.PROTECTED, "198.51.100.0/24 is a trusted proxy"),
        (
            "198.51.100.7",
            Reason.PROTECTED,
            "198.51.100.7 lies within 198.51.100.0/24, a trusted proxy",
        ),
        ("10.0.0.0/8", Reason.TOO_BROAD, "10.0.0.0/8 is broader than /16"),
        ("0.0.0.0/0", Reason.TOO_BROAD, "0.0.0.0/0 is broader than /16"),
        ("2001:db8::/31", Reason.TOO_BROAD, "2001:db8::/31 is broader than /32"),
    ],
)
def test_what_the_host_lives_by_is_not_banned(subject, reason, text):
    """A protected address, a network with one in it, and a broad network are refused, with why."""
    refusal = Fuses(PROTECTED).refuse(subject, 0)

    assert (reason, text) == (refusal.reason, refusal.text)


@pytest.mark.parametrize(
    "subject", ["192.0.2.2", "192.0.2.16/28", "10.0.0.0/16", "2001:db9::/32", "session-7", "::2"]
)
def test_others_are_banned(subject):
    """What is neither protected nor broad is not refused, nor is an id that is no address."""
    assert Fuses(PROTECTED).refuse(subject, 0) is None


@pytest.mark.parametrize("subject", ["192.0.2.1", "0.0.0.0/0", "203.0.113.1"])
def test_an_operator_may_force_a_ban(subject):
    """Who says that he means it is not held back by any fuse."""
    fuses = Fuses(PROTECTED, max_ban_rate=1)
    fuses.count(0)

    assert fuses.refuse(subject, 0, forced=True) is None


def test_what_is_protected_may_change():
    """A label stands for what it was last given, and for nothing before."""
    fuses = Fuses()
    fuses.protect("the administrator's session", ["203.0.113.1"])
    fuses.protect("the administrator's session", ["203.0.113.2"])

    assert fuses.refuse("203.0.113.1", 0) is None
    assert fuses.refuse("203.0.113.2", 0).text == "203.0.113.2 is the administrator's session"


def test_bans_a_minute_are_limited():
    """Once as many bans as allowed began within a minute, a further one is refused until then."""
    fuses = Fuses(max_ban_rate=2)
    for at in (0, 30):
        assert fuses.refuse("203.0.113.1", at) is None
        fuses.count(at)

    assert fuses.refuse("203.0.113.1", 59).reason is Reason.TOO_MANY
    assert fuses.refuse("203.0.113.1", 60) is None


def test_a_refused_ban_is_not_counted():
    """Refusals do not keep the fuse blown: only bans count."""
    fuses = Fuses(max_ban_rate=1)
    fuses.count(0)
    for at in range(60):
        assert fuses.refuse("203.0.113.1", at)

    assert fuses.refuse("203.0.113.1", 60) is None


def test_without_a_rate_any_number_is_allowed():
    """The rate is limited only where a limit is set."""
    fuses = Fuses()
    for _ in range(1000):
        fuses.count(0)

    assert fuses.refuse("203.0.113.1", 0) is None


def test_a_clock_that_was_set_back_does_not_block_bans():
    """Bans counted in what is the future now are no reason to refuse."""
    fuses = Fuses(max_ban_rate=1)
    fuses.count(1_000_000)

    assert fuses.refuse("203.0.113.1", 5) is None


blocks = st.tuples(st.integers(0, 255), st.integers(24, 32)).map(
    lambda pair: ipaddress.IPv4Network((0xC0000200 + pair[0], pair[1]), strict=False)
)


@given(st.lists(blocks, max_size=6), blocks)
def test_no_protected_address_is_ever_banned(protected, asked):
    """A network is refused exactly if it shares an address with a protected one."""
    fuses = Fuses({"x": map(str, protected)})

    shares = any(asked.overlaps(network) for network in protected)

    assert shares is (fuses.refuse(str(asked), 0) is not None)
