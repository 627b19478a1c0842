"""Compiling one regex, and what is said about one that can't be used."""

import pytest

from banward.errors import PatternError
from banward.matching.pattern import compile_failregex, compile_pattern


def failregex(written, **options):
    return compile_failregex(written, names=True, multiline=False, **options)


@pytest.mark.parametrize(
    ("written", "column", "repair"),
    [
        ("^<HOST> to <HOST>$", 12, "once each in alternatives"),
        ("^a (b <ADDR>", 4, "close it with )"),
        ("^<F-USER>\\w+ <ADDR>", 2, "the tag with its </F-...>"),
        ("^a) <ADDR>", 3, "write \\)"),
        ("<ADDR> [a", 8, "write \\["),
        ("[a <ADDR>", 4, "look left of it for a [ that is not closed"),
        ("a**<ADDR>", 3, "write \\*"),
        ("<ADDR>x(?i)y", 8, "(?i:...)"),
        ("<F-A-B>x</F-A-B> <ADDR>", 1, "write _"),
        ("<ADDR>\\y", 7, "write \\\\"),
        ("<ADDR>(?P=x)", 11, "check the spelling"),
        ("<ADDR>\\9", 8, "count the brackets"),
        ("<ADDR>[z-a]", 8, "write \\-"),
        ("<ADDR>(?<=a+)", 1, "no * + ?"),
        ("<ADDR>(?y)", 8, "\\(\\?"),
    ],
)
def test_a_regex_that_does_not_compile(written, column, repair):
    """The error shows the regex, marks the column, and names the likeliest repair."""
    with pytest.raises(PatternError) as caught:
        failregex(written)
    first, shown, mark, hint = str(caught.value).split("\n")
    assert first.startswith(f"Unable to compile regular expression '{written}': ")
    assert shown == f"  {written}"
    assert first.endswith(f"at column {column}")
    assert mark == " " * (column + 1) + "^"
    assert repair in hint


@pytest.mark.parametrize(
    ("written", "repair"),
    [
        ("^bad <host>$", "write <HOST> instead of <host>"),
        ("^bad <f-id>$", "write <F-ID> instead of <f-id>"),
        ("^(?P<host>\\S+) bad$", "instead of the group 'host'"),
        ("^bad <F-USER>\\w+</F-USER>$", "put <HOST> where the address stands"),
        ("^bad <CIDR>$", "put <HOST> where the address stands"),
    ],
)
def test_a_regex_that_names_nobody(written, repair):
    """A failregex without a group that identifies is refused, with what to write."""
    with pytest.raises(PatternError) as caught:
        failregex(written)
    assert str(caught.value).startswith(f"No failure-id group in '{written}'")
    assert repair in str(caught.value)


@pytest.mark.parametrize("group", ["fid", "ip4", "ip6", "dns", "mlfid"])
def test_who_identifies(group):
    """A group of the failregex identifies, or one of the prefregex."""
    assert group in failregex(f"(?P<{group}>x)").groups
    assert failregex("bad", given={group}).written == "bad"


@pytest.mark.parametrize("written", ["", "  ", "\n"])
def test_nothing_is_no_regex(written):
    """A regex of blanks is refused."""
    with pytest.raises(PatternError, match="Cannot add empty regex"):
        compile_pattern(written)


def test_multiline():
    """Only for a window do the anchors work at each line."""
    assert compile_pattern("^b$", multiline=True).regex.search("a\nb\n")
    assert not compile_pattern("^b$").regex.search("a\nb\n")


def test_a_set_within_a_set_is_no_error():
    """Python warns of [[; users' regexes mean it."""
    assert compile_pattern("[[a]").regex.search("[")
