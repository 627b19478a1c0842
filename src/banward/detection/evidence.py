"""What is kept of the failures of one subject until it is banned: lines and captures, packed.

A million subjects may be tracked, and their lines are most of what that costs. Packed, lines and
captures of a subject are one piece of bytes instead of a dozen objects.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.records import Fields, Match

__all__ = ["Lines", "pack", "together", "unpack"]

Lines = tuple[str, ...]

_LONGEST_LINE: Final = 1000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Lines, dict[str, object]]).decode


def pack(lines: Lines, fields: Fields) -> bytes:
    """Lines and captures as bytes; none at all as no bytes."""
    return _encode((lines, fields)) if lines or fields else b""


def unpack(packed: bytes) -> tuple[Lines, Fields]:
    """What ``pack`` was given."""
    return _decode(packed) if packed else ((), {})


def together(old: bytes, further: Sequence[Match], most: int) -> tuple[Lines, Fields]:
    """Packed evidence and that of further failures.

    Args:
        old: what is known already.
        further: the failures, oldest first. Each line is cut to 1000 characters; captures replace
            those of the same name, save that users are joined.
        most: how many lines are kept, the newest; 0 for none.
    """
    lines, fields = unpack(old)
    for match in further:
        fields = _joined(fields, match.fields)
    newest: deque[str] = deque(lines, maxlen=max(0, most))
    for match in further[-most:] if most > 0 else ():
        newest.extend(map(_cut, match.lines))
    return tuple(newest), fields


def _cut(line: str) -> str:
    # Half a character, which a client can send, can't be stored.
    line = line[:_LONGEST_LINE]
    return line if line.isascii() else line.encode("utf-8", "replace").decode()


def _joined(old: Fields, new: Fields) -> Fields:
    if not old or not new:
        return new or old
    joined = {**old, **new}
    if "users" in old and "users" in new:
        joined["users"] = sorted({*old["users"], *new["users"]})
    return joined
