from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.integers(0, 364 * 86_400))
def test_what_is_shown_can_be_read(span):
    """What is shown is a span again, less than one of the smallest shown unit away."""
    tiers = ((604_800, 3600), (86_400, 60), (3595, 60), (0, 1))
    smallest = next(size for least, size in tiers if span >= least)

    assert abs(seconds(human(span)) - span) < smallest


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from("smhdw")), min_size=1, max_size=5))
def test_spans_add_up(parts):
    """Numbers with units that follow each other are added, with or without blanks."""
    size = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
    expected = sum(number * size[unit] for number, unit in parts)

    for between in ("", " ", " + "):
        assert expected == seconds(between.join(f"{number}{unit}" for number, unit in parts))


@given(st.text(alphabet="0123456789smhdwoy+-*/(). _x", max_size=20))
def test_any_text_is_a_span_or_an_error(text):
    """Whatever is written, the outcome is a number or the error that says what was expected."""
    with contextlib.suppress(ValueError):
        assert isinstance(seconds(text), int | float)
