from __future__ import annotations

import pytest

from banward.enforcement.nft_layout import Kind, Layout
from banward.enforcement.nft_plan import missing, removal, strays
from banward.enforcement.nft_state import Chain, Rule, State
from banward.errors import ActionError

HOSTS = Kind(4, is_network=False)
LAYOUT = Layout.read({"port": "80"}, jail="web", action="a", claim=lambda name: name)
PLACE = "inet f2b-table"
[COMMENT] = LAYOUT.rules(HOSTS)
SET = "addr-set-web"


def state(*rules, chains=None, sets=None, ours=()):
    """A table with our chain and set, unless it is said otherwise."""
    return State(
        exists=True,
        chains={"f2b-chain": Chain("prerouting", -300)} if chains is None else chains,
        sets={SET: frozenset({"timeout"})} if sets is None else sets,
        ours=frozenset(ours),
        rules=rules,
    )


def rule(handle, comment=COMMENT, sets=(SET,), chain="f2b-chain"):
    return Rule(handle, chain, comment, frozenset(sets))


def verbs(lines):
    return [" ".join(line.split()[:2]) for line in lines]


def test_from_nothing_everything_is_made_in_order():
    """Table, chain, set and rule, each after what it needs."""
    lines = missing(State(), LAYOUT, [HOSTS], living=set())
    assert verbs(lines) == ["add table", "add chain", "add set", "add rule"]


def test_what_is_there_is_not_made_again():
    """A complete layout needs no command."""
    assert missing(state(rule(7)), LAYOUT, [HOSTS], living=set()) == []


def test_a_stale_rule_is_replaced_and_a_double_one_removed():
    """Rules of ours are told by their comment; those of others stay."""
    stale = rule(5, f"banward {LAYOUT.owner} 0123456789ab")
    foreign = rule(6, "a rule of the administrator")
    lines = missing(state(stale, foreign, rule(7), rule(8)), LAYOUT, [HOSTS], living=set())
    assert lines == [
        f"delete rule {PLACE} f2b-chain handle 5",
        f"delete rule {PLACE} f2b-chain handle 8",
    ]


def test_a_set_that_can_not_be_used_goes_with_all_rules_over_it():
    """Also with those of others: the kernel deletes no set that a rule looks into."""
    wrong = {SET: frozenset({"interval"})}
    lines = missing(state(rule(4, ""), sets=wrong), LAYOUT, [HOSTS], living=set())
    assert verbs(lines) == ["delete rule", "delete set", "add set", "add rule"]


def test_a_chain_at_another_place_is_made_anew():
    """Its rules go with it, and only ours come back."""
    chains = {"f2b-chain": Chain("input", -1)}
    lines = missing(state(rule(4), chains=chains), LAYOUT, [HOSTS], living=set())
    assert verbs(lines) == ["flush chain", "delete chain", "add chain", "add rule"]


def test_a_chain_in_which_another_jail_lives_is_left_alone():
    """Moving it would take the other jail's bans out of force."""
    other = rule(4, "banward 0123456789ab 0123456789ab", sets=("other",))
    chains = {"f2b-chain": Chain("input", -1)}
    with pytest.raises(ActionError, match="is in use at hook input: an action for hook prerouting"):
        missing(state(other, chains=chains), LAYOUT, [HOSTS], living={"0123456789ab"})


def test_a_removal_takes_the_table_only_if_nobody_else_is_in_it():
    """Rules and sets of others keep it."""
    assert removal(State(), LAYOUT) == []
    assert removal(state(rule(7)), LAYOUT) == [f"delete table {PLACE}"]
    sets = {SET: frozenset({"timeout"}), "mine": frozenset()}
    assert removal(state(rule(7), sets=sets), LAYOUT) == [
        f"delete rule {PLACE} f2b-chain handle 7",
        f"delete set {PLACE} {SET}",
    ]


def test_a_set_that_others_look_into_stays():
    """The administrator's own rule over our set keeps the set."""
    lines = removal(state(rule(7), rule(8, "mine")), LAYOUT)
    assert lines == [f"delete rule {PLACE} f2b-chain handle 7"]


def test_strays_are_what_bears_our_mark_and_has_no_owner():
    """Sets without our comment are not ours, whatever their name."""
    gone = rule(3, "banward 0123456789ab 0123456789ab", sets=("addr-set-gone",))
    sets = {name: frozenset({"timeout"}) for name in (SET, "addr-set-gone", "addr-set-shell")}
    found = state(rule(7), gone, sets=sets, ours=(SET, "addr-set-gone"))
    assert strays(found, PLACE, living={LAYOUT.owner}, sets={SET}) == (
        ["addr-set-gone"],
        [f"delete rule {PLACE} f2b-chain handle 3", f"delete set {PLACE} addr-set-gone"],
    )
