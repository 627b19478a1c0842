from __future__ import annotations

import json

import pytest

from banward.enforcement.cover import Span
from banward.enforcement.nft_state import Chain, Rule, State, spans
from banward.errors import ActionError

NEVER = float("inf")


def listing(*objects):
    return json.dumps({"nftables": [{"metainfo": {"version": "1.0.6"}}, *objects]}).encode()


def test_a_table_is_read_from_the_listing_of_its_family():
    """Chains, sets and rules of other tables are passed over."""
    found = State.read(
        listing(
            {"table": {"family": "inet", "name": "t", "handle": 1}},
            {"table": {"family": "inet", "name": "other", "handle": 2}},
            {"set": {"name": "s", "table": "t", "flags": ["timeout"], "comment": "banward"}},
            {"set": {"name": "i", "table": "t", "flags": "interval"}},
            {"set": {"name": "x", "table": "other"}},
            {"chain": {"name": "c", "table": "t", "hook": "prerouting", "prio": -300}},
            {"chain": {"name": "plain", "table": "t"}},
            {
                "rule": {
                    "table": "t",
                    "chain": "c",
                    "handle": 9,
                    "comment": "banward 0123 4567",
                    "expr": [{"match": {"left": {"payload": {}}, "right": "@s"}}, {"drop": None}],
                }
            },
        ),
        "t",
    )
    assert found.exists
    assert found.chains == {"c": Chain("prerouting", -300), "plain": Chain(None, None)}
    assert found.sets == {"s": frozenset({"timeout"}), "i": frozenset({"interval"})}
    assert found.ours == {"s"}
    assert found.rules == (Rule(9, "c", "banward 0123 4567", frozenset({"s"})),)
    assert found.rules[0].owner == "0123"


def test_an_empty_listing_is_a_table_that_is_not_there():
    """Both an empty text and one without objects."""
    assert State.read(b"", "t") == State.read(listing(), "t") == State()


def test_ranges_come_in_every_form_in_which_nft_writes_them():
    """Single addresses, prefixes and ranges, with and without an end."""
    found = spans(
        listing(
            {
                "set": {
                    "elem": [
                        {"elem": {"val": {"prefix": {"addr": "10.0.0.0", "len": 8}}, "expires": 9}},
                        {"range": ["0.0.0.2", "0.0.0.5"]},
                        "0.0.0.1",
                        {"prefix": {"addr": "0.0.0.8", "len": 31}},
                        {"elem": {"val": "0.0.0.7", "timeout": 9, "expires": 5}},
                    ]
                }
            }
        ),
        now=100,
    )
    assert found == [
        Span(1, 1, NEVER),
        Span(2, 5, NEVER),
        Span(7, 7, 105),
        Span(8, 9, NEVER),
        Span(10 << 24, (11 << 24) - 1, 109),
    ]


@pytest.mark.parametrize("text", [b"no JSON", b'{"nftables": 5}', b"[]"])
def test_a_listing_that_is_none_is_an_error(text):
    """The error says that it is nft's answer that can't be read."""
    with pytest.raises(ActionError, match="nft gave a listing that can't be read"):
        State.read(text, "t")
    with pytest.raises(ActionError, match="nft gave a listing that can't be read"):
        spans(text, 0)
