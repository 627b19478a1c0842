"""What moves between the stages: frozen records, named as facts, and nothing else.

    Batch ─▶ matching ─▶ Match ─▶ detection ─▶ Breach ─▶ decisions ─▶ Ban, Unban ─▶ enforcement
                                                                         Outcome ◀─┘

All times are seconds since the epoch. Texts of subjects are canonical (see ``subject.py``).
Records that cross the border between watcher and warden are msgspec structs written as arrays.
What comes by the thousand holds texts and numbers and can be part of no cycle, so the garbage
collector need not look at it (``gc=False``).
"""

from __future__ import annotations

import enum
from typing import Self

import msgspec

from banward.evidence import Fields, Lines, pack, unpack

__all__ = [
    "ENDLESS",
    "Ban",
    "Batch",
    "Breach",
    "Count",
    "Fields",
    "Match",
    "Origin",
    "Outcome",
    "Place",
    "Position",
    "Progress",
    "Quarantined",
    "Reason",
    "Sheets",
    "StoredBan",
    "Unban",
]

ENDLESS = -1
"""The ban time, in seconds, of a ban that never ends (``bantime = -1``)."""


class Origin(enum.StrEnum):
    """Who or what a ban comes from."""

    LOG = "log"
    OPERATOR = "operator"
    PEER = "peer"
    FEED = "feed"
    RESTORED = "restored"


class Reason(enum.StrEnum):
    """Why something was decided; the text is the same in log, metrics, API and tests."""

    FAILURES = "too many failures"
    ORDERED = "ordered by an operator"
    RESTORED = "restored from the database"
    REPAIRED = "restored in the firewall"
    EXPIRED = "ban time is over"
    STOPPED = "jail stops"
    ALREADY_BANNED = "already banned"
    ALREADY_OVER = "ban would already be over"
    IGNORED = "on the ignore list"
    PROTECTED = "protected address"
    TOO_BROAD = "network is too broad"
    TOO_MANY = "more bans a minute than allowed"


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a value was written.

    Args:
        file: path of the file.
        line: line number from 1, 0 where unknown.
        section: name of the section, or an empty text.
        key: name of the option, or an empty text.
    """

    file: str
    line: int = 0
    section: str = ""
    key: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = f"[{self.section}] {self.key}".strip() if self.section or self.key else ""
        return f"{where}: {what}" if what else where


class Position(msgspec.Struct, frozen=True, array_like=True):
    """How far a source was read; what the database keeps.

    Args:
        offset: bytes read so far (whole lines); for a journal the time of the last entry.
        replay: where to begin again so that open sessions are known; never above ``offset``.
        mark: SHA-1 of a file's first line with its newline (hex), or a journal cursor.
        inode: inode of the file, 0 where there is none.
    """

    offset: float = 0
    replay: float = 0
    mark: str = ""
    inode: int = 0


class Batch(msgspec.Struct, frozen=True):
    """Whole lines of one source, as they were read.

    Args:
        source: path of the file, or the name of another source.
        data: the bytes; every line ends with a newline.
        start: offset of the first byte within the source.
        read_at: when they were read.
        catching_up: true while the old part of the source is read (server-and-client.md 2.3).
        position: how far the source is read once these lines are done.
        stamps: a time for each line where the source knows it (journal), else None.
    """

    source: str
    data: bytes
    start: int
    read_at: float
    catching_up: bool
    position: Position
    stamps: tuple[float, ...] | None = None


class Match(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A failure found in a log, or given by an operator; made by ``of``.

    Args:
        jail: name of the jail whose filter found it.
        subject: canonical text of who failed; empty if only ``name`` is known.
        at: when it happened.
        evidence: the matched lines and what the filter captured, packed (``evidence.pack``).
        name: a host name that has to be looked up to know who failed, else empty.
        count: how many failures this stands for.
    """

    jail: str
    subject: str
    at: float
    evidence: bytes = b""
    name: str = ""
    count: int = 1

    @classmethod
    def of(
        cls,
        jail: str,
        subject: str,
        at: float,
        lines: Lines = (),
        fields: Fields | None = None,
        name: str = "",
        count: int = 1,
    ) -> Self:
        """A failure.

        Args:
            jail: as above, and so are the others.
            subject: who failed.
            at: when.
            lines: the matched lines, oldest first, as they stand in the log.
            fields: what the filter captured, without ``matches``.
            name: a host name.
            count: how many failures.
        """
        return cls(jail, subject, at, pack(lines, fields or {}), name, count)

    @property
    def lines(self) -> Lines:
        """The matched lines, oldest first."""
        return unpack(self.evidence)[0]

    @property
    def fields(self) -> Fields:
        """What the filter captured."""
        return unpack(self.evidence)[1]


class Progress(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A source was read up to a position, and this is what was found on the way.

    Both are stored in one transaction, so that a match is counted once whatever happens.
    """

    source: str
    jails: tuple[str, ...]
    position: Position
    matches: tuple[Match, ...] = ()
    lag: int = 0  # bytes that are still to be read


class Count(msgspec.Struct, frozen=True, gc=False):
    """What a jail knows of one subject that failed.

    Args:
        subject: canonical text.
        first: time of the first failure that counts, or the begin of the window.
        last: time of the newest failure.
        count: the estimate that is held against ``maxretry``.
        failures: how many failures there were.
        lines: the newest matched lines, oldest first.
        fields: captures of the newest failure, users of all.
    """

    subject: str
    first: float
    last: float
    count: int = 0
    failures: int = 0
    lines: Lines = ()
    fields: Fields = {}


class Sheets(msgspec.Struct, frozen=True, gc=False):
    """What has to be stored of the counters of a jail; how they lie there is said in ``sheets.py``.

    Args:
        written: sheets by number, new ones or such that were added to, as they are stored.
        oldest: number of the oldest sheet that is still of use.
        anew: whether nothing counts any more that was stored before.
    """

    written: tuple[tuple[int, bytes], ...] = ()
    oldest: int = 0
    anew: bool = False


class Breach(msgspec.Struct, frozen=True, gc=False):
    """Somebody reached the limit of a jail.

    Args:
        jail: name of the jail.
        subject: canonical text of who did.
        at: time of the last failure that counts (server-and-client.md 2.4).
        failures: how many.
        lines: the newest matched lines, oldest first, at most ``maxmatches``.
        fields: captures of the last failure, users of all.
    """

    jail: str
    subject: str
    at: float
    failures: int
    lines: Lines = ()
    fields: Fields = {}


class Ban(msgspec.Struct, frozen=True, gc=False):
    """A ban that is to be put in force, and all that an action may ask about it.

    Args:
        jail: name of the jail.
        subject: canonical text of who is banned.
        at: time of the ban: of the last failure, or now for an order.
        bantime: how many seconds from ``at``, or ``ENDLESS``.
        origin: who or what it comes from.
        reason: why.
        failures: failures of this ticket, 0 for an order.
        bancount: number of this ban for the subject, 1 for the first.
        lines: matched lines, oldest first.
        fields: captures.
    """

    jail: str
    subject: str
    at: float
    bantime: float
    origin: Origin = Origin.LOG
    reason: Reason = Reason.FAILURES
    failures: int = 0
    bancount: int = 1
    lines: Lines = ()
    fields: Fields = {}

    @property
    def until(self) -> float:
        """The end of the ban; infinity for an endless one."""
        return float("inf") if self.bantime == ENDLESS else self.at + self.bantime


class StoredBan(msgspec.Struct, frozen=True, gc=False):
    """A ban as the database has it.

    Args:
        subject: canonical text.
        at: time of the ban.
        bantime: seconds, ``ENDLESS``, or -2 where it is not known.
        bancount: which ban of the subject it was.
        failures: how many failures led to it.
        lines: matched lines, oldest first.
        fields: captures.
        jail: name of the jail.
    """

    subject: str
    at: float
    bantime: float
    bancount: int = 1
    failures: int = 0
    lines: Lines = ()
    fields: Fields = {}
    jail: str = ""

    @classmethod
    def of(cls, ban: Ban) -> Self:
        """What is stored of a ban."""
        return cls(
            ban.subject,
            ban.at,
            ban.bantime,
            ban.bancount,
            ban.failures,
            ban.lines,
            ban.fields,
            ban.jail,
        )


class Unban(msgspec.Struct, frozen=True, gc=False):
    """A ban that is to be lifted.

    Args:
        ban: what was put in force.
        reason: why it ends.
        origin: who or what says so.
    """

    ban: Ban
    reason: Reason
    origin: Origin = Origin.LOG


class Quarantined(msgspec.Struct, frozen=True):
    """A regex that is not tried any more, since a line of a log made it run away.

    Args:
        jail: name of the jail.
        pattern: the regex as configured.
        source: where the line stands.
        line: the line, shortened; empty if it is not known.
        at: when it was found out.
    """

    jail: str
    pattern: str
    source: str
    line: str
    at: float


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one ban or unban with one action.

    Args:
        action: name of the action.
        subject: canonical text.
        error: why it failed; empty if it was done.
        took: seconds.
    """

    action: str
    subject: str
    error: str = ""
    took: float = 0.0
