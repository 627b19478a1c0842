"""Which commands turn what is there in nftables into a layout, and back into nothing.

Rules are told by their comments, since nft shows them otherwise than they were written: a rule of
ours with another comment than the wanted one has other ports, and is replaced.

Pure: states and layouts in, commands out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.enforcement.nft_layout import priority_number
from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from banward.enforcement.nft_layout import Kind, Layout
    from banward.enforcement.nft_state import Chain, Rule, State

__all__ = ["missing", "removal", "strays"]


def missing(
    state: State, layout: Layout, kinds: Sequence[Kind], *, living: AbstractSet[str]
) -> list[str]:
    """The commands that make what is not there of a layout's kinds, and remove what is stale.

    Args:
        state: what is there.
        layout: what is wanted.
        kinds: the sets that are wanted.
        living: marks of all actions of this process that have rules.

    Raises:
        ActionError: the chain is used by another action at another place.
    """
    lines = [] if state.exists else [f"add table {layout.place}"]
    chain, rules = state.chains.get(layout.chain), state.rules
    if chain and not _is_at_place(chain, layout):
        lines += _drop_chain(state, layout, living)
        chain, rules = None, tuple(rule for rule in rules if rule.chain != layout.chain)
    if chain is None:
        lines.append(layout.add_chain())
    names = {layout.set_name(kind): kind for kind in kinds}
    spoiled = {n for n, kind in names.items() if state.sets.get(n, kind.flags) != kind.flags}
    wanted = {c: line for kind in kinds for c, line in layout.rules(kind).items()}
    kept, stale = _sort(rules, layout.owner, wanted, spoiled)
    return [
        *lines,
        *_delete_rules(layout.place, stale),
        *(f"delete set {layout.place} {name}" for name in sorted(spoiled)),
        *(layout.add_set(k) for n, k in names.items() if n in spoiled or n not in state.sets),
        *(line for comment, line in wanted.items() if comment not in kept),
    ]


def _is_at_place(chain: Chain, layout: Layout) -> bool:
    wanted = priority_number(layout.priority)
    same_priority = wanted is None or chain.priority is None or chain.priority == wanted
    return chain.hook == layout.hook and same_priority


def _drop_chain(state: State, layout: Layout, living: AbstractSet[str]) -> list[str]:
    """Remove a chain that hooks in elsewhere, unless another action of ours lives in it."""
    others = {rule.owner for rule in state.rules if rule.chain == layout.chain} & living
    if others - {layout.owner}:
        raise ActionError(
            f"chain {layout.chain} of table {layout.place} is in use at hook "
            f"{state.chains[layout.chain].hook}: an action for hook {layout.hook}, priority "
            f"{layout.priority} needs a chain of its own (option chain)"
        )
    where = f"{layout.place} {layout.chain}"
    return [f"flush chain {where}", f"delete chain {where}"]


def _sort(
    rules: Iterable[Rule], owner: str, wanted: Collection[str], spoiled: AbstractSet[str]
) -> tuple[set[str], list[Rule]]:
    """The comments of rules that may stay, and the rules that have to go."""
    kept: set[str] = set()
    stale: list[Rule] = []
    for rule in rules:
        is_double = rule.comment in kept
        is_outdated = rule.owner == owner and (rule.comment not in wanted or is_double)
        if is_outdated or rule.sets & spoiled:
            stale.append(rule)
        else:
            kept.add(rule.comment)
    return kept, stale


def _delete_rules(place: str, rules: Iterable[Rule]) -> list[str]:
    return [f"delete rule {place} {rule.chain} handle {rule.handle}" for rule in rules]


def removal(state: State, layout: Layout) -> list[str]:
    """The commands that remove a layout; what others use stays."""
    own = [rule for rule in state.rules if rule.owner == layout.owner]
    rest = [rule for rule in state.rules if rule.owner != layout.owner]
    used = {name for rule in rest for name in rule.sets}
    sets = [name for _, name in layout.sets if name in state.sets and name not in used]
    if state.exists and not rest and not state.sets.keys() - set(sets):
        return [f"delete table {layout.place}"]
    return [
        *_delete_rules(layout.place, own),
        *(f"delete set {layout.place} {name}" for name in sets),
    ]


def strays(
    state: State, place: str, *, living: AbstractSet[str], sets: AbstractSet[str]
) -> tuple[list[str], list[str]]:
    """What earlier processes left in a table and nobody owns: names, and commands to remove it.

    Args:
        state: what the table holds.
        place: family and name of the table.
        living: marks of all actions of this process.
        sets: names of their sets.
    """
    dead = [rule for rule in state.rules if rule.owner and rule.owner not in living]
    used = {name for rule in state.rules if rule not in dead for name in rule.sets}
    names = sorted(state.ours - sets - used)
    if names and len(dead) == len(state.rules) and len(names) == len(state.sets):
        return names, [f"delete table {place}"]
    return names, [
        *_delete_rules(place, dead),
        *(f"delete set {place} {name}" for name in names),
    ]
