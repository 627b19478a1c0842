"""Configurations that people published mean the same here as in Debian's fail2ban."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from banward.config import read_configuration, stream

CONFIGS = Path(__file__).parent.parent.parent.parent / "shared" / "real-configs"
STOCK = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b")) / "etc" / "fail2ban"
FOLDERS = sorted(path for path in CONFIGS.glob("*") if path.is_dir()) if CONFIGS.exists() else []

pytestmark = [
    pytest.mark.skipif(not FOLDERS, reason="../shared/real-configs is not here"),
    pytest.mark.skipif(
        not STOCK.exists(), reason="Debian's fail2ban is not here (test.sh gets it)"
    ),
]

# Since 1.1.0 a parameter replaces the value for one address family too (spec, act-params), which
# the 1.0.2 that made these expectations did not do.
FAMILY = "blocktype?family=inet6"


def is_same(found, expected):
    """Whether a value is the expected one, which may be given by its hash."""
    if isinstance(expected, str) and expected.startswith("sha256:"):
        digest = hashlib.sha256(str(found).encode()).hexdigest()
        return isinstance(found, str) and expected == f"sha256:{digest}"
    if isinstance(expected, list) and expected[:1] == [FAMILY]:
        return found[:1] == [FAMILY]
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(is_same(one, other) for one, other in zip(found, expected, strict=True))
        )
    return found == expected


def in_order(commands):
    """Commands in which what has no order is sorted: pairs of actions, files of one glob."""
    for command in commands:
        if command[0] == "multi-set" and command[2] == "action":
            command[4].sort(key=lambda pair: pair[0])
    begin = 0
    while begin < len(commands):
        end = begin
        while end < len(commands) and commands[end][2:3] == ["addlogpath"]:
            end += 1
        commands[begin:end] = sorted(commands[begin:end])
        begin = max(end, begin + 1)
    return commands


def build(folder, root, meta):
    """The user's files over the stock ones, and the log files that he has."""
    etc = root / "etc" / "fail2ban"
    shutil.copytree(STOCK, etc)
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("expected-"):
            target = etc / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for log in (*meta["log_files_created"], "/dev/null"):
        path = Path(f"{root}{log.replace('*', 'x').replace('?', 'x')}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return etc


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_real_configuration_means_the_same(folder, tmp_path):
    """What fail2ban loads gives the same stream; what it refuses is refused, with file and line."""
    meta = json.loads((folder / "expected-meta.json").read_text(encoding="utf-8"))
    etc = build(folder, tmp_path, meta)

    configuration = read_configuration(etc, dump=True, root=str(tmp_path))

    if meta["fatal"]:
        assert configuration.fatal is not None
        assert meta["fatal"]["error_class"] == configuration.fatal.kind
        assert configuration.fatal.place
        assert Path(configuration.fatal.place.file).is_relative_to(etc)
        assert configuration.fatal.place.line > 0
        return
    assert configuration.fatal is None
    text = json.dumps(stream(configuration)).replace(str(etc), "/etc/fail2ban")
    expected = in_order(json.loads((folder / "expected-stream.json").read_text(encoding="utf-8")))
    found = in_order(json.loads(text))
    assert len(expected) == len(found)
    different = [
        (one, other) for one, other in zip(found, expected, strict=True) if not is_same(one, other)
    ]
    assert different == []


REFUSED = [
    folder
    for folder in FOLDERS
    if json.loads((folder / "expected-meta.json").read_text(encoding="utf-8"))["fatal"]
    and "all-jails" not in folder.name
]


@pytest.mark.parametrize("folder", REFUSED, ids=lambda folder: folder.name)
def test_what_is_sound_of_a_refused_configuration_is_read(folder, tmp_path):
    """Beside a mistake that stops fail2ban, there is something left that can run."""
    meta = json.loads((folder / "expected-meta.json").read_text(encoding="utf-8"))
    etc = build(folder, tmp_path, meta)

    configuration = read_configuration(etc, dump=True, root=str(tmp_path))

    assert any(not jail.skipped for jail in configuration.jails)
