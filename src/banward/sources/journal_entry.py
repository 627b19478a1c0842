"""An entry of the journal → the line that regexes see (config-and-filters.md 2.11). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["line_of", "stamp_of"]


def line_of(fields: Mapping[bytes, Sequence[bytes]], monotonic: float) -> bytes:
    """``HOST IDENT[PID]: MESSAGE`` without what is missing; line breaks as backslash and n.

    Args:
        fields: the fields of the entry, each with its values.
        monotonic: when it was taken, in seconds since the boot.
    """
    parts = []
    if host := _first(fields, b"_HOSTNAME"):
        parts.append(host)
    if name := _first(fields, b"SYSLOG_IDENTIFIER", b"_COMM"):
        pid = _first(fields, b"SYSLOG_PID", b"_PID")
        parts.append(name + (b"[%s]:" % pid if pid else b":"))
        if parts[-1] == b"kernel:":
            parts.append(b"[%12.6f]" % monotonic)
    parts.append(b" ".join(fields.get(b"MESSAGE", ())))
    return b" ".join(parts).replace(b"\n", b"\\n")


def stamp_of(fields: Mapping[bytes, Sequence[bytes]], realtime: float) -> float:
    """When the entry was written: as the service said, else when the journal took it.

    Args:
        fields: the fields of the entry, each with its values.
        realtime: when the journal took it, in seconds since the epoch.
    """
    said = _first(fields, b"_SOURCE_REALTIME_TIMESTAMP")
    return int(said) / 1e6 if said.isdigit() else realtime


def _first(fields: Mapping[bytes, Sequence[bytes]], *names: bytes) -> bytes:
    """The value of the first of these fields that is there."""
    for name in names:
        if values := fields.get(name):
            return values[0]
    return b""
