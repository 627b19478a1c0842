"""What a listing of nftables says is there: chains, sets, rules, ranges.

Pure: it reads the values of ``nft -j list …`` (libnftables-json(5)).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from banward.enforcement.cover import Span
from banward.enforcement.nft_layout import OURS, Kind, Layout
from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Chain", "Rule", "State", "spans"]

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
    def read(cls, listing: bytes, table: str) -> State:
        """Read what one table holds from the listing of a family's rules.

        Raises:
            ActionError: it can't be read.
        """
        kinds: dict[str, list[dict[str, Any]]] = {}
        for entry in _decode(listing, _Tables).nftables:
            for kind, value in entry.items():
                if table == value.get("name" if kind == "table" else "table"):
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


def spans(listing: bytes, now: float) -> list[Span]:
    """The ranges of a listed set, ascending, with the moment of their end.

    Raises:
        ActionError: it can't be read.
    """
    found = []
    for element in _elements(listing):
        if isinstance(element, str) or element.elem is None:
            found.append(_span(element, _FOREVER))
        else:
            found.append(_span(element.elem.val, element.elem.end(now)))
    return sorted(found)


class _Prefix(msgspec.Struct):
    addr: str
    len: int


class _Range(msgspec.Struct):
    """A value that is no single address."""

    prefix: _Prefix | None = None
    range: tuple[str, str] | None = None


class _Timed(msgspec.Struct):
    """An element with what belongs to it."""

    val: str | _Range
    expires: int | None = None

    def end(self, now: float) -> float:
        """The moment of its end."""
        return _FOREVER if self.expires is None else now + self.expires


class _Element(_Range):
    """An element that is more than a text."""

    elem: _Timed | None = None


class _Set(msgspec.Struct):
    elem: list[str | _Element] = []


class _Object(msgspec.Struct):
    set: _Set | None = None


class _Sets(msgspec.Struct):
    nftables: list[_Object] = []


class _Tables(msgspec.Struct):
    nftables: list[dict[str, Any]] = []


_Listing = TypeVar("_Listing", _Sets, _Tables)


def _decode(listing: bytes, kind: type[_Listing]) -> _Listing:
    if not listing:
        return kind()
    try:
        return msgspec.json.decode(listing, type=kind)
    except msgspec.MsgspecError as error:
        raise ActionError(f"nft gave a listing that can't be read: {error}") from error


def _elements(listing: bytes) -> Iterator[str | _Element]:
    for entry in _decode(listing, _Sets).nftables:
        if entry.set:
            yield from entry.set.elem


def _span(value: str | _Range, end: float) -> Span:
    if isinstance(value, str):
        low = high = int(ipaddress.ip_address(value))
    elif value.prefix:
        network = ipaddress.ip_network(f"{value.prefix.addr}/{value.prefix.len}")
        low, high = int(network.network_address), int(network.broadcast_address)
    elif value.range:
        low, high = (int(ipaddress.ip_address(text)) for text in value.range)
    else:
        raise ActionError("nft listed an element that is neither address, network nor range")
    return Span(low, high, end)
