"""No shipped filter can be steered by what a client writes, and none explodes; no exceptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from banward.audit.lint import lint
from banward.cli.rules_samples import modes_of
from banward.config import read_filter

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
FILTERS = sorted(
    path.stem
    for path in (RULES / "filter.d").glob("*.conf")
    if "Not to be used alone." not in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", FILTERS)
def test_nobody_can_misuse_a_shipped_filter(name):
    """Of each pattern in each mode no line is found that names another, or is too much work."""
    modes = dict.fromkeys(["", *modes_of(RULES, name)])
    filters = (read_filter(RULES, name, {"mode": mode} if mode else {}) for mode in modes)
    found = [each for definition in filters for each in lint(definition.as_settings())]
    assert [f"{each.kind}: {each.pattern}: {each.example}" for each in found] == []
