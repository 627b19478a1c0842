"""The ini dialect of one file."""

from __future__ import annotations

import configparser
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from banward.config.ini import parse
from banward.records import Place


def texts(file):
    """The options of a file without their places."""
    return {
        section: {name: raw.text for name, raw in options.items()}
        for section, options in file.sections.items()
    }


def reference(text):
    """What Python's own parser makes of a text in the same dialect: options, and its error."""
    parser = configparser.RawConfigParser(
        inline_comment_prefixes=(";",), comment_prefixes=("#", ";"), strict=True
    )
    try:
        parser.read_string(text)
    except configparser.Error as error:
        return {}, str(error)
    found = {name: dict(parser[name]) for name in parser.sections()}
    own = {
        name: {k: v for k, v in o.items() if k in parser._sections[name]}
        for name, o in found.items()
    }
    return {**own, **({"DEFAULT": dict(parser.defaults())} if parser.defaults() else {})}, ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]\nx = 1\n", {"a": {"x": "1"}}),
        ("[a]\nx: 1\ny =2\nz=\n", {"a": {"x": "1", "y": "2", "z": ""}}),
        ("[a]\nX = a=b:c\n", {"a": {"x": "a=b:c"}}),
        ("[a]\r\nx = 1\r\n  2\r\n", {"a": {"x": "1\n2"}}),
        ("[a]\nx = 1\n\n  2\n\n\n[b]\n", {"a": {"x": "1\n\n2"}, "b": {}}),
        ("[a]\nx = 1\n# c\n  # c\n  2\n", {"a": {"x": "1\n2"}}),
        ("[a]\nx = a;b # c ; d\n", {"a": {"x": "a;b # c"}}),
        ("[a]\nx = 1\n y = 2\n", {"a": {"x": "1\ny = 2"}}),
        (" [a]\n x = 1\n", {"a": {"x": "1"}}),
        ("[a] trailing\nx = 1\n", {"a": {"x": "1"}}),
        ("[DEFAULT]\nx = 1\n[DEFAULT]\ny = 2\n", {"DEFAULT": {"x": "1", "y": "2"}}),
        ("[a]\nö = ä\n", {"a": {"ö": "ä"}}),
        ("", {}),
    ],
)
def test_options(text, expected):
    """Sections, options, continuation lines and comments are read as the specification says."""
    file = parse(text, "f")

    assert expected == texts(file)
    assert file.problems == []


def test_each_value_knows_its_place():
    """The line of an option is that of its name, whatever goes before it."""
    file = parse("# c\n\n[a]\nx = 1\n  2\n\ny = 3\n", "/etc/f")

    assert Place("/etc/f", 4, "a", "x") == file.sections["a"]["x"].place
    assert Place("/etc/f", 7, "a", "y") == file.sections["a"]["y"].place
    assert Place("/etc/f", 3, "a") == file.heads["a"]


@pytest.mark.parametrize(
    ("text", "kind", "line", "kept"),
    [
        ("[a]\nx = 1\nx = 2\n", "duplicate-option", 3, {"a": {"x": "2"}}),
        ("[a]\nx = 1\n[b]\n[a]\ny = 2\n", "duplicate-section", 4, {"a": {"x": "1", "y": "2"}}),
        ("x = 1\n[a]\ny = 2\n", "missing-section-header", 1, {"a": {"y": "2"}}),
        ("[a]\nx\ny = 2\n", "bad-line", 2, {"a": {"y": "2"}}),
        ("[a]\n= 1\ny = 2\n", "bad-line", 2, {"a": {"y": "2"}}),
    ],
)
def test_a_mistake_is_told_and_the_rest_is_read(text, kind, line, kept):
    """A mistake becomes a problem with its line, in fail2ban's words; nothing else is lost."""
    file = parse(text, "f")

    (problem,) = file.problems
    assert (kind, line, True) == (problem.kind, problem.place.line, problem.fatal)
    assert reference(text)[1].replace("<string>", "f") == problem.words
    found = texts(file)
    assert kept == {name: found[name] for name in kept}


def test_all_bad_lines_are_in_the_words_of_the_first():
    """fail2ban lists the lines without name or delimiter together."""
    file = parse("[a]\nx\ny = 2\n=\n", "f")

    assert file.problems[0].words.count("[line") == 2


LINES = st.one_of(
    st.sampled_from(
        ["[a]", "[b]", " [c] ;", "x = 1", "y: 2 ; c", "  z = 3", "\tk", "", " ", "# c", "  ; c"]
    ),
    st.text(alphabet="[]=:;#ab \t%", max_size=8),
)


@given(st.lists(LINES, max_size=12))
@example([" [c]", "x = 1", ":", " [c]"])  # lines deeper than one without a name are no part of it
@example(["[a]", "= 1", "= 2"])
@settings(max_examples=300)
def test_it_reads_what_pythons_parser_reads(lines):
    """Any text gives the options, or the first mistake, that the reference parser gives."""
    text = "\n".join(lines) + "\n"
    file = parse(text, "<string>")
    options, error = reference(text)

    assert error == (file.problems[0].words if file.problems else "")
    if not error:
        found = {name: own for name, own in texts(file).items() if own or name != "DEFAULT"}
        assert options == found


NAMES = st.text(alphabet=string.ascii_lowercase + "._-0123456789", min_size=1, max_size=8)
VALUE_LINES = st.text(
    alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters=";#"), max_size=12
)
VALUES = st.lists(VALUE_LINES, min_size=1, max_size=4).map(lambda lines: "\n".join(lines).rstrip())


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4))
def test_what_is_written_is_read_back(sections):
    """Options that are written in the dialect come back as they were."""
    text = "".join(
        f"[{section}]\n"
        + "".join(f"{name} = " + v.replace("\n", "\n  ") + "\n" for name, v in options.items())
        for section, options in sections.items()
    )

    file = parse(text, "f")

    assert file.problems == []
    assert sections == texts(file)


@given(st.text())
def test_no_text_makes_it_fail(text):
    """Whatever a file holds, it is read, and every problem has a line."""
    file = parse(text, "f")

    assert all(problem.place.line > 0 for problem in file.problems)
