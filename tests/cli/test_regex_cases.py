"""``fail2ban-regex`` on small filters and logs, as the reference answers."""

from __future__ import annotations

import ast
import json
import re
import time
from pathlib import Path

import pytest

from banward.cli.regex import main
from banward.testing.clock import TestClock

CASES = json.loads(
    (Path(__file__).parent.parent / "data" / "regex-cases.json").read_text(encoding="utf-8")
)

# Where the specification suggests another answer than the reference's, and it is given
# (docs/differences.md).
OURS = {
    "alt-user-digit-quirk": "F-ALT_USER1 fills user, as the manual page says (quirk 2)",
    "dp-iso8601-not-special": "ISO8601 is the first of the default formats (quirk 6)",
}


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs the command on the files of a case, and gives exit code and output."""

    def run_case(case, *more):
        monkeypatch.setenv("TZ", case["tz"])
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        monkeypatch.setenv("BANWARD_RULES", "")
        time.tzset()
        files = {"jail.conf": "", "filter.d/x.conf": case["filter"], **case.get("files", {})}
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        log = tmp_path / "test.log"
        log.write_text("".join(f"{line}\n" for line in case["log_lines"]), encoding="utf-8")
        ignore = [case["ignoreregex_argument"]] if case.get("ignoreregex_argument") else []
        argv = ["-c", str(tmp_path), *case["args"], *more, str(log), case["target"], *ignore]
        code = main(argv, clock=TestClock(case["now"]))
        return code, capsys.readouterr().out

    yield run_case
    monkeypatch.undo()
    time.tzset()


def plain(value):
    """A captured value as the cases have it: sets sorted, tuples as lists."""
    if isinstance(value, set):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def rows_of(output):
    """The rows of ``-o row`` as values, without groups that took no part."""
    rows = ast.literal_eval(f"[{output}]")
    return [
        [plain(who), at, {k: plain(v) for k, v in data.items() if v is not None}]
        for who, at, data in rows
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rows_are_those_of_the_reference(case, run):
    """Identity, time and captures of every failure are the same."""
    if case["name"] in OURS:
        pytest.skip(OURS[case["name"]])
    expected = case["expect"]
    code, output = run(case, "-o", "row")

    if expected.get("fails"):
        assert code == 255
        assert expected["error_contains"] in output
        return
    assert code == 0
    if "rows" in expected:
        assert expected["rows"] == rows_of(output)


@pytest.mark.parametrize(
    "case", [c for c in CASES if "counts" in c["expect"]], ids=lambda case: case["name"]
)
def test_figures_are_those_of_the_reference(case, run):
    """The report counts lines and hits as the reference does."""
    if case["name"] in OURS:
        pytest.skip(OURS[case["name"]])
    expected = case["expect"]
    _, output = run(case, "-v")

    figures = re.search(r"Lines: (\d+) lines, (\d+) ignored, (\d+) matched, (\d+) missed", output)
    found = dict(
        zip(("lines", "ignored", "matched", "missed"), map(int, figures.groups()), strict=True)
    )
    assert expected["counts"] == found
    assert f"Failregex: {expected['failregex_total']} total" in output
    assert f"Ignoreregex: {expected['ignoreregex_total']} total" in output


@pytest.mark.parametrize(
    ("case", "form"),
    [(case, form) for case in CASES for form in case["expect"].get("out", {})],
    ids=lambda value: value["name"] if isinstance(value, dict) else value,
)
def test_other_outputs_are_those_of_the_reference(case, form, run):
    """Each output format prints the same lines."""
    _, output = run(case, "-o", form)

    assert case["expect"]["out"][form] == output.splitlines()
