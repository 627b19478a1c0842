"""The record of a failure: what was captured, and by whom it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from banward.evidence import pack
from banward.records import Match

if TYPE_CHECKING:
    from banward.evidence import Lines
    from banward.matching.captures import Data
    from banward.matching.identity import Identity

__all__ = ["to_match"]


def to_match(jail: str, at: float, data: Data, lines: Lines, identity: Identity) -> Match | None:
    """The record for a failure; None if nobody is named by it.

    Args:
        jail: name of the jail.
        at: when it happened, in seconds since the epoch.
        data: what was captured.
        lines: the matched lines, oldest first.
        identity: who failed.
    """
    if not identity.subject and not identity.name:
        return None
    evidence = _evidence(data, lines, identity)
    return Match(jail, str(identity.subject or ""), at, evidence, identity.name)


def _evidence(data: Data, lines: Lines, identity: Identity) -> bytes:
    """What is kept of a failure."""
    fields = data
    if identity.address or len(data.get("users", ())) > 1 or None in data.values():
        fields = {name: _plain(value) for name, value in data.items() if value is not None}
        if identity.address:
            fields["ip"] = identity.address
    return pack(lines, fields)


def _plain(value: Any) -> Any:
    """The set of users as a sorted list, anything else as it is."""
    return sorted(value) if isinstance(value, frozenset) else value
