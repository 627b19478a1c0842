"""The likeliest word."""

from __future__ import annotations

import pytest

from banward.config.nearest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "expected"), [("maxretyr", "maxretry"), ("BanTime", "bantime"), ("zzz", "")]
)
def test_nearest(word, expected):
    """The word that is most like the given one, if any is."""
    assert nearest(word, ["bantime", "findtime", "maxretry"]) == expected


def test_as_a_question():
    """For a hint it is a question, or nothing."""
    assert did_you_mean("bantme", ["bantime"]) == "did you mean 'bantime'?"
    assert did_you_mean("zzz", ["bantime"]) == ""
