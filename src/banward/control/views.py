"""Views of the server and its jails in the shapes that clients index by position (6.4).

Pairs are tuples, containers are lists; labels are the interface.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import msgspec

from banward.control.followed import followed
from banward.records import ENDLESS
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from banward.control.desk import Health, JailDesk
    from banward.records import Ban

__all__ = [
    "FLAVORS",
    "by_end",
    "by_end_with_time",
    "health",
    "ignore_list",
    "jail_status",
    "journal_matches",
    "overview",
    "statistics",
]

FLAVORS: Final = ("short", "basic", "stats", "cymru")
"""What may follow ``status JAIL``."""

JOURNAL: Final = "systemd"
"""Name of the backend that reads the journal, and shows matches instead of files."""

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_NEVER: Final = "9999-12-31 23:59:59"


def overview(jails: Mapping[str, JailDesk]) -> list[Any]:
    """``status``: how many jails, and their names."""
    return [("Number of jail", len(jails)), ("Jail list", ", ".join(sorted(jails)))]


def jail_status(jail: JailDesk, flavor: str = "basic") -> list[Any]:
    """``status JAIL``; the flavors ``short`` and ``stats`` leave things out."""
    if flavor == "stats":
        return statistics(jail)
    counts = jail.counts
    sources = (
        ("Journal matches", [" + ".join(map(" ".join, jail.settings.journalmatch))])
        if jail.backend == JOURNAL
        else ("File list", [log.path for log in followed(jail.settings)])
    )
    found = [("Currently failed", counts.failed), ("Total failed", counts.failed_total), sources]
    done: list[Any] = [
        ("Currently banned", counts.banned),
        ("Total banned", counts.banned_total),
    ]
    if flavor != "short":
        done.append(("Banned IP list", [ban.subject for ban in jail.bans()]))
    return [("Filter", found), ("Actions", done)]


def statistics(jail: JailDesk) -> list[Any]:
    """One line of ``stats``."""
    counts = jail.counts
    return [
        jail.backend,
        (counts.failed, counts.failed_total),
        (counts.banned, counts.banned_total),
    ]


def journal_matches(jail: JailDesk) -> list[list[str]]:
    """The alternatives, each a list of words."""
    return [list(words) for words in jail.settings.journalmatch]


def ignore_list(entries: tuple[str, ...]) -> list[str]:
    """Networks, names and files first, single addresses last, each in the order of adding (5.3)."""
    return [
        f"file:/{entry.removeprefix('file:')}" if entry.startswith("file:") else entry
        for entry in sorted(entries, key=_is_single)
    ]


def health(found: Health) -> dict[str, list[dict[str, Any]]]:
    """``get banward health``: regexes in quarantine, logs that are not read to their end."""
    return {
        "quarantine": [msgspec.structs.asdict(regex) for regex in found.quarantined],
        "lag": [asdict(lag) for lag in found.lags if lag.size],
    }


def _is_single(entry: str) -> bool:
    subject = Subject.parse(entry)
    return subject.family is not None and not subject.is_network


def by_end(bans: Iterable[Ban]) -> list[str]:
    """Who is banned, those first whose ban ends first."""
    return [ban.subject for ban in _sorted(bans)]


def by_end_with_time(bans: Iterable[Ban]) -> list[str]:
    """The same with begin, length and end of each ban in local time."""
    return [_with_time(ban) for ban in _sorted(bans)]


def _sorted(bans: Iterable[Ban]) -> list[Ban]:
    return sorted(bans, key=lambda ban: ban.until)


def _with_time(ban: Ban) -> str:
    end = _NEVER if ban.bantime == ENDLESS else time.strftime(_TIME, time.localtime(ban.until))
    begin = time.strftime(_TIME, time.localtime(ban.at))
    return f"{ban.subject} \t{begin} + {int(ban.bantime)} = {end}"
