from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from banward.metrics.exposition import text
from banward.metrics.families import DOWN, EXPORTER_NAMES, METRICS

JAIL = {
    "failed": 1,
    "failed_total": 22,
    "banned": 3,
    "banned_total": 44,
    "absent": 5,
    "refusals": {"on the ignore list": 6},
    "unbans": {"ban time is over": 7},
}
HOSTILE = [
    'a"b',
    "a\nbanward_up 0",
    "a\\nb",
    "a\rb",
    "a\x85b\u2028c",
    "a\x1b[31m",
    "a\u202eb",
    "a\udcffb",
    'x"} 1\n# HELP evil',
]


def values(*, jail: str = "sshd", source: str = "/var/log/auth.log") -> dict:
    """What a server with one jail and one log answers."""
    return {
        "version": "0.1.0",
        "compatible": "1.1.0",
        "uptime": 1.5,
        "watcher_restarts": 8,
        "database": {"unsaved": 9, "works": False},
        "jails": {jail: JAIL},
        "sources": [{"source": source, "size": 10, "age": 2.5}],
        "quarantine": [{"jail": jail, "source": source, "patterns": 2}],
    }


def parsed(told: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Names and values of labels, in the order of the labels, to values, as Prometheus reads them."""
    samples = [s for family in text_string_to_metric_families(told) for s in family.samples]
    found = {(s.name, tuple(v for _, v in sorted(s.labels.items()))): s.value for s in samples}
    assert len(found) == len(samples)
    return found


def test_every_number_of_the_answer_is_told():
    """Each has a name of its own and the labels that tell it from others."""
    log = "/var/log/auth.log"
    assert parsed(text(METRICS, values())) == {
        ("banward_up", ()): 1,
        ("banward_build_info", ("1.1.0", "0.1.0")): 1,
        ("banward_uptime_seconds", ()): 1.5,
        ("banward_jail_failing", ("sshd",)): 1,
        ("banward_jail_failures_total", ("sshd",)): 22,
        ("banward_jail_banned", ("sshd",)): 3,
        ("banward_jail_bans_total", ("sshd",)): 44,
        ("banward_jail_bans_not_in_force", ("sshd",)): 5,
        ("banward_jail_refusals_total", ("sshd", "on the ignore list")): 6,
        ("banward_jail_unbans_total", ("sshd", "ban time is over")): 7,
        ("banward_source_unread_bytes", (log,)): 10,
        ("banward_source_unread_age_seconds", (log,)): 2.5,
        ("banward_quarantined_patterns", ("sshd", log)): 2,
        ("banward_watcher_restarts_total", ()): 8,
        ("banward_database_unsaved", ()): 9,
        ("banward_database_works", ()): 0,
    }


def test_names_follow_the_rules_of_prometheus():
    """One prefix, letters and underscores; what only grows ends in _total and is a counter."""
    names = [metric.name for metric in METRICS]
    assert all(re.fullmatch(r"banward_[a-z_]+[a-z]", name) for name in names)
    families = text_string_to_metric_families(text(METRICS, values()))
    kinds = {family.name: family.type for family in families}
    assert [kinds[name.removesuffix("_total")] for name in names] == [
        "counter" if name.endswith("_total") else "gauge" for name in names
    ]
    assert all(metric.help.endswith(".") for metric in (*METRICS, *EXPORTER_NAMES, *DOWN))


def test_without_a_database_nothing_is_said_of_its_work():
    """An alert on 0 must not ring where none is wanted."""
    none = values() | {"database": {"unsaved": 0, "works": None}}
    assert ("banward_database_works", ()) not in parsed(text(METRICS, none))


def test_names_of_the_usual_exporter():
    """Dashboards that exist find their numbers."""
    found = parsed(text((*METRICS, *EXPORTER_NAMES), values()))
    assert {k: v for k, v in found.items() if k[0].startswith("f2b_")} == {
        ("f2b_up", ()): 1,
        ("f2b_jail_count", ()): 1,
        ("f2b_jail_failed_current", ("sshd",)): 1,
        ("f2b_jail_failed_total", ("sshd",)): 22,
        ("f2b_jail_banned_current", ("sshd",)): 3,
        ("f2b_jail_banned_total", ("sshd",)): 44,
    }


def test_of_a_server_that_is_down_only_that_is_told():
    """No number of an earlier answer stays."""
    assert parsed(text(DOWN, {})) == {("banward_up", ()): 0}


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_stays_within_its_label(name):
    """It adds no line and no sample, and nothing in it does not print."""
    told = text(METRICS, values(jail=name, source=f"/var/log/{name}"))
    plain = text(METRICS, values())
    assert len(told.splitlines()) == len(plain.splitlines())
    assert all(line.isprintable() for line in told.splitlines())
    assert sorted(n for n, _ in parsed(told)) == sorted(n for n, _ in parsed(plain))
    assert parsed(told)["banward_up", ()] == 1


def test_no_two_names_become_one():
    """A file called like the escape of another can't spoil the whole by a double sample."""
    sources = [{"source": f"/{name}", "size": n, "age": 0.0} for n, name in enumerate(HOSTILE)]
    found = parsed(text(METRICS, values() | {"sources": sources}))
    sizes = [v for (name, _), v in found.items() if name == "banward_source_unread_bytes"]
    assert sizes == list(range(len(HOSTILE)))
    assert ("banward_source_unread_bytes", ("/a\\\\nb",)) in found
    assert ("banward_source_unread_bytes", ("/a\\nbanward_up 0",)) in found


def test_the_page_names_every_metric():
    """What is told is documented with its labels, and nothing else is."""
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(banward_\w+)` \| (.*?) \|", page, re.MULTILINE)
    assert {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == {
        metric.name: metric.labels for metric in METRICS
    }
