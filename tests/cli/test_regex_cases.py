"""The cases of the specification, through the real command (config-and-filters.md 8.2)."""

import ast
import json
import re
from pathlib import Path

import pytest

from banward.cli.regex import main
from banward.testing.clock import TestClock

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "regex-cases.json").read_text(encoding="utf-8")
)
DIFFERENT = {
    "dp-iso8601-not-special": "ISO8601 is a special value (config-and-filters.md 7, quirk 6)"
}
GOOD = [case for case in CASES if not case["expect"].get("fails")]
BAD = [case for case in CASES if case["expect"].get("fails")]


def name(case):
    return case["name"]


@pytest.fixture
def run(tmp_path, system_zone, capsys):
    """Runs a case with further arguments; gives the exit code and what was printed."""

    def run(case, *arguments):
        system_zone(case["tz"])
        files = {"jail.conf": "", "filter.d/x.conf": case["filter"], **case.get("files", {})}
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        log = tmp_path / "log"
        log.write_text("".join(f"{line}\n" for line in case["log_lines"]), encoding="utf-8")
        given = ["-c", str(tmp_path), *case["args"], *arguments, str(log), case["target"]]
        if "ignoreregex_argument" in case:
            given.append(case["ignoreregex_argument"])
        code = main(given, clock=TestClock(case["now"]))
        return code, capsys.readouterr().out

    return run


def plain(value):
    """A row as in the cases: unused groups left out, sets and tuples as lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, set):
        return sorted(value)
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    "case", [c for c in GOOD if "rows" in c["expect"] and c["name"] not in DIFFERENT], ids=name
)
def test_rows(case, run):
    """The failures of a case are those of the specification: who, when, what was captured."""
    code, out = run(case, "-o", "row")
    assert code == case["expect"]["exit_code"]
    rows = [plain(ast.literal_eval(line.rstrip(","))) for line in out.splitlines()]
    assert rows == case["expect"]["rows"]


def test_iso8601_is_special(run):
    """The word ISO8601 stands for the first default format, as fail2ban's manual page says."""
    (case,) = [case for case in GOOD if case["name"] in DIFFERENT]
    _, out = run(case, "-o", "row")
    assert "1699995600.0" in out


@pytest.mark.parametrize("case", [c for c in GOOD if "ids" in c["expect"]], ids=name)
def test_ids(case, run):
    """The ids of a case are those of the specification."""
    _, out = run(case, "-o", "id")
    expected = [i if isinstance(i, str) else str(tuple(i)) for i in case["expect"]["ids"]]
    assert out.splitlines() == expected


@pytest.mark.parametrize(
    ("case", "form"),
    [pytest.param(c, f, id=f"{c['name']} {f}") for c in GOOD for f in c["expect"].get("out", ())],
)
def test_other_formats(case, form, run):
    """Every output format of a case prints what the specification says."""
    _, out = run(case, "-o", form)
    assert out.splitlines() == case["expect"]["out"][form]


@pytest.mark.parametrize("case", GOOD, ids=name)
def test_figures(case, run):
    """The figures of the report are those of the specification."""
    code, out = run(case)
    expected = case["expect"]
    assert code == expected["exit_code"]
    counts = re.search(
        r"^Lines: (\d+) lines, (\d+) ignored, (\d+) matched, (\d+) missed$", out, re.MULTILINE
    )
    assert {
        kind: int(count)
        for kind, count in zip(
            ("lines", "ignored", "matched", "missed"), counts.groups(), strict=True
        )
    } == expected["counts"]
    assert f"\nFailregex: {expected['failregex_total']} total\n" in out
    assert f"\nIgnoreregex: {expected['ignoreregex_total']} total\n" in out
    block = re.search(r"^Failregex: .*?(?=^Ignoreregex)", out, re.MULTILINE | re.DOTALL)[0]
    hits = dict(re.findall(r"^\|\s+(\d+)\) \[(\d+)\]", block, re.MULTILINE))
    assert {number: int(count) for number, count in hits.items()} == expected["failregex_hits"]


@pytest.mark.parametrize("case", BAD, ids=name)
def test_errors(case, run):
    """What can't be used is refused with 255 and the reason."""
    code, out = run(case)
    assert code == 255
    assert case["expect"]["error_contains"] in out
