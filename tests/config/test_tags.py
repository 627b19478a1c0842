"""Tags in the values of filters and actions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.config.ini import Raw
from banward.config.model import ProblemError
from banward.config.tags import expand_tags
from banward.errors import ConfigError
from banward.records import Place


def expand(text, **values):
    """A text with its tags replaced by values."""
    return expand_tags("option", Raw(text, Place("f", 1)), values.get).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a>", "1"),
        ("<a><a> <b>", "11 21"),
        ("<none> < a> <a", "<none> < a> <a"),
        ("<x<a>>", "one"),
        ("<none<a>>", "<none1>"),
        ("<open>a>", "1"),
        ("<e>x", "x"),
        ("<a <a> b>", "<a 1 b>"),
        ("<a>" * 100, "1" * 100),
    ],
)
def test_tags(text, expected):
    """Inner tags first, then what they make; what stands for nothing stays."""
    assert expand(text, a="1", b="2<a>", x1="one", e="", open="<") == expected


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("<option>", {"option": "x"}),
        ("<v>", {"v": "<w>", "w": "<v>"}),
        ("<w>", {"w": "<w>"}),
        ("<b9>", {f"b{n}": f"<b{n - 1}>" * 30 for n in range(1, 10)} | {"b0": "x"}),
    ],
)
def test_circles_are_refused(text, values):
    """A tag that leads to itself, or grows without end, is an error with its place."""
    with pytest.raises(ProblemError) as error:
        expand(text, **values)

    assert ("circular-tag", Place("f", 1)) == (error.value.kind, error.value.place)
    assert error.value.problem.fatal


@given(
    st.text(alphabet="<>abc ", max_size=30),
    st.dictionaries(st.sampled_from("abc"), st.text(alphabet="<>abc ", max_size=8)),
)
def test_only_configuration_errors(text, values):
    """Any text and any values end, in a text or in an error of the configuration."""
    try:
        expand(text, **values)
    except ConfigError as error:
        assert error.kind == "circular-tag"  # noqa: PT017 - either end is right


def test_an_expanded_text_may_not_fill_the_memory():
    """Each level doubles it many times over; 1 MiB is the limit."""
    levels = {f"l{n}": f"<l{n - 1}>" * 9 for n in range(1, 9)}
    with pytest.raises(ProblemError, match="self referencing"):
        expand("<l8>", l0="x" * 100, **levels)
