"""Records as rows of tables and back; knows no database."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import msgspec

from banward.evidence import Lines, unpack
from banward.records import Ban, Match, Origin, Position, Quarantined, Reason, StoredBan
from banward.storage.base import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from banward.evidence import Fields

__all__ = [
    "Data",
    "ban_row",
    "decision_of",
    "decision_row",
    "match_of",
    "match_row",
    "position_of",
    "position_row",
    "quarantined_row",
    "read_data",
    "stored_ban",
]

_INODES: Final = 1 << 64
"""An inode has 64 bits without sign; an integer of SQLite has one."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_decode_match = msgspec.json.Decoder(tuple[str, str, float, Lines, dict[str, Any], str, int]).decode


class Data(msgspec.Struct, frozen=True):
    """What the column ``data`` holds (server-and-client.md 7.1).

    Args:
        lines: matched lines, oldest first.
        failures: how many failures there were.
        fields: captures.
    """

    lines: tuple[str, ...] = ()
    failures: int = 0
    fields: Fields = {}


def read_data(data: Any) -> Data:
    """Read the column ``data``, ours or fail2ban's; what can't be read is as if empty."""
    try:
        fields = _decode(data)
        lines = tuple(map(_line, fields.pop("matches", None) or ()))
        failures = fields.pop("failures", 0)
    except (msgspec.MsgspecError, TypeError):
        return Data()
    return Data(lines, failures if isinstance(failures, int) else 0, fields)


def ban_row(ban: Ban | StoredBan, most_lines: int) -> tuple[str, str, int, float, int, str]:
    """The row of a ban, with its newest lines."""
    if ban.lines or ban.fields:
        lines = ban.lines[-most_lines:] if most_lines else ()
        data = _text({**ban.fields, "matches": lines, "failures": ban.failures})
    else:
        data = _bare(ban.failures)
    return ban.jail, ban.subject, round(ban.at), ban.bantime, ban.bancount, data


def stored_ban(row: Iterable[Any]) -> StoredBan:
    """The ban of a row."""
    jail, subject, at, bantime, bancount, text = row
    data = read_data(text)
    return StoredBan(subject, at, bantime, bancount, data.failures, data.lines, data.fields, jail)


def position_row(position: Position) -> tuple[float, float, str, int]:
    """The columns of a position."""
    inode = position.inode if position.inode < _INODES // 2 else position.inode - _INODES
    return position.offset, position.replay, position.mark, inode


def position_of(row: Sequence[Any]) -> Position:
    """The position of a row."""
    offset, replay, mark, inode = row
    return Position(offset, replay, mark, inode % _INODES)


def match_row(match: Match) -> tuple[str]:
    """The row of a match that waits, so that it can be read by others."""
    row = (match.jail, match.subject, match.at, *unpack(match.evidence), match.name, match.count)
    return (_encode(row).decode(),)


def match_of(data: str) -> Match:
    """The match of a row.

    Raises:
        msgspec.DecodeError: it is none.
    """
    return Match.of(*_decode_match(data))


def decision_row(decision: Decision) -> tuple[str, str, str, float, str, str, int]:
    """The row of a decision."""
    return (
        decision.subject,
        decision.jail,
        str(decision.reason),
        decision.at,
        str(decision.origin),
        decision.detail,
        decision.times,
    )


def decision_of(row: Sequence[Any]) -> Decision:
    """The decision of a row."""
    subject, jail, reason, at, origin, detail, times = row
    return Decision(jail, subject, at, Reason(reason), detail, Origin(origin), times)


def quarantined_row(regex: Quarantined) -> tuple[str, str, str, str, float]:
    """The row of a regex in quarantine; half a character of a line can't be stored."""
    line = regex.line.encode("utf-8", "backslashreplace").decode()
    return regex.jail, regex.pattern, regex.source, line, regex.at


@functools.lru_cache(maxsize=256)
def _bare(failures: int) -> str:
    return _text({"matches": (), "failures": failures})


def _text(data: dict[str, Any]) -> str:
    return _encode(data).decode()


def _line(line: Any) -> str:
    # fail2ban stores a line as its three parts around the date.
    return "".join(map(str, line)) if isinstance(line, list) else str(line)
