"""When a jail bans, for how long and whom it spares is shown and set as the reference does."""

import logging

import pytest

from control.jail_values import assert_answer, assert_refusal


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["set", "findtime", "1h"], 3600),
        (["set", "findtime", "1mo"], 2629800.0),
        (["set", "findtime", 5.5], 5.5),
        (["set", "bantime", "1mo"], 2629800),
        (["set", "bantime", "-1"], -1),
        (["set", "bantime", 1.5], 1),
        (["set", "maxretry", "4"], 4),
        (["set", "maxretry", 7], 7),
        (["set", "maxmatches", "4"], 4),
        (["set", "ignoreself", "no"], False),
        (["set", "ignoreself", True], True),
        (["set", "ignorecommand", "/bin/false"], "/bin/false"),
        (["get", "ignorecommand"], False),
        (["get", "ignorecache"], None),
        (["set", "ignorecache", 'key="<ip>",max-count=10,max-time=1m'], ["<ip>", 10, 60]),
        (["set", "ignorecache", "key='<F-USER>@<ip-host>'"], ["<F-USER>@<ip-host>", 100, 300]),
        (["set", "ignorecache", ""], None),
        (["get", "bantime.increment"], None),
        (["set", "bantime.increment", "true"], True),
        (["set", "bantime.multipliers", "1 2 4"], "1 2 4"),
        (["set", "bantime.maxtime", "5w"], 3024000),
        (["set", "bantime.maxtime", ""], None),
        (["set", "bantime.factor", 2], "2"),
        (["set", "bantime.rndtime", "2m"], 120),
        (["set", "bantime.formula", "ban.Time * 2"], "ban.Time * 2"),
        (["set", "bantime.overalljails", True], True),
    ],
    ids=lambda v: str(v)[:50],
)
def test_values(ask, words, answer) -> None:
    """Each set answers what the get answers."""
    assert_answer(ask, words, answer)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["idle", "foo"], "Invalid idle option, must be 'on' or 'off'"),
        (["idle", True], "Invalid idle option, must be 'on' or 'off'"),
        (["maxretry", "x"], "invalid literal for int() with base 10: 'x'"),
        (["bantime.multipliers", "1  2"], "invalid literal for int() with base 10: ''"),
        (["ignorecache", "foo"], "expected option, wrong syntax at 0: foo"),
        (["ignorecache", "max-count=1"], "'key'"),
        (["delignoreip", "192.0.2.78"], "192.0.2.78 is not on the ignore list"),
    ],
)
def test_wrong_values(ask, desk, words, text) -> None:
    """The texts are those of the reference where they are not Python's, and nothing changed."""
    assert_refusal(ask, desk, words, text)


@pytest.mark.parametrize("words", [["findtime", "1xx"], ["bantime", "abc"], ["bantime", None]])
def test_what_is_no_time_is_an_error(ask, desk, words) -> None:
    """It never becomes zero or a default."""
    before = desk.jails["j1"].settings
    assert ask("set", "j1", *words).args
    assert desk.jails["j1"].settings == before


def test_a_missing_number_is_an_error(ask) -> None:
    """A configuration that could not be read sends None (2.1)."""
    assert ask("set", "j1", "maxretry", None).name == "TypeError"


def test_a_truth_value_that_is_false_is_false(ask, desk) -> None:
    """Also where the reference takes any text for true (8, row 15)."""
    assert ask("set", "j1", "bantime.overalljails", "true") == "true"
    assert desk.jails["j1"].settings.growth.overalljails is True
    assert ask("set", "j1", "bantime.overalljails", "false") == "false"
    assert desk.jails["j1"].settings.growth.overalljails is False
    assert ask("set", "j1", "bantime.increment", "false") is False


def test_a_jail_sleeps_and_wakes(ask, desk) -> None:
    """``idle`` has no get."""
    assert ask("set", "j1", "idle", "off") is False
    assert desk.jails["j1"].settings.idle is False
    assert ask("set", "j1", "idle", "on") is True
    assert ask("get", "j1", "idle").text == (
        "Invalid command (no get action or not yet implemented)"
    )


def test_parameters_are_logged(ask, caplog: pytest.LogCaptureFixture) -> None:
    """As the reference does, with two blanks before."""
    caplog.set_level(logging.INFO)
    ask("set", "j1", "maxretry", "2")
    ask("set", "j1", "findtime", "10m")
    ask("set", "j1", "bantime", "-1")
    ask("set", "j1", "bantime.maxtime", "1h")
    assert [(name, text) for name, _, text in caplog.record_tuples] == [
        ("fail2ban.filter", "  maxRetry: 2"),
        ("fail2ban.filter", "  findtime: 600"),
        ("fail2ban.actions", "  banTime: -1"),
        ("fail2ban.jail", "Set banTime.maxtime = 3600"),
    ]


def test_options_of_our_own(ask, desk) -> None:
    """They are kept by name."""
    assert ask("set", "j1", "banward", "prefix", "24") == "24"
    assert desk.jails["j1"].settings.extra == {"prefix": "24"}


# Whom to spare --------------------------------------------------------------------------------


def test_the_ignore_list_is_shown_in_the_order_of_the_reference(ask) -> None:
    """Networks, names and files in their order, single addresses last; each in one form, once."""
    assert ask("set", "j1", "addignoreip", "192.0.2.0/24") == ["192.0.2.0/24"]
    assert ask("set", "j1", "addignoreip", "192.0.2.77", "example.com", "") == [
        "192.0.2.0/24",
        "example.com",
        "192.0.2.77",
    ]
    assert ask("set", "j1", "addignoreip", "192.0.2.77", "10.1.2.3/255.0.0.0", "2001:DB8::/32") == [
        "192.0.2.0/24",
        "example.com",
        "10.0.0.0/8",
        "2001:db8::/32",
        "192.0.2.77",
    ]
    assert ask("set", "j1", "delignoreip", "::ffff:192.0.2.77")[-1] == "2001:db8::/32"
    assert ask("get", "j1", "ignoreip")[-1] == "2001:db8::/32"
    assert len(ask("set", "j1", "addignoreip")) == 4


@pytest.mark.parametrize(
    ("given", "kept", "shown"),
    [
        ("file:/etc/x", "file:/etc/x", "file://etc/x"),
        ("file:///etc/x", "file:/etc/x", "file://etc/x"),
        ("file:x", "file:x", "file:/x"),
    ],
)
def test_files_of_the_ignore_list(ask, desk, given, kept, shown) -> None:
    """They can be written in three ways (2.8), and others can be added after them (8, row 4)."""
    assert ask("set", "j1", "addignoreip", given) == [shown]
    assert ask("set", "j1", "addignoreip", "192.0.2.1") == [shown, "192.0.2.1"]
    assert desk.jails["j1"].settings.ignoreip[0] == kept
    assert ask("set", "j1", "delignoreip", given) == ["192.0.2.1"]


def test_a_formula_has_no_second_name(ask) -> None:
    """``bantime.evformula`` is unknown, and the answer can be read (8, row 9)."""
    text = "Invalid command (no get action or not yet implemented)"
    assert ask("get", "j1", "bantime.evformula").text == text
