"""What is kept of the failures of one subject until it is banned: lines and captures, packed.

A million subjects may be tracked, and their lines are most of what that costs. Packed, lines and
captures of a subject are one piece of bytes instead of a dozen objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.records import Fields, Match

__all__ = ["NOTHING", "Lines", "pack", "together", "unpack"]

Lines = tuple[str, ...]

NOTHING: Final[tuple[Lines, Fields]] = ((), {})
"""No lines and no captures."""

_LONGEST_LINE: Final = 1000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Lines, dict[str, object]]).decode


def pack(lines: Lines, fields: Fields) -> bytes:
    """Lines and captures as bytes; none at all as no bytes."""
    return _encode((lines, fields)) if lines or fields else b""


def unpack(packed: bytes) -> tuple[Lines, Fields]:
    """What ``pack`` was given."""
    return _decode(packed) if packed else NOTHING


def together(old: bytes, further: Sequence[Match], most: int) -> tuple[Lines, Fields]:
    """Packed evidence and that of further failures.

    Args:
        old: what is known already.
        further: the failures, oldest first. Each line is cut to 1000 characters; captures replace
            those of the same name, save that users are joined.
        most: how many lines are kept, the newest; 0 for none.
    """
    lines, fields = unpack(old)
    newest = list(lines)
    for match in further:
        if match.fields:
            fields = _joined(fields, match.fields) if fields else match.fields
        newest += match.lines
    if most <= 0:
        return (), fields
    return tuple([_cut(line) for line in newest[-most:]]), fields


def _cut(line: str) -> str:
    # Half a character, which a client can send, can't be stored.
    line = line[:_LONGEST_LINE]
    return line if line.isascii() else line.encode("utf-8", "replace").decode()


def _joined(old: Fields, new: Fields) -> Fields:
    joined = {**old, **new}
    if "users" in old and "users" in new:
        joined["users"] = sorted({*old["users"], *new["users"]})
    return joined
