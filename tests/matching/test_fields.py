"""Lines that hold named values."""

import pytest

from banward.matching.fields import ABSENT, lookup, parse, text_of


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ('{"a": 1, "b": {"c": "x"}}', {"a": 1, "b": {"c": "x"}}),
        ('Nov 14 host app[1]: {"a": 1} ', {"a": 1}),
        ('app{x}: {"a": 1}', {"a": 1}),
        ('{x} {y} {z} {"a": 1}', None),
        ('{"a": 1} tail', None),
        ('{"a": 1', None),
        ("plain text", None),
        ("", None),
        ('a=1 b="x y" c=', {"a": "1", "b": "x y", "c": ""}),
        (r'a="say \"hi\"\n" b=2', {"a": 'say "hi"\n', "b": "2"}),
        ("ts=2023-11-14T22:00:00Z a.b=1", {"ts": "2023-11-14T22:00:00Z", "a.b": "1"}),
        ("a=b=c", {"a": "b=c"}),
        ('a="open', None),
        ("=x", None),
        ("[" * 100_000, None),
        ('{"a":' * 100_000, None),
    ],
)
def test_parse(line, record):
    """A line is a JSON object, pairs, or neither; no line is an error."""
    assert parse(line) == record


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", 1),
        ("b.c", "x"),
        ("b.d.e", 2),
        ("b.n", None),
        ("l.0", "one"),
        ("l.1.k", "two"),
        ("l.2", ABSENT),
        ("l.x", ABSENT),
        ("a.b", ABSENT),
        ("none", ABSENT),
        ("b.d.e.f", ABSENT),
    ],
)
def test_lookup(path, value):
    """A path leads into objects and lists; names with dots are found as well."""
    record = {"a": 1, "b": {"c": "x", "d.e": 2, "n": None}, "l": ["one", {"k": "two"}]}
    assert lookup(record, tuple(path.split("."))) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (401, "401"), (0.5, "0.5"), (True, "true"), ([1, "a"], '[1,"a"]')],
)
def test_text(value, text):
    """Patterns see text as it is, all else as JSON writes it."""
    assert text_of(value) == text
