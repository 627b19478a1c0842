"""References to filters and actions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.config import split_actions, split_reference
from banward.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("n", "n", {}),
        ("n[]", "n", {}),
        ("n[x=1]", "n", {"x": "1"}),
        ("n[ x=1 , y= 2 ]", "n", {"x": "1", "y": "2"}),
        ('n[x="a, b]", y=\'c "d"\']', "n", {"x": "a, b]", "y": 'c "d"'}),
        ("n[x=1][y=2]", "n", {"x": "1", "y": "2"}),
        ("n[x=1]  [y=2]", "n", {"x": "1", "y": "2"}),
        ("n[x=1,\ny=2]", "n", {"x": "1", "y": "2"}),
        ("n[x=one two, y=]", "n", {"x": "one two", "y": ""}),
        ("n[x=1, x=2]", "n", {"x": "2"}),
        ("n[x=1,]", "n", {"x": "1"}),
        ("n[x==1]", "n", {"x": "=1"}),
        ('n[x=a"b]', "n", {"x": 'a"b'}),
        ('n[k?family=inet6="v", a-b.c=1]', "n", {"k?family=inet6": "v", "a-b.c": "1"}),
        ("n [x=1]", "n ", {"x": "1"}),
        ("sub/n.py[x=1]", "sub/n.py", {"x": "1"}),
    ],
)
def test_name_and_parameters(text, name, options):
    """A reference is a name with parameters in brackets."""
    assert (name, options) == split_reference(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("n[x=1", "unexpected option syntax"),
        ("n[x=1]y", "unexpected option syntax"),
        ("[x=1]", "unexpected option syntax"),
        ("n[x]", "expected option, wrong syntax at 0: x"),
        ("n[,x=1]", "expected option, wrong syntax at 0: ,x=1"),
        ("n[x=1,,y=2]", "expected option, wrong syntax at 4: ,y=2"),
        ('n[x=1,"y"=2]', 'expected option, wrong syntax at 4: "y"=2'),
        ('n[x="1" y=2]', "unexpected syntax at 5 after option 'x':  y=2"),
        ("n[x=[1]]", "unexpected syntax at 4 after option 'x': ]"),
    ],
)
def test_wrong_syntax(text, reason):
    """The reason is fail2ban's, with the position in the brackets."""
    with pytest.raises(ConfigError) as error:
        split_reference(text)

    assert (reason, "bad-action-syntax") == (error.value.message, error.value.kind)


@pytest.mark.parametrize(
    ("text", "actions"),
    [
        ("", []),
        ("a", ["a"]),
        ("a b\nc", ["a", "b", "c"]),
        ("a[x=1] b", ["a[x=1]", "b"]),
        ("a[x=1,\n y=2]\nb", ["a[x=1,\n y=2]", "b"]),
        ("a[x=1]\n[y=2]\nb", ["a[x=1]\n[y=2]", "b"]),
        ("a [x=1] b", ["a [x=1]", "b"]),
        ('a[x="1 ] 2"] b', ['a[x="1 ] 2"]', "b"]),
        ('a[x="1 2" y] b', ['a[x="1 2" y]', "b"]),
        ("a[x y] b", ["a[x", "y]", "b"]),
        ("a[x=1, 2 3]", ["a[x=1,", "2", "3]"]),
        ("a[] b", ["a[]", "b"]),
        ("a[x=1]z b", ["a[x=1]z", "b"]),
        ('a[x=b c="d, e"] f', ['a[x=b c="d, e"]', "f"]),
    ],
)
def test_actions_are_split_outside_of_brackets(text, actions):
    """Blanks and newlines separate actions, except inside of what looks like parameters."""
    assert actions == split_actions(text)


@given(st.text(alphabet="a[]=,\"' \n1", max_size=60))
def test_no_text_is_lost_and_no_time(text):
    """Whatever is written, each character that is no blank is in one of the parts."""
    parts = split_actions(text)

    assert "".join(text.split()) == "".join("".join(parts).split())
    for part in parts:
        try:
            name, _ = split_reference(part)
        except ConfigError as error:
            assert error.kind == "bad-action-syntax"  # noqa: PT017 - either end is right
        else:
            assert name


def test_a_long_list_without_its_closing_bracket():
    """The time does not grow with the number of ways to read it."""
    text = "a[" + "x='1', " * 200 + "y"

    assert text.split() == split_actions(text)
