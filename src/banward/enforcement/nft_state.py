"""What a listing of nftables says is there: chains, sets, rules, elements.

Pure: it reads the values of ``nft -j list …`` (libnftables-json(5)).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from banward.enforcement.cover import Span
from banward.enforcement.nft_layout import OURS, Kind, Layout

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Chain", "Rule", "State", "addresses", "spans"]

_FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its handle and chain, its comment, and the sets that it looks into."""

    handle: int
    chain: str
    comment: str
    sets: frozenset[str]

    @property
    def owner(self) -> str:
        """The mark of the action of ours that made it, or an empty text."""
        words = self.comment.split(" ")
        return words[1] if words[0] == OURS and len(words) > 1 else ""


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: where it is hooked in; None where it isn't, or where nft tells no number."""

    hook: str | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class State:
    """What one table holds.

    Args:
        exists: false if there is no such table.
        chains: the chains by name.
        sets: the sets by name, with their flags.
        ours: names of the sets that bear our comment.
        rules: all rules.
    """

    exists: bool = False
    chains: dict[str, Chain] = field(default_factory=dict)
    sets: dict[str, frozenset[str]] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()

    @classmethod
    def read(cls, objects: Iterable[dict[str, Any]]) -> State:
        """Read the listing of a table."""
        kinds: dict[str, list[dict[str, Any]]] = {}
        for entry in objects:
            for kind, value in entry.items():
                kinds.setdefault(kind, []).append(value)
        sets = kinds.get("set", [])
        return cls(
            exists=bool(kinds.get("table")),
            chains={
                chain["name"]: Chain(chain.get("hook"), _number(chain.get("prio")))
                for chain in kinds.get("chain", [])
            },
            sets={entry["name"]: _flags(entry) for entry in sets},
            ours=frozenset(entry["name"] for entry in sets if entry.get("comment") == OURS),
            rules=tuple(_rule(rule) for rule in kinds.get("rule", [])),
        )

    def kinds_of(self, layout: Layout) -> list[Kind]:
        """The kinds of a layout whose sets are there and can be used."""
        return [kind for kind, name in layout.sets if self.sets.get(name) == kind.flags]


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _flags(entry: dict[str, Any]) -> frozenset[str]:
    flags = entry.get("flags", [])
    return frozenset([flags] if isinstance(flags, str) else flags)


def _rule(rule: dict[str, Any]) -> Rule:
    found: set[str] = set()
    _references(rule.get("expr"), found)
    return Rule(rule["handle"], rule["chain"], rule.get("comment", ""), frozenset(found))


def _references(value: Any, found: set[str]) -> None:
    if isinstance(value, str) and value.startswith("@"):
        found.add(value[1:])
    elif isinstance(value, dict):
        for inner in value.values():
            _references(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _references(inner, found)


def addresses(objects: Iterable[dict[str, Any]], now: float) -> dict[str, float]:
    """The addresses of a listed set to the moment of their end."""
    return {str(value): end for value, end in _elements(objects, now) if isinstance(value, str)}


def spans(objects: Iterable[dict[str, Any]], now: float) -> list[Span]:
    """The ranges of a listed set, ascending, with the moment of their end."""
    return sorted(_span(value, end) for value, end in _elements(objects, now))


def _elements(objects: Iterable[dict[str, Any]], now: float) -> Iterable[tuple[Any, float]]:
    for entry in objects:
        for element in entry.get("set", {}).get("elem", []):
            inner = element.get("elem") if isinstance(element, dict) else None
            if inner:
                left = inner.get("expires")
                yield inner["val"], _FOREVER if left is None else now + left
            else:
                yield element, _FOREVER


def _span(value: Any, end: float) -> Span:
    if isinstance(value, str):
        low = high = int(ipaddress.ip_address(value))
    elif "prefix" in value:
        network = ipaddress.ip_network(f"{value['prefix']['addr']}/{value['prefix']['len']}")
        low, high = int(network.network_address), int(network.broadcast_address)
    else:
        low, high = (int(ipaddress.ip_address(text)) for text in value["range"])
    return Span(low, high, end)
