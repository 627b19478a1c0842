"""Words become values, or errors that say what is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.control.values import (
    boolean,
    ignore_cache,
    ignore_entry,
    integer,
    span,
    subject,
    subjects,
    timezone,
)
from banward.settings import IgnoreCache


@pytest.mark.parametrize(("value", "number"), [("5", 5), (5, 5), ("-1", -1), (True, 1)])
def test_whole_numbers(value: object, number: int) -> None:
    """From text, or as they come in a stream."""
    assert integer(value) == number


@pytest.mark.parametrize("value", ["x", "", "3.5", None, [1]])
def test_what_is_no_whole_number_is_an_error(value: object) -> None:
    """In Python's words, as the reference answers."""
    with pytest.raises((ValueError, TypeError), match=r"int\(\)"):
        integer(value)


@pytest.mark.parametrize("value", ["1", "on", "TRUE", "Yes", True, 1])
def test_words_that_are_true(value: object) -> None:
    """In any case (2.1)."""
    assert boolean(value) is True


@pytest.mark.parametrize("value", ["0", "off", "false", "no", "maybe", "", False, None, 2])
def test_everything_else_is_false(value: object) -> None:
    """Also what means nothing."""
    assert boolean(value) is False


@pytest.mark.parametrize(
    ("value", "seconds"), [("10m", 600), ("-1", -1), (5, 5), (5.5, 5.5), ("1mo", 2629800.0)]
)
def test_times(value: object, seconds: float) -> None:
    """Abbreviations, and numbers as they come."""
    assert span(value) == seconds
    assert type(span(value)) is type(seconds)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("::FFFF:192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        (" 198.51.100.7/255.255.255.0 ", "198.51.100.0/24"),
        ("An-Id", "An-Id"),
        (5, "5"),
    ],
)
def test_subjects_have_one_form(value: object, text: str) -> None:
    """However they are written (2.8)."""
    assert subject(value) == text
    assert subjects([value, value]) == [text, text]


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_an_empty_subject_is_an_error(value: str) -> None:
    """It would stand for nobody, or for everybody."""
    with pytest.raises(ValueError, match="empty id"):
        subject(value)


@given(st.text(min_size=1))
def test_the_form_of_a_subject_is_final(text: str) -> None:
    """Reading it again changes nothing."""
    if text.strip():
        assert subject(subject(text)) == subject(text)


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("example.com", "example.com"),
        ("file:/etc/x", "file:/etc/x"),
        ("file:///etc/x", "file:/etc/x"),
        ("file://etc/x", "file://etc/x"),
        ("file:x", "file:x"),
    ],
)
def test_entries_of_the_ignore_list(value: str, entry: str) -> None:
    """Addresses canonical, files by their path."""
    assert ignore_entry(value) == entry


@pytest.mark.parametrize("zone", ["", "UTC", "gmt", "Z", "UTC+0200", "GMT-0530", "UTC+02:00", None])
def test_zones(zone: str | None) -> None:
    """Those that the reference knows (2.1)."""
    assert timezone(zone) == (zone or "")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC+2", "+0200", "UTC+020", "Z+0100", " "])
def test_other_zones_are_refused(zone: str) -> None:
    """By name."""
    with pytest.raises(ValueError, match="Unknown or unsupported time zone"):
        timezone(zone)


@pytest.mark.parametrize(
    ("text", "cache"),
    [
        ("", None),
        (None, None),
        ('key="<ip>"', IgnoreCache("<ip>", 100, 300)),
        ("key='<F-USER>@<ip>', max-count=7", IgnoreCache("<F-USER>@<ip>", 7, 300)),
        ('max-time=1h, key="a, b",max-count=2', IgnoreCache("a, b", 2, 3600)),
        ("key=<ip> , max-time = 5", IgnoreCache("<ip>", 100, 5)),
    ],
)
def test_the_cache_of_the_ignore_checks(text: str | None, cache: IgnoreCache | None) -> None:
    """Options with and without quotes, in any order."""
    assert ignore_cache(text) == cache


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("foo", ValueError, "expected option, wrong syntax at 0: foo"),
        ('key="a" foo', ValueError, 'wrong syntax at 0: key="a" foo'),
        ('key="a", foo', ValueError, "wrong syntax at 7: , foo"),
        ("max-count=1", KeyError, "key"),
        ('key="a", max-count=x', ValueError, "invalid literal"),
        ('key="a", max-time=x', ValueError, "x"),
    ],
)
def test_a_cache_that_is_written_wrongly(text: str, error: type[Exception], words: str) -> None:
    """It says where."""
    with pytest.raises(error, match=words):
        ignore_cache(text)
