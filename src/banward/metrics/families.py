"""What each metric is called and where its value comes from: a table. Knows no text format.

Names follow https://prometheus.io/docs/practices/naming/. Each row takes its samples out of the
answer to ``get banward metrics`` (``control/metrics.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["DOWN", "EXPORTER_NAMES", "METRICS", "Metric", "Sample"]

Values = dict[str, Any]
"""The answer of the server."""

Sample = tuple[tuple[str, ...], float]
"""The values of the labels, and the value."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One row.

    Args:
        name: what it is called; one that ends in ``_total`` only grows while the server runs.
        help: what it counts, one phrase.
        labels: names of the labels.
        samples: takes the samples out of the server's answer.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Callable[[Values], Iterable[Sample]]

    @property
    def is_counter(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")


def _server(name: str, text: str, value: Callable[[Values], float | None]) -> Metric:
    """A row of the whole server; without a sample where the value is None."""

    def samples(values: Values) -> Iterable[Sample]:
        found = value(values)
        return () if found is None else [((), float(found))]

    return Metric(name, text, (), samples)


def _jail(name: str, text: str, key: str) -> Metric:
    """A row with one sample for each jail."""
    return Metric(
        name,
        text,
        ("jail",),
        lambda values: (((jail,), found[key]) for jail, found in values["jails"].items()),
    )


def _by_reason(name: str, text: str, key: str) -> Metric:
    """A row with one sample for each jail and reason."""

    def samples(values: Values) -> Iterable[Sample]:
        for jail, found in values["jails"].items():
            yield from (((jail, reason), count) for reason, count in found[key].items())

    return Metric(name, text, ("jail", "reason"), samples)


def _each(name: str, text: str, labels: tuple[str, ...], of: str, key: str) -> Metric:
    """A row with one sample for each entry of a list."""

    def sample(entry: Mapping[str, Any]) -> Sample:
        return tuple(entry[label] for label in labels), entry[key]

    return Metric(name, text, labels, lambda values: map(sample, values[of]))


METRICS: Final = (
    _server("banward_up", "Whether the server answers.", lambda _: 1),
    Metric(
        "banward_build_info",
        "Always 1; the labels are Banward's version, and that of fail2ban which it answers for.",
        ("version", "fail2ban"),
        lambda values: [((values["version"], values["compatible"]), 1)],
    ),
    _server("banward_uptime_seconds", "Since the server began.", lambda v: v["uptime"]),
    _jail(
        "banward_jail_failing",
        "Addresses that have failures within findtime.",
        "failed",
    ),
    _jail("banward_jail_failures_total", "Failures that were counted.", "failed_total"),
    _jail("banward_jail_banned", "Addresses that are banned.", "banned"),
    _jail("banward_jail_bans_total", "Bans, those restored at the start included.", "banned_total"),
    _jail(
        "banward_jail_bans_not_in_force",
        "Addresses that were to be banned, and that the firewall does not keep out.",
        "absent",
    ),
    _by_reason(
        "banward_jail_refusals_total",
        "Failures that were not counted and bans that were not made.",
        "refusals",
    ),
    _by_reason("banward_jail_unbans_total", "Bans that were lifted.", "unbans"),
    _each(
        "banward_source_unread_bytes",
        "What was written to a log and is not read.",
        ("source",),
        "sources",
        "size",
    ),
    _each(
        "banward_source_unread_age_seconds",
        "Since when something is left unread; 0 if all is read.",
        ("source",),
        "sources",
        "age",
    ),
    _each(
        "banward_quarantined_patterns",
        "Patterns that are not tried, as they ran away on a line of this source; "
        "'banward status' shows them.",
        ("jail", "source"),
        "quarantine",
        "patterns",
    ),
    _server(
        "banward_watcher_restarts_total",
        "Watchers that hung or died and were replaced.",
        lambda v: v["watcher_restarts"],
    ),
    _server(
        "banward_database_unsaved",
        "Facts that wait to be stored.",
        lambda v: v["database"]["unsaved"],
    ),
    _server(
        "banward_database_works",
        "Whether the database takes what it is given; missing if there is none.",
        lambda v: v["database"]["works"],
    ),
)
"""What is told of a server, in this order."""

DOWN: Final = (_server("banward_up", "Whether the server answers.", lambda _: 0),)
"""What is told of a server that does not answer."""

EXPORTER_NAMES: Final = (
    _server("f2b_up", "See banward_up.", lambda _: 1),
    _server("f2b_jail_count", "How many jails there are.", lambda v: len(v["jails"])),
    _jail("f2b_jail_failed_current", "See banward_jail_failing.", "failed"),
    _jail("f2b_jail_failed_total", "See banward_jail_failures_total.", "failed_total"),
    _jail("f2b_jail_banned_current", "See banward_jail_banned.", "banned"),
    _jail("f2b_jail_banned_total", "See banward_jail_bans_total.", "banned_total"),
)
"""The same under the names that dashboards for fail2ban's usual exporter ask for."""
