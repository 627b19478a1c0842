r"""Regexes that can be made again for whole blocks, and those that can't.

That what is made finds the same is tested by ``test_sweep.py``.
"""

import re

import pytest

from banward.matching.transcript import transcribe, transcribe_prefix

SAID = [
    r'^ user (?P<user>[^"]*)" from x$',  # a group that can't reach the end
    r"^ x\s*$",
    r"^ x(?:\s.*)?$",
    r"^ x(?:\s|$)",
    r"^ x\s",
    r"^ x(?=\s)",
    r"^ x(?!\s)",
    r"^ (?i:FAILED) for x",
    r"^ (?P<a>\w)x(?P=a)",
    r"^ (?P<a>y)?(?(a)b|c)",
    r"^ (?>a|ab)c*+d{2,5}",
    r"^(?<=\s)x",
    r"^ \bx\B.",
    r"x from y",
    r"^ a(?:,(?! b=)[^,]*)*$",
    r"^ a[^\W\d_]+[\s\S]b",
]
NOT_SAID = {
    r'^ x (?P<user>[^"]*)$': "a group would take the newline",
    r"^ x\s+$": "the newline may be all that is there",
    r"^ x\Z": "the end of the text is behind the newline",
    r"^ x(?:\s*\b)?$": "a border of words is elsewhere behind the newline",
    r"^\bx": "before the text stands a date",
    r"^(?<=\d)x": "before the text stands a date",
    r"(?:^|y)x": "where the text began is not known",
    r"^ (?P<a>x)+y": "which of several captures is kept",
    r"^ (x)\1": "a group without a name",
    r"(?m)^ x$": "lines within the text",
    "(?i)^ x\u017f": "letters beyond ASCII in any case",
    r"^\s*$": "an empty line",
}


@pytest.mark.parametrize("regex", SAID)
def test_said(regex):
    """These are transcribed, with all their groups."""
    made = transcribe(re.compile(regex), base=3, behind_date=True)
    assert made is not None
    assert set(made.groups) == set(re.compile(regex).groupindex)
    assert "\n" not in made.text


@pytest.mark.parametrize("regex", NOT_SAID, ids=NOT_SAID.values())
def test_not_said(regex):
    """These can't be proven to find the same."""
    assert transcribe(re.compile(regex), base=0, behind_date=True) is None


def test_within_a_line_more_is_not_known():
    """Behind a prefregex any character may stand before the text."""
    assert transcribe(re.compile(r"^(?<=\s)x"), base=0, behind_date=False) is None


@pytest.mark.parametrize(
    ("regex", "is_said"),
    [
        (r"^ srv (?P<mlfid>\d+): (?P<content>.+)$", True),
        (r"^(?: srv|(?=x)) ?(?P<content>(?:a|b)\b.+)$", True),
        (r"^ srv (?P<content>.+)", True),
        (r"^ srv (?P<mlfid>\d+): ", True),
        (r"^ srv (?P<content>.*)$", False),  # may be empty
        (r"^ srv (?P<content>.+?)\s*$", False),  # ends before the line
        (r"^ srv (?:(?P<content>.+)|x)$", False),
        (r"srv (?P<content>.+)$", False),
        (r"^ srv (?P<content>[^x]+)$", False),
    ],
)
def test_prefregex(regex, is_said):
    """The text for the failregexes has to be the rest of the line; ``content`` is no group."""
    made = transcribe_prefix(re.compile(regex), base=0)
    assert (made is not None) is is_said
    if made:
        assert "content" not in made.groups
