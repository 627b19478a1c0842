"""What is kept of failures until somebody is banned for them: lines and captures, packed. Pure.

A pack is what one failure left. The watcher makes it, and nobody reads it before a ban follows: it
goes through counters and database as bytes. A bundle is the packs of one subject behind each
other. Both are msgpack: a pack is ``[lines, fields]``, or the messages of a session as one text,
which costs the watcher less (``note``); a bundle is an array of these.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "NOTHING",
    "UNSURE",
    "Fields",
    "Lines",
    "bundle",
    "gather",
    "note",
    "pack",
    "pack_notes",
    "read_notes",
    "unpack",
    "without_line",
]

Fields = dict[str, Any]
"""What a filter captured: names to text; the set ``users`` as a sorted list."""

Lines = tuple[str, ...]

NOTHING: Final[tuple[Lines, Fields]] = ((), {})
"""No lines and no captures."""

UNSURE: Final = "?"
"""In a note, before the name of a group that took no part if it captured nothing."""

_FLAGS: Final = ("nofail", "mlfgained")
"""Captures that say of a message that it is no failure; they hold for that message alone."""

_LONGEST_LINE: Final = 1000
_MOST_PACKS: Final = 16
"""How many packs a bundle holds before they are made one."""

_ARRAY: Final = struct.Struct(">BH")
_ARRAY_16: Final = 0xDC
"""What begins an array of up to 65,535 (msgpack's specification, "array format family")."""

_ONE: Final = _ARRAY.pack(_ARRAY_16, 1)

_encode = msgspec.msgpack.Encoder().encode
_Pack = str | tuple[Lines, dict[str, object]]
_decode: Final = msgspec.msgpack.Decoder[_Pack](_Pack).decode
_decode_bundle = msgspec.msgpack.Decoder(list[_Pack]).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def pack(lines: Lines, fields: Fields) -> bytes:
    """Lines, each cut to 1000 characters, and captures as bytes; none at all as no bytes."""
    if not lines and not fields:
        return b""
    if len(lines) != 1 or len(lines[0]) > _LONGEST_LINE:
        lines = tuple([line[:_LONGEST_LINE] for line in lines])
    try:
        return _encode((lines, fields))
    except UnicodeEncodeError:
        return _encode(_whole((lines, fields)))


def unpack(packed: bytes) -> tuple[Lines, Fields]:
    """What ``pack`` was given; nothing if that can't be read."""
    if not packed:
        return NOTHING
    try:
        return _parted(_decode(packed))
    except _UNREADABLE:
        return NOTHING


def note(names: str, caught: str, line: str) -> str:
    """A message of a session as text.

    Args:
        names: names of groups, between each two of them a comma; empty for a group that took no
            part, with ``UNSURE`` before that of one that took none if it captured nothing.
        caught: what they captured, a NUL before each.
        line: the line, or nothing if it does not count any more. None of them holds a newline,
            and no capture holds a NUL.
    """
    return f"{names}{caught}\0{line[:_LONGEST_LINE]}"


def without_line(noted: str) -> str:
    """A note whose line does not count any more."""
    return noted[: noted.rindex("\0") + 1]


def pack_notes(notes: Sequence[str]) -> bytes:
    """Notes as bytes."""
    return _encode("\n".join(notes))


def read_notes(notes: Iterable[str]) -> tuple[Lines, Fields]:
    """The lines of messages, and what they captured together (config-and-filters.md 2.7)."""
    lines: list[str] = []
    fields: Fields = {}
    users: set[str] = set()
    for text in notes:
        names, _, rest = text.partition("\0")
        *values, line = rest.split("\0")
        captured = _captured(names.split(","), values)
        if line:
            lines.append(line)
        is_all = not fields and captured.get("mlfforget")  # of a session that is over at once
        if not is_all and (user := captured.get("user")):
            users.add(user)
        fields = _without_flags(fields) | captured
    if "mlfid" in fields:
        if any(map(fields.get, _FLAGS)):
            fields = _without_flags(fields)
        fields.pop("mlfforget", None)
        if users:
            fields["users"] = sorted(users)
    return tuple(lines), fields


def bundle(old: bytes, packs: Sequence[bytes], most: int) -> bytes:
    """A bundle with further packs.

    Args:
        old: the bundle, empty for none.
        packs: further packs, oldest first.
        most: how many lines are of use, the newest.
    """
    if not old and len(packs) == 1:
        return _ONE + packs[0] if packs[0] else b""
    further = [packed for packed in packs if packed]
    if not further:
        return old
    count = len(further) + (_ARRAY.unpack_from(old)[1] if old else 0)
    if count > max(most, _MOST_PACKS):
        further = [pack(*gather(old, further, most))]
        old, count = b"", 1
    return b"".join((_ARRAY.pack(_ARRAY_16, count), old[_ARRAY.size :], *further))


def gather(old: bytes, packs: Sequence[bytes], most: int) -> tuple[Lines, Fields]:
    """The lines and captures of a bundle and of further packs.

    Captures replace those of the same name, save that users are joined.

    Args:
        old: the bundle, empty for none.
        packs: further packs, oldest first.
        most: how many lines, the newest; 0 for none.
    """
    try:
        parts = list(map(_parted, _decode_bundle(old))) if old else []
    except _UNREADABLE:
        parts = []
    parts += map(unpack, packs)
    fields: Fields = {}
    lines: list[str] = []
    for more, captured in parts:
        fields = _joined(fields, captured) if fields else captured
        lines += more
    return tuple(lines[-most:]) if most > 0 else (), fields


def _captured(names: Iterable[str], values: Iterable[str]) -> Fields:
    """What the groups of a note captured that took part."""
    found: Fields = {}
    for name, value in zip(names, values, strict=False):
        if name and (value or name[0] != UNSURE):
            found[name.removeprefix(UNSURE)] = value
    return found


def _without_flags(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name not in _FLAGS}


def _parted(packed: _Pack) -> tuple[Lines, Fields]:
    return read_notes(packed.split("\n")) if isinstance(packed, str) else packed


def _whole(value: Any) -> Any:
    """The value with marks in the place of half characters, which a client can send."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(name): _whole(part) for name, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list | tuple) else value


def _joined(old: Fields, new: Fields) -> Fields:
    joined = {**old, **new}
    if "users" in old and "users" in new:
        joined["users"] = sorted({*_users(old), *_users(new)})
    return joined


def _users(fields: Fields) -> list[str]:
    # The watcher sends a list of texts, unless it was taken over.
    users = fields["users"]
    return [str(user) for user in users] if isinstance(users, list) else []
