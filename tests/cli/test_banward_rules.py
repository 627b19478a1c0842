"""``banward rules`` lists the filters and tries them, the shipped ones and the user's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from banward.cli.banward import app_for
from banward.cli.rules_catalogue import read_catalogue, read_head

REPO = Path(__file__).parent.parent.parent
RULES = REPO / "src" / "banward" / "rules"
SAMPLES = REPO / "tests" / "rules" / "samples"
CATALOGUE = read_catalogue(RULES, SAMPLES)

FILTER = "[Definition]\nfailregex = ^door: <ADDR> knocked in vain$\n"
LINES = "door: 192.0.2.1 knocked in vain\ndoor: 192.0.2.2 came in\n"
LABELS = '{"line_no": 1, "match": true, "host": "192.0.2.1"}\n{"line_no": 2, "match": false}\n'


def run(*words):
    """Exit code and output of ``banward rules WORDS``."""
    done = CliRunner().invoke(app_for(), ["rules", *map(str, words)])
    return done.exit_code, done.output


@pytest.fixture
def own(tmp_path):
    """A folder with a rule of the user's own, and samples of it."""

    def make(filter_=FILTER, lines=LINES, labels=LABELS):
        for name, text in (
            ("filter.d/door.conf", filter_),
            ("samples/door.log", lines),
            ("samples/door.jsonl", labels),
        ):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return make


def test_shipped_rules_are_tried():
    """A row for each filter, one for all of them, and exit code 0."""
    code, output = run("test", "redis", "minecraft")
    rows = [line.split() for line in output.splitlines()]
    assert (code, rows[1:]) == (
        0,
        [
            ["redis", "4", "4", "0", "0"],
            ["minecraft", "6", "6", "0", "0"],
            ["all", "(2)", "10", "10", "0", "0"],
        ],
    )


def test_own_rules_are_tried_with_the_samples_beside_them(own):
    """``--config`` takes DIR/samples."""
    code, output = run("test", "--config", own())
    assert (code, output.splitlines()[1].split()) == (0, ["door", "1", "1", "0", "0"])


def test_a_miss_and_a_false_positive_are_told(own):
    """Both have their number, the line is shown, and the exit code is 1."""
    broken = FILTER.replace("knocked in vain", "came in")
    code, output = run("test", "-c", own(broken), "door")
    assert (code, output.splitlines()[1].split()) == (1, ["door", "1", "0", "1", "1"])
    assert "missed: door.log:1: 192.0.2.1, found nobody\n    door: 192.0.2.1 knocked" in output
    assert "false positive: door.log:2: nobody, found 192.0.2.2\n    door: 192.0.2.2" in output


def test_the_wrong_host_is_a_miss(own):
    """It is not enough that a line is found."""
    code, output = run("test", "-c", own(labels=LABELS.replace("192.0.2.1", "192.0.2.9")))
    assert code == 1
    assert "missed: door.log:1: 192.0.2.9, found 192.0.2.1" in output


def test_shipped_samples_are_tried_on_what_the_user_changed(tmp_path):
    """A ``.local`` that breaks a shipped filter shows."""
    (tmp_path / "filter.d").mkdir()
    text = "[Definition]\nfailregex = ^never <ADDR>$\n"
    (tmp_path / "filter.d" / "vsftpd.local").write_text(text, encoding="utf-8")
    code, output = run("test", "--config", tmp_path, "--samples", SAMPLES, "vsftpd")
    assert (code, output.splitlines()[1].split()[2]) == (1, "0")


def test_control_characters_do_not_reach_the_terminal(own):
    """What a line holds is escaped."""
    _, output = run("test", "-c", own(lines=LINES.replace("knocked", "\x1b[2Jknocked")))
    assert "\x1b" not in output


def test_figures_as_json(own):
    """``--json`` has the same, for programs."""
    code, output = run("test", "-c", own(), "--json")
    assert (code, json.loads(output)) == (
        0,
        [{"name": "door", "attacks": 1, "harmless": 1, "missed": [], "wrong": []}],
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["test", "no-such"], "no-such has no samples: there is no "),
        (["test", "--samples", "/no/such"], "there is no folder /no/such"),
        (["test", "--samples", str(RULES)], "there are no samples (NAME.jsonl) in "),
    ],
)
def test_what_is_missing_is_told(words, told):
    """A name or folder that is not there is named."""
    code, output = run(*words)
    assert code == 1
    assert told in output


def test_samples_without_their_filter(own):
    """A filter that is not there is named, and nothing is called sound."""
    folder = own()
    (folder / "filter.d" / "door.conf").unlink()
    code, output = run("test", "-c", folder)
    assert code == 1
    assert "door: there is no filter 'door' in " in output


def test_the_list_names_service_modes_jails_and_samples():
    """One entry for each filter, as JSON or in columns."""
    [found] = [e for e in json.loads(run("list", "--json")[1]) if e["name"] == "postfix"]
    assert found["service"] == "Postfix"
    assert "aggressive" in found["modes"]
    assert found["jails"] == ["postfix", "postfix-rbl", "postfix-sasl"]
    assert found["attacks"] > 0
    assert found["harmless"] > 0
    assert any(line.startswith("postfix ") for line in run("list")[1].splitlines())


def test_own_rules_are_listed_beside_the_shipped(own):
    """``--config`` adds the user's filters."""
    names = {e["name"] for e in json.loads(run("list", "--json", "--config", own())[1])}
    assert {"door", "sshd"} <= names


def test_the_page_of_the_rules_is_up_to_date():
    """docs/rules.md is what ``banward rules list --markdown`` prints."""
    command = [sys.executable, "-m", "banward.cli.banward", "rules", "list", "--markdown"]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    text = (REPO / "docs" / "rules.md").read_text(encoding="utf-8")
    assert printed == text, "run: .venv/bin/banward rules list --markdown > docs/rules.md"


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_filter_says_what_it_is_for(entry):
    """Events, the log, a jail and samples of both kinds: without them a rule is not shipped."""
    assert all((entry.events, "Log" in entry.details, entry.jails, entry.example))
    assert entry.attacks > 0
    assert entry.harmless > 0


def test_the_head_of_a_filter():
    """Service, events, what is labelled, and the rest; lines that stand further in stay lines."""
    text = (
        "# Door: knocks that are\n# in vain.\n#\n# Log: the porter's. Versions: 1, 2.\n"
        "# Parameters:\n#   mode   normal\n#          loud\n#\n# The end.\n\n[Definition]\n"
    )
    details = {
        "Log": "the porter's.",
        "Versions": "1, 2.",
        "Parameters": "   mode   normal\n          loud",
    }
    assert read_head(text) == ("Door", "knocks that are in vain.", details, "The end.")
