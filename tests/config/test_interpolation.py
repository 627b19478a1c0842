"""References ``%(name)s`` between options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.config.ini import parse
from banward.config.interpolation import Interpolator
from banward.config.model import ProblemError
from banward.config.sections import Sections
from banward.errors import ConfigError
from banward.records import Place


def interpolator(*texts, always=()):
    """Reads options of a set of files, one text each."""
    sections = Sections()
    for number, text in enumerate(texts, start=1):
        sections.merge(parse(text, f"{number}.conf"))
    return Interpolator(sections, dict(always))


def value(text, *more):
    """The option x of the section j."""
    raw = interpolator(text, *more).get("j", "x")
    return raw.text if raw else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[j]\nx = %(y)s!\ny = 1\n", "1!"),
        ("[DEFAULT]\ny = 1\n[j]\nx = %(y)s\n", "1"),
        ("[DEFAULT]\nx = %(y)s\n[j]\ny = 2\n", "2"),
        ("[j]\nx = %(Y)s\ny = 1\n", "1"),
        ("[j]\nx = %(__name__)s\n", "j"),
        ("[DEFAULT]\ny = 1\n[j]\ny = 2\nx = %(default/y)s\n", "1"),
        ("[j]\nx = %(k-l/y)s\n[k-l]\ny = 3\n", "3"),
        ("[j]\nx = %(k/y)s\nz = 1\n[k]\ny = %(z)s\nz = 2\n", "1"),
        ("[DEFAULT]\ny = 1\n[j]\nx = %(k/y)s\n[k]\n", "1"),
        ("[j]\nx = %(Foo/y)s\n[Foo]\ny = 4\n", "4"),
        ("[j]\nx = 100%% of %%(y)s\n", "100% of %(y)s"),
        ("[DEFAULT]\nx = 5\n[j]\nx = %(known/x)s0\n", "50"),
        ("[k]\nx = 1\n", None),
    ],
)
def test_references(text, expected):
    """Each form of a reference stands for what the specification says."""
    assert expected == value(text)


def test_known_is_the_value_before_the_last_file():
    """``known`` reaches back by one override of the same section."""
    assert value("[j]\nx = 1\n", "[j]\nx = %(known/x)s2\n") == "12"
    assert value("[j]\nx = 1\n", "[j]\ny = 3\n", "[j]\nx = %(known/x)s2\n") == "12"


def test_values_that_go_before():
    """Parameters are found before the section's own options, in any letter case."""
    reader = interpolator("[j]\nx = %(Y)s\ny = 1\n")
    parameter = reader.get("j", "y")._replace(text="p")

    assert reader.get("j", "x", {"y": parameter}).text == "p"


def test_values_that_are_always_there():
    """They are found last, below ``[DEFAULT]``."""
    sections = interpolator("[j]\nx = %(v)s\n").sections
    raw = sections.get("j", "x")._replace(text="9")

    assert Interpolator(sections, {"v": raw}).get("j", "x").text == "9"


@pytest.mark.parametrize(
    ("texts", "kind", "words"),
    [
        (
            ["[j]\nx = %(zzz)s\n"],
            "interpolation-missing-option",
            "Bad value substitution: option 'x' in section 'j' contains an interpolation key "
            "'zzz' which is not a valid option name. Raw value: '%(zzz)s'",
        ),
        (
            ["[j]\nx = 50% y\n"],
            "interpolation-syntax",
            "'%' must be followed by '%' or '(', found: '% y'",
        ),
        (
            ["[j]\nx = a %(bad\n"],
            "interpolation-syntax",
            "bad interpolation variable reference '%(bad'",
        ),
        (
            ["[j]\nx = %(x)s\n"],
            "interpolation-depth",
            "Recursion limit exceeded in value substitution: option 'x' in section 'j' contains "
            "an interpolation key which cannot be substituted in 10 steps. Raw value: '%(x)s'",
        ),
    ],
)
def test_errors_have_fail2bans_words_and_a_place(texts, kind, words):
    """What fail2ban stops at is told in its words, with the file and line beside them."""
    with pytest.raises(ProblemError) as error:
        value(*texts)

    problem = error.value.problem
    assert (kind, words, True) == (problem.kind, problem.words, problem.fatal)
    assert Place("1.conf", 2, "j", "x") == problem.place


def test_an_error_names_the_line_with_the_bad_reference():
    """Where a value comes from another option, the place is that of the other."""
    with pytest.raises(ProblemError) as error:
        value("[DEFAULT]\ny = %(z)s\n[j]\nx = %(y)s\n")

    assert error.value.problem.place == Place("1.conf", 2, "DEFAULT", "y")


@pytest.mark.parametrize(
    "text", ["[j]\nx = %(known/x)s\n", "[j]\nx = %(nosuch/y)s\n", "[j]\nx = %(k/known/y)s\n[k]\n"]
)
def test_what_is_nowhere(text):
    """A value without a former one, a section that is not there: no option of that name."""
    with pytest.raises(ProblemError) as error:
        value(text)

    assert error.value.kind == "interpolation-missing-option"


def test_two_levels_of_known_are_refused():
    """As with fail2ban, ``known`` has one level; two end in an error, not in a crash."""
    known = "[j]\nx = %(known/x)s1\n"
    with pytest.raises(ProblemError) as error:
        value("[j]\nx = 1\n", known, known)

    assert error.value.kind == "interpolation-depth"


def test_a_value_that_grows_without_end_is_refused():
    """References that double at each step end in an error, not in full memory."""
    options = "".join(f"x{n} = {f'%(x{n + 1})s' * 40}\n" for n in range(9))
    with pytest.raises(ProblemError) as error:
        value(f"[j]\nx = %(x0)s\n{options}x9 = {'y' * 1000}\n")

    assert error.value.kind == "interpolation-depth"


@given(st.text(alphabet="%()s/xyzk\n", max_size=40), st.text(alphabet="%()sx", max_size=20))
def test_only_configuration_errors(first, second):
    """Whatever stands in a value, it is expanded or refused with an error of the configuration."""
    text = "[DEFAULT]\nz = {}\n[j]\nx = {}\ny = {}\n"
    indented = [part.replace("\n", "\n  ") for part in (first, second)]
    try:
        value(text.format(indented[1], *indented))
    except ConfigError as error:
        assert error.place  # noqa: PT017 - both ends are right, and the error needs a place


def test_an_expanded_value_may_not_fill_the_memory():
    """Nine levels of ten references each would be 10^9 characters; 1 MiB is the limit."""
    levels = "".join(f"l{n} = {f'%(l{n - 1})s' * 10}\n" for n in range(1, 9))
    with pytest.raises(ProblemError, match="nested deeper"):
        value(f"[j]\nl0 = {'x' * 10}\n{levels}x = %(l8)s\n")
