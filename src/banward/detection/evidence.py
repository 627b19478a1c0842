"""What is kept of the failures of one subject until it is banned: lines and captures, packed.

A million subjects may be tracked, and their lines are most of what that costs. Packed, lines and
captures of a subject are one piece of bytes instead of a dozen objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from banward.records import Fields

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


def together(old: bytes, lines: Lines, fields: Fields, most: int) -> tuple[Lines, Fields]:
    """Packed evidence and that of a further failure.

    Args:
        old: what is known already.
        lines: further matched lines; each is cut to 1000 characters.
        fields: further captures: they replace those of the same name, save that users are joined.
        most: how many lines are kept, the newest; 0 for none.
    """
    old_lines, old_fields = unpack(old)
    kept = (*old_lines, *lines)[-most:] if most > 0 else ()
    return tuple(map(_cut, kept)), _joined(old_fields, fields)


def _cut(line: str) -> str:
    # Half a character, which a client can send, can't be stored.
    return line[:_LONGEST_LINE].encode("utf-8", "replace").decode()


def _joined(old: Fields, new: Fields) -> Fields:
    if not old or not new:
        return new or old
    joined = {**old, **new}
    if "users" in old and "users" in new:
        joined["users"] = sorted({*old["users"], *new["users"]})
    return joined
