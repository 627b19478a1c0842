"""The search for the worst line of a filter works, and finds none that costs much."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "bench" / "worst_lines.py"


def test_it_prints_the_cost_of_a_filter_and_its_line(capsys):
    """One row a filter: milliseconds, name, and what the line is made of."""
    spec = importlib.util.spec_from_file_location("worst_lines", SCRIPT)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.main(["pure-ftpd", "nginx-botsearch"])
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2
    assert all(
        re.match(r" +\d+\.\d ms  [\w-]+(?:\[mode=\w*\])?: '.* \* n \+ ", row) for row in rows
    )
