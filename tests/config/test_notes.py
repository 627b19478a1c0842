"""What is said while a configuration is read."""

from __future__ import annotations

from banward.config.model import Problem
from banward.config.notes import Notes
from banward.records import Place


def test_the_log_ends_at_the_first_fatal_problem():
    """After it nothing is said any more, but problems are still taken."""
    notes = Notes()
    notes.say("x", "WARNING", "before")
    notes.report(Problem(kind="a", message="m", fatal=True, words="w"))
    notes.say("x", "WARNING", "after")
    notes.report(Problem(kind="b", message="m"))

    assert [line.text for line in notes.log] == ["before", "Failed during configuration: w"]
    assert [problem.kind for problem in notes.problems] == ["a", "b"]


def test_the_same_problem_is_taken_once():
    """The same kind, place and message, for whichever jail, is one problem."""
    notes = Notes()
    for jail, line in (("j", 1), ("k", 1), ("j", 2)):
        notes.report(Problem(kind="a", message="m", place=Place("f", line), jail=jail))

    assert [(problem.jail, problem.place.line) for problem in notes.problems] == [
        ("j", 1),
        ("j", 2),
    ]


def test_a_problem_as_text():
    """Place, message, what was found, what was expected, and a hint."""
    full = Problem(
        kind="k",
        message="message",
        place=Place("f", 3, "s", "o"),
        value="v",
        expected="e",
        hint="h",
    )

    assert str(full) == "f:3: [s] o: message, found 'v', expected e (h)"
    assert str(Problem(kind="k", message="message")) == "message"
