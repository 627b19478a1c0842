"""How counters lie on sheets: heads of fixed size, each with its evidence behind it. Pure.

A sheet is what the database keeps of many counters in one row. Heads are added at its end and
never changed: of two heads of one key the later holds, and one that counts nothing says that the
counter is gone. A stored sheet ends with a CRC-32, as SQLite does not notice damage in a value.
"""

from __future__ import annotations

import socket
import struct
import zlib
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HEAD", "Head", "evidence_at", "heads", "key_of", "opened", "sealed"]

HEAD: Final = struct.Struct("<16sddIII")
"""Key, first, last, count, failures (see ``records.Count``), and the size of the evidence."""

_SIZE: Final = struct.Struct("<I")
_SIZE_AT: Final = HEAD.size - _SIZE.size
_SEAL: Final = struct.Struct("<I")
_IPV4: Final = b"\0" * 10 + b"\xff\xff"
"""An IPv4 address as IPv6 (RFC 4291, section 2.5.5.2); ``Subject`` knows such only as IPv4."""
_OTHER: Final = b"\xff"
"""Begins the keys of what is no single address; of IPv6 it is multicast, which no client has."""


class Head(msgspec.Struct, frozen=True, gc=False):
    """A counter on a sheet; times and figures are those of ``records.Count``.

    Args:
        key: of the subject (``key_of``).
        first: time of the first failure that counts.
        last: time of the newest failure.
        count: the estimate; 0 if the counter is gone.
        failures: how many there were.
        size: bytes of evidence behind it.
        at: where it stands on the sheet.
    """

    key: bytes
    first: float
    last: float
    count: int
    failures: int
    size: int
    at: int


def key_of(subject: str) -> bytes:
    """The sixteen bytes that stand for a subject: an address itself, a digest of anything else.

    Args:
        subject: canonical text.
    """
    try:
        if ":" in subject:
            return socket.inet_pton(socket.AF_INET6, subject)
        return _IPV4 + socket.inet_pton(socket.AF_INET, subject)
    except (OSError, ValueError):
        text = subject.encode("utf-8", "surrogatepass")
        return _OTHER + blake2b(text, digest_size=15).digest()


def heads(sheet: bytes | bytearray) -> Iterator[Head]:
    """All heads of a sheet, in the order in which they were added."""
    at, end = 0, len(sheet)
    while at + HEAD.size <= end:
        key, first, last, count, failures, size = HEAD.unpack_from(sheet, at)
        head = Head(key, first, last, count, failures, size, at)
        yield head
        at += HEAD.size + head.size


def evidence_at(sheet: bytes | bytearray, at: int) -> bytes:
    """The evidence (``evidence.bundle``) behind the head that stands at a place."""
    begin = at + HEAD.size
    (size,) = _SIZE.unpack_from(sheet, at + _SIZE_AT)
    return bytes(sheet[begin : begin + size])


def sealed(sheet: bytes | bytearray) -> bytes:
    """A sheet as it is stored."""
    return bytes(sheet) + _SEAL.pack(zlib.crc32(sheet))


def opened(stored: bytes) -> bytes:
    """The sheet that was stored; an empty one if it is damaged."""
    sheet = stored[: -_SEAL.size]
    return sheet if sealed(sheet) == stored else b""
