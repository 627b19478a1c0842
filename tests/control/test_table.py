"""A row is found by the words that name its command."""

import pytest

from banward.control.table import Group, JailCommand, Kind, ServerCommand, Table


def server(usage: str, run=lambda *_: None):
    return ServerCommand(usage, "", Group.BASIC, Kind.VIEW, run=run)


@pytest.mark.parametrize(
    ("usage", "key"),
    [
        ("ping", ("ping",)),
        ("status <JAIL> [FLAVOR]", ("status",)),
        ("unban --all", ("unban",)),
        ("get loglevel", ("get", "loglevel")),
        ("set loglevel <LEVEL>", ("set", "loglevel")),
        ("set <JAIL> idle on|off", ("set", "<JAIL>", "idle")),
        ("get <JAIL> action <ACT> timeout", ("get", "<JAIL>", "action")),
    ],
)
def test_the_usage_names_the_command(usage: str, key: tuple[str, ...]) -> None:
    """The words before the first that the user chooses."""
    assert server(usage).key == key


def test_the_first_row_that_runs_is_found() -> None:
    """Rows that the client does itself are for the usage text only."""
    rows = [server("start", None), server("start <JAIL>"), server("start <JAIL> again")]
    assert Table(rows).server("start") is rows[1]


def test_what_is_no_word_is_not_found() -> None:
    """A request may hold anything in place of a word."""
    view = JailCommand.view("bantime", lambda *_: None, "")
    table = Table([server("ping"), view])
    assert table.jail("get", "bantime") is view
    for value in (None, 5, ["bantime"], b"bantime", {"a": 1}, "nosuch"):
        assert table.jail("get", value) is None
        assert table.server(value) is None
        assert table.server("get", value) is None


def test_gets_are_views_and_sets_are_settings() -> None:
    """So a read-only socket can tell them apart."""
    assert JailCommand.view("x", lambda *_: None, "").kind is Kind.VIEW
    assert JailCommand.setting("x <V>", lambda *_: None, "").kind is Kind.SETTING
