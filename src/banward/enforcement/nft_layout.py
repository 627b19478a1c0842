"""What one jail has in nftables, from its action's parameters: table, chain, sets and rules.

The names are fail2ban's (server-and-client.md 4.11), because people's scripts look for them. Each
address family has two sets: single addresses in a hash set (``addr-set-JAIL``), networks in an
interval set (``addr-net-set-JAIL``). In one interval set for both, as fail2ban has it, a single ban
would cost 20 ms among 10,000 others instead of 0.1 ms, and a network over a banned address would
be refused.

Pure: texts in, texts out; nothing is sent from here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.enforcement.tags import expand_static
from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KINDS", "Kind", "Layout", "priority_number"]

OURS: Final = "banward"
"""How the comments of our sets and rules begin."""


class Kind(NamedTuple):
    """One of the four sets of a jail."""

    version: int
    is_network: bool

    @property
    def word(self) -> str:
        """The family in rules."""
        return "ip" if self.version == 4 else "ip6"  # noqa: PLR2004

    @property
    def set_type(self) -> str:
        """The type of the set's elements."""
        return "ipv4_addr" if self.version == 4 else "ipv6_addr"  # noqa: PLR2004

    @property
    def flags(self) -> frozenset[str]:
        """The flags of the set."""
        return frozenset({"interval", "timeout"} if self.is_network else {"timeout"})


KINDS: Final = tuple(Kind(version, net) for version in (4, 6) for net in (False, True))

_DEFAULTS: Final = {
    "type": "multiport",
    "table": "f2b-table",
    "table_family": "inet",
    "chain": "f2b-chain",
    "chain_type": "filter",
    # Before address translation, so that ports that containers publish are cut off under the
    # number that the attacker sees, and before connections are tracked, so that those that are
    # open are cut off too and a flood costs no memory.
    "chain_hook": "prerouting",
    "chain_priority": "-300",
    "port": "ssh",
    "protocol": "tcp",
    "blocktype": "reject",
    "addr_set": "addr-set-<name>",
    "addr_set?family=inet6": "addr6-set-<name>",
    "rule_match-custom": "",
}

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9/\\_.-]{0,254}\Z", re.ASCII)
_PORT: Final = re.compile(r"[A-Za-z0-9._+-]+(?:[:-][A-Za-z0-9._+-]+)?\Z", re.ASCII)
_PROTOCOL: Final = re.compile(r"[A-Za-z0-9_.-]+\Z", re.ASCII)
_LINE: Final = re.compile(r"[^\n;{}#\"]+\Z")
_PRIORITY: Final = re.compile(r"(?P<base>[a-z]+|-?\d+)?\s*(?P<offset>[+-]\s*\d+)?\Z")
_BASES: Final = {
    "raw": -300,
    "mangle": -150,
    "dstnat": -100,
    "filter": 0,
    "security": 50,
    "srcnat": 100,
}


def priority_number(text: str) -> int | None:
    """The number of a priority as nft writes it (``filter - 1``), None if it is no such text."""
    found = _PRIORITY.match(text.strip().lower())
    if not found or not text.strip():
        return None
    base = found["base"] or "0"
    number = _BASES.get(base) if base.isalpha() else int(base)
    return None if number is None else number + int((found["offset"] or "0").replace(" ", ""))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the bans of one action live.

    Args:
        owner: a short mark of the action, for the comments of its rules.
        family: family of the table.
        table: its name.
        chain: name of the chain.
        chain_type: type of the chain.
        hook: where the kernel runs it.
        priority: when, as nft writes it.
        sets: names of the four sets.
        matches: what packets a rule looks at, one rule each; an empty text for all.
        blocks: what happens to packets of a banned address, for IPv4 and for IPv6.
    """

    owner: str
    family: str
    table: str
    chain: str
    chain_type: str
    hook: str
    priority: str
    sets: tuple[tuple[Kind, str], ...]
    matches: tuple[str, ...]
    blocks: tuple[str, str]

    @classmethod
    def read(
        cls, params: Mapping[str, str], *, jail: str, action: str, claim: Callable[[str], str]
    ) -> Layout:
        """Read the parameters of action ``nftables``.

        Args:
            params: the parameters.
            jail: name of the jail, the default of ``name``.
            action: name of the action.
            claim: gives the name of a set that nobody else uses.

        Raises:
            ActionError: a parameter can't be used; names it, its value and what was expected.
        """
        values = _Parameters(params, jail, action)
        return cls(
            owner=_digest(f"{jail}\n{action}"),
            family=values.name("table_family"),
            table=values.name("table"),
            chain=values.name("chain"),
            chain_type=values.name("chain_type"),
            hook=values.name("chain_hook"),
            priority=values.text("chain_priority"),
            sets=tuple((kind, claim(values.set_name(kind))) for kind in KINDS),
            matches=values.matches(),
            blocks=(values.text("blocktype", "inet4"), values.text("blocktype", "inet6")),
        )

    @property
    def place(self) -> str:
        """Family and name of the table, as commands name it."""
        return f"{self.family} {self.table}"

    def set_name(self, kind: Kind) -> str:
        """The name of one of the sets."""
        return dict(self.sets)[kind]

    def at_hook(self, hook: str, priority: str) -> Layout:
        """The same at another place in the kernel."""
        return replace(self, hook=hook, priority=priority)

    def in_table(self, table: str) -> Layout:
        """The same in another table."""
        return replace(self, table=table)

    def add_chain(self) -> str:
        """The command that makes the chain."""
        what = f"type {self.chain_type} hook {self.hook} priority {self.priority}; policy accept;"
        return f"add chain {self.place} {self.chain} {{ {what} }}"

    def add_set(self, kind: Kind) -> str:
        """The command that makes a set."""
        flags = ",".join(sorted(kind.flags))
        what = f'type {kind.set_type}; flags {flags}; comment "{OURS}";'
        return f"add set {self.place} {self.set_name(kind)} {{ {what} }}"

    def rules(self, kind: Kind) -> dict[str, str]:
        """The rules over a set: the comment that tells a rule, and the command that adds it."""
        found = {}
        block = self.blocks[kind.version == 6]  # noqa: PLR2004
        for match in self.matches:
            rule = f"{match} {kind.word} saddr @{self.set_name(kind)} {block}".strip()
            comment = f"{OURS} {self.owner} {_digest(rule)}"
            found[comment] = f'add rule {self.place} {self.chain} {rule} comment "{comment}"'
        return found

    def build(self, kinds: tuple[Kind, ...] = KINDS) -> str:
        """All commands that make it from nothing."""
        lines = [f"add table {self.place}", self.add_chain()]
        for kind in kinds:
            lines += [self.add_set(kind), *self.rules(kind).values()]
        return "\n".join(lines)


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


class _Parameters:
    """Reads and checks single parameters."""

    def __init__(self, params: Mapping[str, str], jail: str, action: str) -> None:
        self._props = {**_DEFAULTS, "name": jail, **params}
        if "addr_set" in params and "addr_set?family=inet6" not in params:
            # Families need sets of their own, whatever the administrator calls the first.
            self._props["addr_set?family=inet6"] = params["addr_set"] + "6"
        self._where = f"action {action} of jail {jail}"

    def text(self, name: str, family: str = "", pattern: re.Pattern[str] = _LINE) -> str:
        value = self._props.get(f"{name}?family={family}", self._props[name])
        # Jails pass ``<known/chain>``: the file's own value, which is our default too (1.6).
        value = value.replace(f"<known/{name}>", _DEFAULTS.get(name, ""))
        value = expand_static(value, self._props, family).strip()
        if not pattern.match(value):
            raise self._refusal(name, value, "one line without quotes, braces and semicolons")
        return value

    def name(self, name: str, family: str = "") -> str:
        value = self.text(name, family)
        if not _NAME.match(value):
            expected = "a letter, then letters, digits and / _ . -, as nftables wants names"
            raise self._refusal(name, value, expected)
        return value

    def set_name(self, kind: Kind) -> str:
        plain = self.name("addr_set", "inet4" if kind.version == 4 else "inet6")  # noqa: PLR2004
        if not kind.is_network:
            return plain
        return plain.replace("-set-", "-net-set-", 1) if "-set-" in plain else f"{plain}-net"

    def matches(self) -> tuple[str, ...]:
        """The match of each rule, one for each protocol (as fail2ban's action has it)."""
        kind = self.text("type")
        if kind == "custom":
            return (self.text("rule_match-custom", pattern=re.compile("")),)
        protocols = self._list("protocol", _PROTOCOL, "protocols, split by commas")
        if kind == "allports":
            return tuple("" if p == "all" else f"meta l4proto {{ {p} }}" for p in protocols)
        if kind not in {"multiport", "oneport"}:
            raise self._refusal("type", kind, "multiport, allports or custom")
        ports = self._list("port", _PORT, "ports, ranges a:b or service names, split by commas")
        listed = ", ".join(_port(port) for port in ports)
        return tuple(f"{'th' if p == 'all' else p} dport {{ {listed} }}" for p in protocols)

    def _list(self, name: str, pattern: re.Pattern[str], expected: str) -> list[str]:
        words = self.text(name).replace(",", " ").split()
        if not words or not all(map(pattern.match, words)):
            raise self._refusal(name, self.text(name), expected)
        return words

    def _refusal(self, name: str, value: str, expected: str) -> ActionError:
        return ActionError(f"{self._where}: option {name}: found {value!r}, expected {expected}")


def _port(word: str) -> str:
    return word.replace(":", "-")
