"""What a ban looks like to an action: the values of its tags, each made when it is asked for.

The list of tags is that of server-and-client.md 4.6. Nothing here is made safe for a shell, a mail
or a terminal: whoever inserts a value does that.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from banward.enforcement.threads import Threads
from banward.records import Ban, Origin
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.enforcement.base import JailFacts

__all__ = ["Ticket"]

_CAPTURE = re.compile(r"F-([A-Z0-9_-]+)")
_OWN_KEYS = {"id": "fid", "port": "fport"}

_LOOKUPS: Final = Threads(8)
"""For the names of hosts: an attacker's name server may let each wait for half a minute."""


class Ticket:
    """The tags of one ban, or of none (``actionstart`` and its like).

    Args:
        ban: the ban; None gives the values of an empty ticket.
        jail: the jail of the action.
        now: the time for an empty ticket, in seconds since the epoch.
        family: the family for an empty ticket, or an empty text.
    """

    def __init__(
        self, ban: Ban | None, jail: JailFacts, *, now: float = 0, family: str = ""
    ) -> None:
        self.jail = jail
        self.ban = ban or Ban(jail=jail.name, subject="", at=now, bantime=jail.bantime, bancount=0)
        self._family = family if ban is None else None

    def value(self, tag: str) -> tuple[str, Any] | None:
        """The name under which the value is kept and the value itself, None for no such tag.

        ``ip-host`` asks the DNS and may wait.
        """
        maker = self._MAKERS.get(tag)
        if maker:
            return tag, maker(self)
        found = _CAPTURE.fullmatch(tag)
        if not found:
            return None
        key = _OWN_KEYS.get(found[1].lower(), found[1].lower())
        return f"F_{key}", self._capture(key)

    def text(self, tag: str) -> tuple[str, str] | None:
        """As ``value``, as a text that can be inserted."""
        pair = self.value(tag)
        return pair and (pair[0], str(pair[1]))

    async def texts(self, tags: Iterable[str]) -> dict[str, tuple[str, str] | None]:
        """What ``text`` gives for each of these; waits for the DNS without holding others up."""
        texts: dict[str, tuple[str, str] | None] = {}
        for tag in tags:
            waits = tag == "ip-host"
            texts[tag] = await _LOOKUPS.do(self.text, tag) if waits else self.text(tag)
        return texts

    @staticmethod
    def address_of(ban: Ban) -> str:
        """The address of a ban: the one captured along with another id, else the subject."""
        fields = ban.fields
        captured = (fields.get("ip4") or fields.get("ip6")) if "fid" in fields else None
        return str(captured) if captured else ban.subject

    @property
    def address(self) -> str:
        """The address of this ticket."""
        return self.address_of(self.ban)

    def info(self) -> str:
        """The text that stands behind ``info`` in the log line of a failed action (1.10)."""
        shown = ("ip", "family", "fid", "raw-ticket")
        return f"ActionInfo({ {name: self._MAKERS[name](self) for name in shown}!r})"

    def _capture(self, key: str) -> str:
        value = self.ban.fields.get(key)
        if value is None:
            return ""
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)

    def _family_text(self) -> str:
        if self._family is not None:
            return self._family
        family = Subject.parse(self.address).family
        return family.value if family else "None"

    def _reversed(self) -> str:
        network = Subject.parse(self.address).network
        if network is None:
            return ""
        pointer = network.network_address.reverse_pointer
        return pointer.removesuffix("in-addr.arpa").removesuffix("ip6.arpa")

    def _time(self) -> float:
        return int(self.ban.at) if self.ban.origin is Origin.RESTORED else self.ban.at

    def _past_lines(self, *, all_jails: bool) -> str:
        past = self.jail.history(self.ban.subject, all_jails=all_jails)
        return "\n".join([line for ban in past for line in ban.lines] if past else self.ban.lines)

    def _past_failures(self, *, all_jails: bool) -> int:
        past = self.jail.history(self.ban.subject, all_jails=all_jails)
        return sum(ban.failures for ban in past) if past else self.ban.failures

    def _host(self) -> str | None:
        return self.jail.reverse_name(self.address) if self.address else None

    def _raw(self) -> str:
        ban = self.ban
        return (
            f"Ban(subject={ban.subject!r}, at={ban.at}, bantime={ban.bantime}, "
            f"failures={ban.failures}, lines={list(ban.lines)!r}, fields={ban.fields!r})"
        )

    _MAKERS: ClassVar[dict[str, Callable[[Ticket], Any]]] = {
        "ip": lambda t: t.address,
        "family": _family_text,
        "ip-rev": _reversed,
        "ip-host": _host,
        "fid": lambda t: t.ban.subject,
        "failures": lambda t: t.ban.failures,
        "time": _time,
        "bantime": lambda t: int(t.ban.bantime),
        "bancount": lambda t: t.ban.bancount,
        "restored": lambda t: int(t.ban.origin is Origin.RESTORED),
        "matches": lambda t: "\n".join(t.ban.lines),
        "ipmatches": partial(_past_lines, all_jails=True),
        "ipjailmatches": partial(_past_lines, all_jails=False),
        "ipfailures": partial(_past_failures, all_jails=True),
        "ipjailfailures": partial(_past_failures, all_jails=False),
        "raw-ticket": _raw,
        "jail.name": lambda t: t.jail.name,
        "jail.banned": lambda t: t.jail.banned,
        "jail.banned_total": lambda t: t.jail.banned_total,
        "jail.found": lambda t: t.jail.found,
        "jail.found_total": lambda t: t.jail.found_total,
        "F-*": lambda t: dict(t.ban.fields),
    }

    NAMES: ClassVar[tuple[str, ...]] = tuple(_MAKERS)
    """The 22 keys that a Python action finds in its ``aInfo`` (server-and-client.md 4.10)."""
