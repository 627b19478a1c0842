"""``banward check`` on a filter tells weak spots with file, line and a line that proves them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def check(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``banward check``."""
    command = [sys.executable, "-m", "banward.cli.banward", "check", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_filter_that_can_be_steered(tmp_path):
    """It is a warning at the line of the pattern, and the exit code is 0."""
    path = tmp_path / "own.conf"
    path.write_text("[Definition]\nfailregex = ^ok <HOST>$\n            ^failed .* from <HOST>\n")

    done = check(path)

    assert done.returncode == 0
    assert f"WARNING: {path}:3: [Definition] failregex" in done.stdout
    assert "198.51.100.66 is named" in done.stdout
    assert "0 error(s), 1 warning(s)" in done.stdout


def test_as_json(tmp_path):
    """The same for programs."""
    path = tmp_path / "own.conf"
    path.write_text("[Definition]\nfailregex = ^(?:\\w+ ?)*from <HOST>$\n")

    (found,) = json.loads(check(path, "--json").stdout)

    assert (found["kind"], found["level"], found["line"]) == ("exploding-pattern", "warning", 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("failregex = ^failed$", "No failure-id group"),
        ("failregex = ^(failed <HOST>$", "at column 2"),
        ("failregex = ^failed <host>$", "write <HOST> instead of <host>"),
    ],
)
def test_a_filter_that_is_broken(tmp_path, text, told):
    """It is an error that names the place and the likeliest repair."""
    path = tmp_path / "own.conf"
    path.write_text(f"[Definition]\n{text}\n")

    done = check(path)

    assert f"ERROR: {path}:2: [Definition] failregex" in done.stdout
    assert done.returncode == 1
    assert told in done.stdout


def test_a_filter_as_shipped_is_not_looked_at_again(tmp_path):
    """Our own tests do that; with a pattern of the user's own all of it is."""
    (tmp_path / "a.log").touch()
    jail = f"[sshd]\nenabled = true\nbackend = auto\nlogpath = {tmp_path}/a.log\naction =\n"
    (tmp_path / "jail.local").write_text(jail)
    assert "0 error(s), 0 warning(s)" in check("-c", tmp_path).stdout

    more = "failregex = %(known/failregex)s\n            ^Failed login of .* from <HOST>\n"
    (tmp_path / "jail.local").write_text(jail + more)
    assert "steerable-pattern" in check("-c", tmp_path, "--json").stdout
