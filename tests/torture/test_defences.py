"""A test that can't fail shows nothing: each defence is taken out, and its test has to find out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from torture.defences import DEFENCES

REPOSITORY = Path(__file__).parents[2]
PARTS = ("src", "tests", "packaging")
SOME_FAILED = 1  # pytest's exit code; a test that is not there, or no build at all, has others


def take_out(defence, root):
    """The files of a build without the defence, below a root, and their texts."""
    for file, line, instead in defence.changes:
        path = root / "src" / "banward" / file
        text = path.read_text()
        assert text.count(line) == 1, f"{file} has not once: {line}"
        yield path, text.replace(line, instead)


@pytest.mark.parametrize("defence", DEFENCES, ids=lambda each: each.file)
def test_each_stands_in_its_line(defence):
    """The line is there, the build without it can be made, and the test has this name."""
    for path, text in take_out(defence, REPOSITORY):
        if path.suffix == ".py":
            compile(text, path, "exec")
    file, _, name = defence.test.partition("::")
    assert f"\ndef {name.partition('[')[0]}(" in (Path(__file__).parent / file).read_text()


@pytest.mark.torture
@pytest.mark.timeout(600)
@pytest.mark.parametrize("defence", DEFENCES, ids=lambda each: f"{each.file} {each.test}")
def test_without_it_a_test_fails(defence, tmp_path):
    """In a copy of the project that lacks the one line, the test that is named for it fails."""
    for part in PARTS:
        shutil.copytree(
            REPOSITORY / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    for path, text in take_out(defence, tmp_path):
        path.write_text(text)
    test = tmp_path / "tests" / "torture" / defence.test
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(test)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == SOME_FAILED, done.stdout[-4000:] + done.stderr
