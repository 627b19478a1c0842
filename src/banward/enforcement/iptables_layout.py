"""What one jail has in iptables, from its action's parameters, and how its listing is read.

The chain and the rules are fail2ban's (server-and-client.md 4.11): a chain ``f2b-NAME`` with a rule
for each ban, the newest first, and a last one that returns; jumps into it at the top of ``INPUT``.

Pure: texts in, texts out.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from banward.enforcement.tags import expand_static
from banward.enforcement.xtables import LIMIT, Jump
from banward.errors import ActionError
from banward.subject import Subject
from banward.timespan import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Layout", "Parameters", "banned_in"]

_LONGEST_NAME: Final = 28
"""Letters that the kernel takes for the name of a chain (XT_EXTENSION_MAXNAMELEN)."""

_DEFAULTS: Final = {
    "type": "oneport",
    "chain": "INPUT",
    "port": "ssh",
    "protocol": "tcp",
    "chain_prefix": "f2b-",
    "returntype": "RETURN",
    "pre-rule": "",
    "iptables": "iptables -w",
    "iptables?family=inet6": "ip6tables -w",
    "blocktype": "REJECT --reject-with icmp-port-unreachable",
    "blocktype?family=inet6": "REJECT --reject-with icmp6-port-unreachable",
}

_MATCHES: Final = {
    "oneport": "--dport {ports}",
    "multiport": "-m multiport --dports {ports}",
    "allports": "",
}

_LINE: Final = re.compile(r"[^\n\r]*\Z")
_WORD: Final = re.compile(r"[A-Za-z0-9_.:+-]+\Z", re.ASCII)
_SOURCE: Final = re.compile(r"-s (\S+) ")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the bans of one action and one address family live.

    Args:
        program: the program and its options, as words.
        chain: name of the jail's chain.
        jumps: the rules that lead into it.
        block: what happens to packets of a banned address.
        rest: what happens to all others in the chain.
        limit: seconds that a command may take.
    """

    program: tuple[str, ...]
    chain: str
    jumps: tuple[Jump, ...]
    block: str
    rest: str
    limit: float = LIMIT

    @classmethod
    def read(
        cls,
        params: Mapping[str, str],
        family: str,
        *,
        jail: str,
        action: str,
        claim: Callable[[str], str],
    ) -> Layout:
        """Read the parameters of action ``iptables`` for a family.

        Args:
            params: the parameters.
            family: ``inet4`` or ``inet6``.
            jail: name of the jail, the default of ``name``.
            action: name of the action, for messages.
            claim: gives the name of a chain that nobody else uses.

        Raises:
            ActionError: a parameter can't be used; names it, its value and what was expected.
        """
        values = Parameters(params, jail, action)
        chain = claim(values.text("chain_prefix", family) + values.text("name", family))
        if not _WORD.match(chain) or len(chain) > _LONGEST_NAME:
            raise values.refusal("name", chain, f"at most {_LONGEST_NAME} plain letters in all")
        return cls(
            program=values.program(family),
            chain=chain,
            jumps=values.jumps(family, f"-j {chain}"),
            block=values.text("blocktype", family),
            rest=values.text("returntype", family),
            limit=values.limit(family),
        )

    def rule(self, subject: str) -> str:
        """The rule of a ban."""
        return f"-s {subject} -j {self.block}"

    def ban(self, subject: str) -> str:
        """The change that bans."""
        return f"-I {self.chain} 1 {self.rule(subject)}"

    def unban(self, subject: str) -> str:
        """The change that lifts a ban."""
        return f"-D {self.chain} {self.rule(subject)}"

    def fill(self, subjects: list[str]) -> list[str]:
        """The changes that make a chain hold just these bans, in one step, the last one on top."""
        # Under --noflush, naming a chain empties it, within the same transaction.
        bans = [f"-A {self.chain} {self.rule(subject)}" for subject in reversed(subjects)]
        return [f":{self.chain} - [0:0]", *bans, f"-A {self.chain} -j {self.rest}"]


class Parameters:
    """Reads and checks the parameters that all actions over iptables share.

    Args:
        params: the parameters.
        jail: name of the jail, the default of ``name``.
        action: name of the action, for messages.
        more: further parameters with their defaults.
    """

    def __init__(
        self,
        params: Mapping[str, str],
        jail: str,
        action: str,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._known = known = {**_DEFAULTS, **more}
        # A parameter that is given takes the place of the family's default too (4.1).
        defaults = {k: v for k, v in known.items() if k.partition("?")[0] not in params}
        self._props = {"name": jail, **defaults, **params}
        self._where = f"action {action} of jail {jail}"

    def text(self, name: str, family: str) -> str:
        """A parameter in one line, its tags filled."""
        value = self._props.get(f"{name}?family={family}", self._props.get(name, ""))
        # Jails pass ``<known/chain>``: the file's own value, which is our default too (1.6).
        value = value.replace(f"<known/{name}>", self._known.get(name, ""))
        value = expand_static(value, self._props, family).strip()
        if not _LINE.match(value):
            raise self.refusal(name, value, "one line")
        return value

    def program(self, family: str) -> tuple[str, ...]:
        """The program and its options, as words.

        ``iptables=iptables-legacy`` is meant for both families: two that share a program would
        undo each other's bans, so IPv6 gets the ``ip6tables`` of that name.
        """
        program, *options = shlex.split(self.text("iptables", family)) or [""]
        folder, slash, name = program.rpartition("/")
        if family == "inet6" and name.startswith("iptables"):
            program = f"{folder}{slash}ip6{name.removeprefix('ip')}"
        return (program, *options)

    def limit(self, family: str) -> float:
        """Seconds that a command may take."""
        text = self.text("timeout", family)
        try:
            return float(seconds(text)) if text else LIMIT
        except ValueError as error:
            raise ActionError(f"{self._where}: option timeout: {error}") from error

    def jumps(self, family: str, target: str) -> tuple[Jump, ...]:
        """The rules that lead to a target, one for each chain and protocol."""
        kind = self.text("type", family)
        if kind not in _MATCHES:
            raise self.refusal("type", kind, f"one of {', '.join(_MATCHES)}")
        ports = "" if kind == "allports" else ",".join(self.words("port", family))
        if not any(map(str.isalpha, ports)):
            ports = ports.replace("-", ":")  # a range as nftables writes it
        match = _MATCHES[kind].format(ports=ports)
        before = self.text("pre-rule", family)
        return tuple(
            Jump(chain, " ".join(f"-p {protocol} {before} {match} {target}".split()))
            for chain in self.words("chain", family)
            for protocol in self.words("protocol", family)
        )

    def words(self, name: str, family: str) -> list[str]:
        """A list of plain words, of which there is at least one."""
        words = self.text(name, family).replace(",", " ").split()
        if not words or not all(map(_WORD.match, words)):
            raise self.refusal(name, self.text(name, family), "words, split by commas")
        return words

    def refusal(self, name: str, value: str, expected: str) -> ActionError:
        """The error for a parameter that can't be used."""
        return ActionError(f"{self._where}: option {name}: found {value!r}, expected {expected}")


def banned_in(listing: str, chain: str) -> dict[str, str]:
    """The subjects that a listing (``iptables -S``) bans in a chain, to their rules.

    The order is that of the chain turned round: the oldest ban first.
    """
    found = {}
    for line in reversed(listing.splitlines()):
        source = _SOURCE.search(line)
        if line.startswith(f"-A {chain} ") and source:
            found[Subject.parse(source[1]).text] = line.removeprefix(f"-A {chain} ")
    return found
