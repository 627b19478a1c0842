"""What explodes is found by counted steps, and what does not is let be."""

from __future__ import annotations

import pytest

from banward.audit.exploding import exploding
from banward.audit.steps import Steps
from banward.matching.literals import parse_tree
from banward.matching.pattern import compile_pattern

SOUND = [
    r"^\s*\w+: failed .* from <HOST>$",
    r"^.*x.* from <HOST>$",
    r"^(?:\w+ )*from <HOST>$",
    r"^(?:\d+\.)+ <HOST>$",
    r"^\S+ \S+ \S+ <HOST>$",
    r"^(?:[^\"\\]|\\.)*\" <HOST>$",
    r"^(?:a|b|cd)*<HOST>$",
    r"^(?:\s+(?!\s))?(?:\s+(?!\s))?(?:\s+(?!\s))?<HOST>$",
    r"^<HOST>(?: \w+=\S*)*$",
    r"^[^,]*,[^,]*,[^,]*,[^,]*,<HOST>$",
]
BAD = [
    r"^(a+)+ <HOST>$",
    r"^(?:\w+ ?)*from <HOST>$",
    r"^(?:[ab]|ab)*c <HOST>$",
    r"^(?:\s*\w*)*from <HOST>$",
    r"^\s*\s*\s*<HOST>$",
    r"^.*.*.*from <HOST>$",
    r"^\S*\w*\S* from <HOST>$",
    r"^(?:.*,)*<HOST>$",
    r"^(?:\d+)*x<HOST>$",
    r"^(?:x+x+)+y <HOST>$",
]


@pytest.mark.parametrize("regex", SOUND)
def test_sound_patterns(regex: str) -> None:
    """Work that grows at most with the square gives no warning."""
    assert exploding("failregex", compile_pattern(regex)) is None


@pytest.mark.parametrize("regex", BAD)
def test_bad_patterns(regex: str) -> None:
    """Work that grows faster is found, with a line that shows it."""
    found = exploding("failregex", compile_pattern(regex))

    assert found is not None
    assert found.example


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        (r"^(?P<a>x|xy)(?P=a)z$", "xyxyz"),
        (r"a(?<=a)b(?=c)", "abc"),
        (r"(?>a+)b|a+?c", "aac"),
        (r"(x)?(?(1)y|z)\b", "xy"),
        (r"(?i:AB)*+c", "abABc"),
        (r"^\d{2,3}?(?!\d)$", "123"),
    ],
)
def test_the_search_is_that_of_re(regex: str, text: str) -> None:
    """A text that matches costs less than the same with an end that does not."""
    pattern = compile_pattern(regex).regex
    steps = Steps(parse_tree(pattern), pattern.flags)

    assert pattern.search(text)
    assert 0 < steps.count(text, 1000) < 1000
    assert steps.count(text, 1000) < steps.count(f"{text[:-1]}~{text[:-1]}~", 1000)


@pytest.mark.parametrize("regex", [r"^b", r"a$"])
def test_lines_begin_and_end_within_a_text(regex: str) -> None:
    """In a pattern for several lines; the search ends where it matches, not behind all of the text."""
    pattern = compile_pattern(regex, multiline=True).regex
    text = "a\nb\n" + "c" * 100

    assert pattern.search(text)
    assert Steps(parse_tree(pattern), pattern.flags).count(text, 1000) < 20
