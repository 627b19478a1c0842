"""What Hyperscan is given matches in every line in which the regex itself does."""

import random
import re

import pytest

from banward.matching.loosen import loosen


@pytest.mark.parametrize(
    ("regex", "mark", "loosened"),
    [
        (
            r"^Failed \S+ for .* from 1\.2\.3\.4 port \d+$",
            "",
            r"Failed [^\n]* from 1\x2e2\x2e3\x2e4 port ",
        ),
        (r"^(?:error: )?user unknown\s*$", "", "user unknown"),
        (r"bad (?:one|two|three)(?: again)?!", "", r"bad (?:one|two|three)"),
        (r"(?i)Bad", "", "[Bb][Aa][Dd]"),
        (r"[iI]nvalid(?= user)", "", "[Ii]nvalid"),
        (r"a+bcd", "", "abcd"),
        (r"x a+bcd", "", r"x a[^\n]*bcd"),
        (r"^h - \[\] \"GET", "[", r"h \x2d \x5b[^\n]*\x5d \x22GET"),
        (r"^ha - \[\] x", "", r"ha \x2d \x5b\x5d x"),
        (r"abc\n", "", "abc"),
        (r"abc(?:\n|def)", "", "abc"),
        (r"(?s)abc.", "", "abc"),
        (r"abc[^x]", "", "abc"),
        (r"ab", "", None),
        (r"\d+ \w+", "", None),
        (r"(a|b)abc\1", "", "[ab]abc"),
        (r"(a|b)abc\1abc", "", None),
        (r"naïve one", "", r"na[\x80-\xff]ve one"),
    ],
)
def test_what_is_kept(regex, mark, loosened):
    """Texts and choices are kept in their order; gaps, ends and looks ahead are not."""
    assert loosen(re.compile(regex), mark) == loosened


ATOMS = [
    "abc",
    "a",
    "[ab]",
    r"\d",
    r"\s",
    "(?:abc|bcd)",
    "(?:ab|cde|)",
    "[^a]",
    ".",
    "c{2,3}",
    "(?i:dDd)",
    r"\[",
    "x?",
]
TIMES = ["", "", "", "+", "*", "?", "{2}", "+?"]


def test_nothing_is_lost():
    """Whatever a regex matches, what is made of it matches in the same line, with its date or without."""
    chance, matched = random.Random(3), 0
    for _ in range(3000):
        parts = [chance.choice(ATOMS) + chance.choice(TIMES) for _ in range(chance.randrange(1, 7))]
        text = chance.choice(["^", ""]) + "".join(parts) + chance.choice(["$", ""])
        try:
            regex = re.compile(text)
        except re.error:
            continue  # a repeat of a repeat
        loosened = loosen(regex, "[")
        if loosened is None:
            continue
        compiled = re.compile(loosened)
        for _ in range(20):
            line = "".join(
                chance.choice(["abc", "bcd", "cde", "a", "b", "cc", "ddd", "1 ", "[", "DdD"])
                for _ in range(chance.randrange(1, 7))
            )
            if regex.search(f"{line}\n"):
                matched += 1
                with_date = line.replace("[", "[14/Nov/2023:22:13:20 +0000", 1)
                assert compiled.search(line), (regex.pattern, loosened, line)
                assert compiled.search(with_date), (regex.pattern, loosened, with_date)
    assert matched > 500
