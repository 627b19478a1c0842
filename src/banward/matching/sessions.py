"""Messages of one session joined by their id (``<F-MLFID>``); knows no regex and no log.

The rules are the table a to j of config-and-filters.md 2.7. A session begins with its first
message and is forgotten five minutes later, or when a hundred others are newer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.matching.captures import Data
    from banward.matching.identity import Identity

__all__ = ["LIFETIME", "MOST", "Message", "Origin", "Sessions", "Turn"]

MOST = 100
"""How many sessions are remembered."""

LIFETIME = 300.0
"""How many seconds a session is remembered, from its first message."""

_MANY = 2  # users that are tried in one session


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a line stands: the name of its source, and its offset in bytes."""

    source: str
    offset: float


class Turn(enum.Enum):
    """What a message makes of its session."""

    FAILURE = "failure"
    HELPER = "helper"
    PENDING = "pending"


class Message(msgspec.Struct, frozen=True, gc=False):
    """One matching line of a session, with what came before it.

    Args:
        turn: what it makes of the session.
        data: all that the session captured so far, ``users`` as a set; changed by its next message.
        lines: the lines of the failure, oldest first.
        identity: who failed, for a failure.
    """

    turn: Turn
    data: Data
    lines: tuple[str, ...]
    identity: Identity | None = None


class _Session:
    """What is known of one session.

    Attributes:
        began: when its first message came.
        origin: where that stands.
        data: what was captured so far.
        lines: lines that were not told yet.
        helper: whether the last message only helped.
        pending: whether failures wait, for nobody is known.
    """

    __slots__ = ("began", "data", "helper", "lines", "origin", "pending")

    def __init__(self, now: float, origin: Origin, data: Data) -> None:
        self.began = now
        self.origin = origin
        self.data = data
        self.lines: list[str] = []
        self.helper = self.pending = False

    def go_on(self, data: Data) -> None:
        """Steps a to d: take a further message; lines that were told already are dropped."""
        known = self.data
        if data.get("mlfgained"):
            self.pending = False
        if not (self.helper or self.pending):
            self.lines = []
        self.helper = False
        known.pop("nofail", None)
        known.pop("mlfgained", None)
        if None in data.values():
            data = {name: value for name, value in data.items() if value is not None}
        known.update(data)

    def add_user(self) -> None:
        """The rest of step d: remember every user that was tried."""
        user = self.data.get("user")
        if user:
            users = self.data.get("users")
            if users is None:
                self.data["users"] = frozenset((user,))
            elif user not in users:
                self.data["users"] = users | {user}


class Sessions:
    """The open sessions of one filter.

    Args:
        identify: says of collected data who can be made responsible, if anybody.
    """

    def __init__(self, identify: Callable[[Data], Identity | None]) -> None:
        self._identify = identify
        self._open: dict[str, _Session] = {}

    def __len__(self) -> int:
        return len(self._open)

    def take(self, data: Data, lines: tuple[str, ...], now: float, origin: Origin) -> Message:
        """Join a matching line to its session.

        Args:
            data: what the line captured, with ``mlfid``; it becomes the session's.
            lines: the line as it stands in the log; several with a window.
            now: the present moment, in seconds since the epoch.
            origin: where the line stands.
        """
        key = data["mlfid"]
        forget = data.pop("mlfforget", None)
        session = self._open.get(key)
        if session is None or session.began <= now - LIFETIME:
            session = _Session(now, origin, data)
            if forget:
                self._open.pop(key, None)
            else:
                session.add_user()
                self._remember(key, session)
        else:
            session.go_on(data)
            session.add_user()
            if forget:
                del self._open[key]
        data = session.data
        if data.get("nofail") or data.get("mlfgained"):
            # Step g: from the second user on, and while failures wait, it counts all the same.
            if not session.pending and len(data.get("users", ())) < _MANY:
                return self._help(session, lines, keep=not forget)
            data.pop("nofail", None)
            data.pop("mlfgained", None)
        return self._fail(session, lines)

    @staticmethod
    def _help(session: _Session, lines: tuple[str, ...], *, keep: bool) -> Message:
        """Steps h and i for a helper: its lines are kept for a failure that may follow."""
        if keep:
            session.lines += lines
            session.helper = True
        return Message(Turn.HELPER, session.data, lines)

    def _fail(self, session: _Session, lines: tuple[str, ...]) -> Message:
        """Steps h and j for a failure; it waits while nobody is known."""
        session.lines += lines
        identity = self._identify(session.data)
        session.pending = identity is None
        turn = Turn.PENDING if identity is None else Turn.FAILURE
        return Message(turn, session.data, tuple(session.lines), identity)

    def oldest(self, source: str, now: float) -> float | None:
        """Where the first line of the oldest open session of a source stands.

        Args:
            source: name of the source.
            now: the present moment; sessions that are over at it do not count.

        Returns:
            The offset in bytes, or None if no session is open.
        """
        self._expire(now)
        offsets = [s.origin.offset for s in self._open.values() if s.origin.source == source]
        return min(offsets, default=None)

    def _remember(self, key: str, session: _Session) -> None:
        self._open.pop(key, None)  # one that is over
        if len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        self._open[key] = session

    def _expire(self, now: float) -> None:
        for key in [k for k, s in self._open.items() if s.began <= now - LIFETIME]:
            del self._open[key]
