"""Zones by name, by number and by both."""

import re

import pytest

from banward.errors import PatternError
from banward.matching.dates.zones import offset_of, zone_option

HOUR = 3600


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Z", 0),
        ("UTC", 0),
        ("A", 1),
        ("I", 9),
        ("K", 10),
        ("M", 12),
        ("N", -1),
        ("Y", -12),
        ("CET", 1),
        ("CEST", 2),
        ("PDT", -7),
        ("NPT", 5.75),
        ("MART", -9.5),
        ("NFT", 11.5),
        ("FJST", 13),
        ("+01", 1),
        ("-0130", -1.5),
        ("+01:30", 1.5),
        ("+1999", 20.65),
        ("UTC+0200", 2),
        ("CET+0100", 2),
        ("CET-01:30", -0.5),
    ],
)
def test_offset(text, hours):
    """A name is a fixed offset, a number after it is added."""
    assert hours * HOUR == offset_of(text)


@pytest.mark.parametrize("text", ["J", "XYZ", "IST", "BST", "ChST", "utc", "pdt", "+1", "é"])
def test_no_zone(text):
    """Names outside of the list, and names in small letters, are no zones."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        offset_of(text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("UTC", 0), ("GMT-0100", -1), ("Z", 0), ("+02:00", 2), ("CET", 1), ("UTC+02", 2)],
)
def test_option(text, hours):
    """The option takes an abbreviation, an offset, or both."""
    assert hours * HOUR == zone_option(text)


def test_no_option():
    """Without the option there is no zone."""
    assert zone_option("") is None


@pytest.mark.parametrize("text", ["Europe/Paris", "utc", "UTC+2", "ET", "XYZ", " UTC", "+0200x"])
def test_wrong_option(text):
    """Regions, small letters and short offsets are refused."""
    with pytest.raises(PatternError, match=r"^Unknown or unsupported time zone: '"):
        zone_option(text)
