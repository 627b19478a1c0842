"""The command stream of small configurations, as the reference makes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from banward.config import read_configuration, stream

CASES = json.loads(
    (Path(__file__).parent.parent / "data" / "dump-cases.json").read_text(encoding="utf-8")
)
SERVER = {
    "syslogsocket",
    "loglevel",
    "logtarget",
    "allowipv6",
    "dbfile",
    "dbmaxmatches",
    "dbpurgeage",
}


def plain(commands, folder):
    """Commands without the server's own options; pairs of actions in no order."""
    text = json.dumps(commands).replace(json.dumps(str(folder))[1:-1], "<DIR>")
    found = [c for c in json.loads(text) if not (c[0] == "set" and c[1] in SERVER)]
    for command in found:
        if command[0] == "multi-set" and command[2] == "action":
            command[4].sort()
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_stream_is_that_of_the_reference(case, tmp_path):
    """The same files give the same commands, the same exit code, and log lines of the same kind."""
    files = {"fail2ban.conf": "[Definition]\n", **case["files"]}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    is_dump, is_test = "-d" in case["args"], "-t" in case["args"]

    configuration = read_configuration(tmp_path, dump=is_dump, test=is_test)

    fails = configuration.fatal or (is_test and configuration.is_broken)
    assert case["expect"]["exit_code"] == (255 if fails else 0)
    if case["expect"]["stream"]:
        assert plain(case["expect"]["stream"], "<DIR>") == plain(stream(configuration), tmp_path)
    levels = [line.level for line in configuration.log if line.level in {"ERROR", "WARNING"}]
    said_by_client = ["ERROR"] if fails and not is_test else []  # Init of command line failed
    assert case["expect"]["stderr_levels"] == levels + said_by_client
