from __future__ import annotations

import pytest

from banward.timespan import human, seconds
from cases import bantime_cases

UNDERSTOOD = [c for c in bantime_cases("str2seconds") if isinstance(c.get("out"), int | float)]
REFUSED = [c["in"] for c in bantime_cases("str2seconds") if "error" in c]


@pytest.mark.parametrize("case", UNDERSTOOD, ids=lambda case: repr(case["in"]))
def test_spans_are_read(case):
    """A span of time is the same number, and of the same type, as in the reference."""
    span = seconds(case["in"])

    assert case["out"] == span
    assert case["type"] == type(span).__name__


@pytest.mark.parametrize("text", [*REFUSED, "1d,2h", "__import__('os')", "9**9**9", "1(2)", "()"])
def test_what_is_no_span_is_refused(text):
    """What can't be read is an error that says what was expected, and no code is run."""
    with pytest.raises(ValueError, match="expected seconds"):
        seconds(text)


WHOLE = [c for c in bantime_cases("seconds2str") if isinstance(c["in"], int)]


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: str(case["in"]))
def test_spans_are_shown(case):
    """A span is shown in the words of the reference."""
    assert case["out"] == human(case["in"])


def test_fractions_are_rounded_when_shown():
    """The reference shows raw fractions; a person reads whole seconds."""
    assert human(100.4) == "1m 40s"
