"""What became of a line: the failregexes that matched and what each of them made of it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec.structs import replace

from banward.matching.sessions import Turn

if TYPE_CHECKING:
    from banward.matching.captures import Data
    from banward.matching.identity import Identity
    from banward.matching.linetime import Dated
    from banward.matching.sessions import Message

__all__ = ["Examination", "Hit", "Verdict"]


class Verdict(enum.Enum):
    """What a failregex that matched made of the line."""

    FAILURE = "failure"
    HELPER = "helper"
    PENDING = "pending"
    IGNORED = "ignored"
    NOBODY = "nobody"
    """No identifying group took part, so nobody can be made responsible."""


_WHO = ("fid", "ip4", "ip6", "dns")

_OF_TURN = {
    Turn.FAILURE: Verdict.FAILURE,
    Turn.HELPER: Verdict.HELPER,
    Turn.PENDING: Verdict.PENDING,
}


class Hit(msgspec.Struct, frozen=True):
    """A failregex that matched.

    Args:
        number: which failregex, from 0.
        verdict: what it made of the line.
        data: all groups, unused ones as None.
        lines: the lines that belong to it, oldest first.
        identity: who failed, for a failure.
        ignored_by: number of the ignoreregex that hit, from 0.
    """

    number: int
    verdict: Verdict
    data: Data
    lines: tuple[str, ...]
    identity: Identity | None = None
    ignored_by: int | None = None

    @classmethod
    def alone(
        cls, number: int, data: Data, lines: tuple[str, ...], identity: Identity | None
    ) -> Self:
        """A match that belongs to no session."""
        verdict = Verdict.NOBODY if identity is None else Verdict.FAILURE
        return cls(number, verdict, _with_address(data, identity), lines, identity)

    @classmethod
    def of_session(cls, number: int, message: Message) -> Self:
        """A match that belongs to a session."""
        data = _with_address(dict(message.data), message.identity)
        return cls(number, _OF_TURN[message.turn], data, message.lines, message.identity)

    @classmethod
    def ignored(cls, number: int, data: Data, lines: tuple[str, ...], by: int) -> Self:
        """A match that an ignoreregex takes back."""
        return cls(number, Verdict.IGNORED, data, lines, ignored_by=by)

    def as_examined(self) -> Self:
        """The same for ``fail2ban-regex``: there F-NOFAIL alone makes a helper (2.7).

        A login of a session of which nobody is known yet counts like a failure that waits.
        """
        if self.verdict is Verdict.FAILURE and self.data.get("nofail"):
            return replace(self, verdict=Verdict.HELPER)
        gained = self.verdict is Verdict.HELPER and self.data.get("mlfgained")
        if gained and not any(self.data.get(name) for name in _WHO):
            return replace(self, verdict=Verdict.PENDING)
        return self


class Examination(msgspec.Struct, frozen=True):
    """All that there is to tell about one line.

    Args:
        dated: the line, its time and its date.
        prefix: groups of the prefregex if it matched or there is none, else None.
        ignored_by: number of the ignoreregex that hit before any failregex was tried, from 0.
        hits: failregexes that matched, in order.
        consumed: offsets of the lines of a window that a match used up.
    """

    dated: Dated
    prefix: Data | None
    ignored_by: int | None
    hits: tuple[Hit, ...]
    consumed: tuple[float, ...] = ()


def _with_address(data: Data, identity: Identity | None) -> Data:
    """Store the address under ``ip`` where an id is the identity (2.7)."""
    if identity is not None and identity.address:
        return {**data, "ip": identity.address}
    return data
