"""The engine over time, as the daemon runs it: dates, counting, sessions, ignored lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from banward.detection.window import Limits, Window
from banward.matching.filter import Filter
from banward.settings import FilterSettings

CASES = json.loads(
    (Path(__file__).parent.parent / "data" / "filter-engine-cases.json").read_text(encoding="utf-8")
)
# F-NOFAIL without a session is a helper here and no failure (quirk 1, docs/differences.md).
OURS = {"engine-nofail-without-mlfid"}


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["name"] not in OURS], ids=lambda case: case["name"]
)
def test_failures_and_bans_are_those_of_the_reference(case, system_zone):
    """Who failed, when, how often and with which lines, and who is to be banned, is the same."""
    system_zone(case["tz"])
    settings = FilterSettings(
        failregex=tuple(case["failregex"]),
        ignoreregex=tuple(case.get("ignoreregex", ())),
        prefregex=case.get("prefregex", ""),
        datepattern=case.get("datepattern", ""),
        usedns=case.get("usedns", "warn"),
        logtimezone=case.get("logtimezone", ""),
    )
    rule = Filter(settings, jail="j", findtime=case["findtime"])
    window, limits = Window(), Limits(case["maxretry"], case["findtime"], 50)
    now, bans = case["now"], []
    for step in case["steps"]:
        if isinstance(step, int):
            now = step
            continue
        for match in rule.process(step, now, in_operation=case["in_operation"]):
            if match.subject:
                breach = window.add(match, limits)
                bans += [breach] if breach else []

    expected = case["expect"]
    assert [ban["id"] for ban in expected["bans"]] == [breach.subject for breach in bans]
    counts = [window.get(failure["id"]) for failure in expected["failures"]]
    assert expected["failures"] == [
        {
            "id": count.subject,
            "time": count.last,
            "retry": count.count,
            "failures": count.failures,
            "matches": list(count.lines),
        }
        for count in counts
    ]
    assert len(expected["failures"]) == len(window)
