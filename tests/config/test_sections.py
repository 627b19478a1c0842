"""Merged options of several files."""

from __future__ import annotations

from banward.config.ini import parse
from banward.config.sections import Sections


def merged(*texts):
    """The options of files in this order."""
    sections = Sections()
    for number, text in enumerate(texts):
        sections.merge(parse(text, f"{number}.conf"))
    return sections


def test_a_later_file_wins():
    """Its options replace those of the same name; others stay."""
    sections = merged("[a]\nx = 1\ny = 2\n", "[a]\nx = 3\n[DEFAULT]\nz = 4\n")

    values = {name: sections.get("a", name).text for name in ("x", "y", "z")}
    assert values == {"x": "3", "y": "2", "z": "4"}
    assert sections.get("a", "x").place.file == "1.conf"
    assert sections.get("a", "no") is None


def test_what_was_replaced_is_known():
    """The value before the last file that sets it; not for [DEFAULT]."""
    sections = merged("[a]\nx = 1\n[DEFAULT]\nx = 0\n", "[a]\ny = 9\n", "[a]\nx = 2\n")

    assert {name: raw.text for name, raw in sections.known["a"].items()} == {"x": "1"}


def test_sections_come_in_the_order_of_first_mention():
    """A section that a later file changes stays where it was."""
    sections = merged("[b]\n[a]\n[DEFAULT]\n", "[c]\n[b]\n")

    assert sections.names == ["b", "a", "c"]
    assert "a" in sections
    assert "DEFAULT" not in sections
    assert sections.heads["b"].file == "0.conf"


def test_conditional_sections_join_the_plain_one():
    """``[Init?family=inet6]`` gives options of [Init] with the condition in their name."""
    sections = merged("[Init]\nk = 4\n[Init?family=inet6]\nk = 6\n[my-init?x]\nk = 1\n")

    own = {name: raw.text for name, raw in sections.own("Init").items()}
    assert own == {"k": "4", "k?family=inet6": "6"}
    assert sections.names == ["Init", "my-init?x"]
