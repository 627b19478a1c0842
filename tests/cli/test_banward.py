"""The program ``banward`` as a whole."""

from __future__ import annotations

import importlib

import pytest
import typer
from typer.main import get_command

from banward.cli.banward import PARTS, app_for


@pytest.mark.parametrize("name", PARTS)
def test_each_file_has_the_words_that_it_is_loaded_for(name):
    """A word that the table does not know would cost the loading of all files."""
    app = typer.Typer()
    importlib.import_module(f"banward.cli.{name}").register(app)
    words = {command.name or command.callback.__name__ for command in app.registered_commands}
    words |= {group.name for group in app.registered_groups}

    assert words == set(PARTS[name])


def test_a_word_that_is_none_gets_all_of_the_program():
    """The help and the message about a wrong word know every word; a right one finds itself."""
    every = {word for words in PARTS.values() for word in words} | {"version"}

    assert set(get_command(app_for("bann")).commands) == every
    assert set(get_command(app_for()).commands) == every
    assert set(get_command(app_for("ban")).commands) == {"ban", "unban", "allow", "version"}
