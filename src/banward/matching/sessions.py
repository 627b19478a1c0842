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
    """What is known of one session."""

    __slots__ = ("began", "data", "helper", "lines", "origin", "pending")

    def __init__(self, now: float, origin: Origin, data: Data) -> None:
        self.began = now
        self.origin = origin
        self.data = data
        self.lines: list[str] = []
        self.helper = False
        self.pending = False

    def go_on(self, data: Data) -> None:
        """Steps a to d: take a further message; lines that were told already are dropped."""
        was_helper, self.helper = self.helper, False
        if data.get("mlfgained"):
            self.pending = False
        if not was_helper and not self.pending:
            self.lines = []
        known = self.data
        known.pop("nofail", None)
        known.pop("mlfgained", None)
        known.update([item for item in data.items() if item[1] is not None])

    def add_user(self) -> None:
        """The rest of step d: remember every user that was tried."""
        user = self.data.get("user")
        if user:
            users = self.data.get("users")
            if users is None:
                self.data["users"] = frozenset((user,))
            elif user not in users:
                self.data["users"] = users | {user}

    def helps(self) -> bool:
        """Step g: whether the message only helps; drops its flags if it counts all the same."""
        if not (self.data.get("nofail") or self.data.get("mlfgained")):
            return False
        if self.pending or len(self.data.get("users", ())) > 1:
            self._drop_flags()
            return False
        return True

    def help(self, lines: tuple[str, ...], *, keep: bool) -> Message:
        """Steps h and i for a helper: its lines are kept for a failure that may follow."""
        if keep:
            self.lines.extend(lines)
            self.helper = True
        return Message(Turn.HELPER, self.data, lines)

    def fail(self, lines: tuple[str, ...], identity: Identity | None) -> Message:
        """Steps h and j for a failure; it waits while nobody is known."""
        self.lines.extend(lines)
        self.pending = identity is None
        turn = Turn.PENDING if self.pending else Turn.FAILURE
        return Message(turn, self.data, tuple(self.lines), identity)

    def _drop_flags(self) -> None:
        self.data.pop("nofail", None)
        self.data.pop("mlfgained", None)


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
        forget = bool(data.pop("mlfforget", None))
        session = self._open.get(key)
        if session is not None and session.began <= now - LIFETIME:
            del self._open[key]
            session = None
        known = session is not None
        if session is None:
            session = _Session(now, origin, data)
        else:
            session.go_on(data)
        if known or not forget:
            session.add_user()
        if forget:
            self._open.pop(key, None)
        elif not known:
            self._remember(key, session)
        if session.helps():
            return session.help(lines, keep=not forget)
        identity = self._identify(session.data)
        return session.fail(lines, identity)

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
        if len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        self._open[key] = session

    def _expire(self, now: float) -> None:
        for key in [k for k, s in self._open.items() if s.began <= now - LIFETIME]:
            del self._open[key]
