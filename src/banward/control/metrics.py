"""The answer to ``get banward metrics``: the numbers of a server, as plain values. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from banward import COMPATIBLE_VERSION, __version__
from banward.records import Reason

if TYPE_CHECKING:
    from banward.control.desk import Desk, JailDesk
    from banward.records import Quarantined

__all__ = ["view"]

_REFUSALS: Final = (
    Reason.IGNORED,
    Reason.PROTECTED,
    Reason.TOO_BROAD,
    Reason.TOO_MANY,
    Reason.ALREADY_BANNED,
    Reason.ALREADY_OVER,
)
"""Why somebody was not banned."""

_UNBANS: Final = (Reason.EXPIRED, Reason.ORDERED)
"""Why a ban was lifted while its jail goes on."""


def view(desk: Desk) -> dict[str, Any]:
    """The numbers of a server.

    Args:
        desk: the server.

    Returns:
        ``version``, ``compatible`` (the version of fail2ban that is answered for), ``uptime`` in
        seconds, ``watcher_restarts``, ``database`` (``unsaved`` facts; whether it ``works``, None
        if there is none), ``jails`` by name, ``sources`` (``size`` in bytes that are not read, and
        ``age`` of the oldest in seconds), ``quarantine`` (how many ``patterns`` of a ``jail`` a
        line of a ``source`` made run away).
    """
    vitals, health = desk.vitals, desk.health
    return {
        "version": __version__,
        "compatible": COMPATIBLE_VERSION,
        "uptime": vitals.uptime,
        "watcher_restarts": vitals.restarts,
        "database": {"unsaved": vitals.unsaved, "works": vitals.is_saving},
        "jails": {name: _jail(jail) for name, jail in sorted(desk.jails.items())},
        "sources": [asdict(lag) for lag in health.lags],
        "quarantine": _quarantine(health.quarantined),
    }


def _jail(jail: JailDesk) -> dict[str, Any]:
    counts = jail.counts
    return {
        "failed": counts.failed,
        "failed_total": counts.failed_total,
        "banned": counts.banned,
        "banned_total": counts.banned_total,
        "absent": counts.absent,
        "refusals": {str(reason): counts.verdicts.get(reason, 0) for reason in _REFUSALS},
        "unbans": {str(reason): counts.verdicts.get(reason, 0) for reason in _UNBANS},
    }


def _quarantine(regexes: tuple[Quarantined, ...]) -> list[dict[str, Any]]:
    places = Counter((regex.jail, regex.source) for regex in regexes)
    return [
        {"jail": jail, "source": source, "patterns": count}
        for (jail, source), count in sorted(places.items())
    ]
