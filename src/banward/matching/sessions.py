"""Messages of one session joined by their id (``<F-MLFID>``); knows no regex and no log.

The rules are the table a to j of config-and-filters.md 2.7. A session begins with its first
message and is forgotten five minutes later, or when a hundred others are newer.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from banward.evidence import note, read_notes, without_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banward.matching.captures import Data
    from banward.matching.identity import Identity
    from banward.matching.rows import Way

__all__ = ["LIFETIME", "MOST", "Message", "Origin", "Session", "Sessions", "Turn"]

MOST = 100
"""How many sessions are remembered."""

LIFETIME = 300.0
"""How many seconds a session is remembered, from its first message."""

MANY = 2  # users that are tried in one session


class Origin(NamedTuple):
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


class Session:
    """What is known of one session.

    Messages of the kinds that are frequent in a flood are only noted (``noting.py``); what they
    captured is put together when there is one of another kind.

    Attributes:
        began: when its first message came.
        source: the log that it stands in.
        offset: where it stands there, in bytes.
        helper: whether the last message only helped.
        pending: whether failures wait, for nobody is known.
        users: those who were tried, each once.
        lines: lines that were not told yet, but for those of notes.
        data: what was captured so far, but for what is in notes.
        notes: messages (``evidence.note``).
        told: how many of the notes were told, and have lost their lines.
        ip4: the last address that notes captured by ``ip4``, empty if none did.
        ip6: the same for ``ip6``.
    """

    __slots__ = (
        *("began", "data", "helper", "ip4", "ip6", "lines", "notes", "offset", "pending"),
        *("source", "told", "users"),
    )

    def __init__(self, now: float, source: str, offset: float) -> None:
        self.began = now
        self.source = source
        self.offset = offset
        self.helper = self.pending = False
        self.users: list[str] = []
        self.lines: tuple[str, ...] = ()
        self.data: Data = {}
        self.notes: list[str] = []
        self.told = 0
        self.ip4 = self.ip6 = ""

    def unfold(self) -> None:
        """Put together what was noted."""
        if self.notes:
            self.lines, self.data = read_notes(self.notes)
            self.notes = []

    @property
    def may_help(self) -> bool:
        """Whether a message that says so is no failure (step g).

        From the second user on, and while failures wait, it counts all the same.
        """
        return not self.pending and len(self.users) < MANY

    def ends(self, user: str, gained: str) -> bool:
        """Whether a last message that only helps is no failure.

        Args:
            user: whom it is about, empty for nobody.
            gained: what says that access was gained, if it was.
        """
        users = self.users
        is_first = not users or not user or user in users
        return (bool(gained) or not self.pending) and len(users) < MANY and is_first

    def go_on(self, gained: str | None) -> None:
        """Steps a to c: take a further message; lines that were told already are dropped."""
        if gained:
            self.pending = False
        if not (self.helper or self.pending):
            self.lines = ()
            self._drop_lines()
        self.helper = False

    def _drop_lines(self) -> None:
        """Drop the lines of notes, and notes that then say the same as the one before."""
        bare, rest = self.notes[: self.told], self.notes[self.told :]
        for noted in map(without_line, rest):
            if not bare or bare[-1] != noted:
                bare.append(noted)
        self.notes, self.told = bare, len(bare)

    def note(self, way: Way, values: Sequence[str], caught: str, line: str) -> None:
        """Step d for a message that is noted."""
        self.notes.append(note(way.label, caught, line))
        user = values[way.user]
        if user and user not in self.users:
            self.users.append(user)
        if address := values[way.ip4]:
            self.ip4 = address
        elif address := values[way.ip6]:
            self.ip6 = address

    def add(self, data: Data) -> None:
        """Step d for any message."""
        known = self.data
        known.pop("nofail", None)
        known.pop("mlfgained", None)
        known.update((name, value) for name, value in data.items() if value is not None)

    def add_user(self, user: str | None) -> None:
        """The rest of step d: remember every user that was tried."""
        if user and user not in self.users:
            self.users.append(user)
        if self.users:
            self.data["users"] = frozenset(self.users)


class Sessions:
    """The open sessions of one filter.

    Args:
        identify: says of collected data who can be made responsible, if anybody.

    Attributes:
        opened: the sessions by their ids.
    """

    def __init__(self, identify: Callable[[Data], Identity | None]) -> None:
        self._identify = identify
        self.opened: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self.opened)

    def take(self, data: Data, lines: tuple[str, ...], now: float, origin: Origin) -> Message:
        """Join a matching line to its session.

        Args:
            data: what the line captured, with ``mlfid``; it becomes the session's.
            lines: the line as it stands in the log; several with a window.
            now: the present moment, in seconds since the epoch.
            origin: where the line stands.
        """
        key, forget = data["mlfid"], data.pop("mlfforget", None)
        session = self.opened.get(key)
        if session is None or session.began <= now - LIFETIME:
            session = Session(now, *origin)
            session.data = data
            if forget:
                self.opened.pop(key, None)
            else:
                self.remember(key, session)
                session.add_user(data.get("user"))
        else:
            session.unfold()
            session.go_on(data.get("mlfgained"))
            session.add(data)
            session.add_user(data.get("user"))
            if forget:
                del self.opened[key]
        data = session.data
        if data.get("nofail") or data.get("mlfgained"):
            if session.may_help:
                return self._help(session, lines, keep=not forget)
            data.pop("nofail", None)
            data.pop("mlfgained", None)
        return self._fail(session, lines)

    def remember(self, key: str, session: Session) -> None:
        """Open a session, in the place of one that is over."""
        opened = self.opened
        opened.pop(key, None)
        if len(opened) >= MOST:
            del opened[next(iter(opened))]
        opened[key] = session

    @staticmethod
    def _help(session: Session, lines: tuple[str, ...], *, keep: bool) -> Message:
        """Steps h and i for a helper: its lines are kept for a failure that may follow."""
        if keep:
            session.lines += lines
            session.helper = True
        return Message(Turn.HELPER, session.data, lines)

    def _fail(self, session: Session, lines: tuple[str, ...]) -> Message:
        """Steps h and j for a failure; it waits while nobody is known."""
        session.lines += lines
        identity = self._identify(session.data)
        session.pending = identity is None
        turn = Turn.PENDING if identity is None else Turn.FAILURE
        return Message(turn, session.data, session.lines, identity)

    def oldest(self, source: str, now: float) -> float | None:
        """Where the first line of the oldest open session of a source stands.

        Args:
            source: name of the source.
            now: the present moment; sessions that are over at it do not count.

        Returns:
            The offset in bytes, or None if no session is open.
        """
        self._expire(now)
        offsets = [s.offset for s in self.opened.values() if s.source == source]
        return min(offsets, default=None)

    def _expire(self, now: float) -> None:
        for key in [k for k, s in self.opened.items() if s.began <= now - LIFETIME]:
            del self.opened[key]
