"""The lines of a logpath."""

from __future__ import annotations

import pytest

from banward.config.ini import Raw
from banward.config.logs import find_logs, is_glob
from banward.config.model import LogLine
from banward.config.notes import Notes
from banward.records import Place


@pytest.fixture
def find(tmp_path):
    """Looks for log files below a directory with a.log, b.log, 'c d.log' and a dangling link."""
    for name in ("a.log", "b.log", "c d.log"):
        (tmp_path / name).touch()
    (tmp_path / "link.log").symlink_to("nowhere")
    notes = Notes()

    def find_below(text, root=""):
        directory = str(tmp_path).removeprefix(root)
        raw = Raw(text.replace("DIR", directory), Place("jail.conf", 3, "j", "logpath"))
        patterns = find_logs("j", raw, notes, root=root)
        found = [
            (p.pattern, p.tail, [path.removeprefix(f"{directory}/") for path in p.found])
            for p in patterns
        ]
        return [(pattern.removeprefix(f"{directory}/"), *rest) for pattern, *rest in found], notes

    return find_below


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DIR/a.log", [("a.log", False, ["a.log"])]),
        (
            "DIR/a.log tail\nDIR/b.log head",
            [("a.log", True, ["a.log"]), ("b.log", False, ["b.log"])],
        ),
        ("DIR/[ab].log", [("[ab].log", False, ["a.log", "b.log"])]),
        ("DIR/?.log\ttail", [("?.log", True, ["a.log", "b.log"])]),
        ("DIR/c d.log", [("c d.log", False, ["c d.log"])]),
        ("DIR/c d.log tail", [("c d.log", True, ["c d.log"])]),
        ("\n\n", []),
    ],
)
def test_lines(find, text, expected):
    """Each line is a path or a glob, perhaps with head or tail behind it."""
    found, notes = find(text)

    assert (found, notes.log, notes.problems) == (expected, [], [])


def test_what_is_not_there(find):
    """A glob without a file is noticed, a dangling link warned about; both are kept as patterns."""
    found, notes = find("DIR/none*\nDIR/link.log")

    assert [found for _, _, found in found] == [[], []]
    assert [line.level for line in notes.log] == ["NOTICE", "WARNING"]
    assert notes.log[1].text.endswith("link.log is a dangling link, thus cannot be monitored")
    assert isinstance(notes.log[0], LogLine)


def test_a_wrong_word_behind_a_path(find):
    """A word that is neither head nor tail is told of, if the whole line is no file."""
    found, notes = find("DIR/a.log Tail")

    assert found[0][2] == []
    (problem,) = notes.problems
    assert (problem.kind, problem.expected) == ("bad-log-path", "head or tail behind the path")
    assert problem.place.line == 3


def test_below_another_root(find, tmp_path):
    """Files are looked for below a root, which is not part of their path."""
    root = str(tmp_path.parent)
    found, _ = find("DIR/a*", root=root)

    assert found == [("a*", False, ["a.log"])]


def test_globs():
    """Only a path with wildcards can get other files later."""
    assert (is_glob("/a*"), is_glob("/a[b]"), is_glob("/a?"), is_glob("/a.log")) == (
        True,
        True,
        True,
        False,
    )
