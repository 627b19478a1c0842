"""Actions of a jail: their list, parameters and methods (5.3)."""

import json

import pytest

from banward.settings import ActionSettings


@pytest.fixture(autouse=True)
def action(ask) -> None:
    """The jail has one action with one parameter."""
    ask("set", "j1", "addaction", "act")
    ask("multi-set", "j1", "action", "act", [["actionban", "echo <ip>"], ["port", "22"]])


def test_a_stream_sets_all_parameters_at_once(desk) -> None:
    """As the configuration does."""
    params = {"actionban": "echo <ip>", "port": "22"}
    assert desk.jails["j1"].settings.actions == (ActionSettings("act", params),)


def test_actions_are_listed_in_their_order(ask) -> None:
    """By name."""
    assert ask("set", "j1", "addaction", "b") == "b"
    assert ask("get", "j1", "actions") == ["act", "b"]
    assert ask("set", "j1", "addaction", "b").text == "Action b already exists"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["get", "action", "act", "actionban"], "echo <ip>"),
        (["get", "action", "act", "actionstop"], ""),
        (["get", "action", "act", "timeout"], 60),
        (["set", "action", "act", "timeout", "2m"], 120),
        (["set", "action", "act", "timeout", 30], 30),
        (["set", "action", "act", "myprop", "foo bar"], "foo bar"),
        (["set", "action", "act", "port", 80], "80"),
    ],
    ids=lambda v: " ".join(map(str, v)) if isinstance(v, list) else str(v),
)
def test_parameters(ask, words, answer) -> None:
    """Any name may be set; the timeout is a time."""
    verb, *rest = words
    assert ask(verb, "j1", *rest) == answer
    assert ask("get", "j1", *rest[:3]) == answer


def test_names_of_parameters_and_methods(ask) -> None:
    """Those of the reference's object, and the action's own."""
    assert ask("get", "j1", "actionproperties", "act") == [
        *("ESCAPE_CRE", "ESCAPE_VN_CRE", "actionban", "actioncheck", "actionflush"),
        *("actionreban", "actionreload", "actionrepair", "actionstart", "actionstop"),
        *("actionunban", "banEpoch", "port", "timeout"),
    ]
    methods = ask("get", "j1", "actionmethods", "act")
    assert methods == sorted(methods)
    assert {"ban", "unban", "start", "stop"} < set(methods)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["get", "action", "act", "x"], "'CommandAction' object has no attribute 'x'"),
        (["get", "action", "x", "actionban"], "'Invalid Action name: x'"),
        (["get", "actionproperties", "x"], "'Invalid Action name: x'"),
        (["get", "actionmethods", "x"], "'Invalid Action name: x'"),
        (["set", "action", "x"], "'Invalid Action name: x'"),
        (["set", "action", "x", "port", "1"], "'Invalid Action name: x'"),
        (["set", "delaction", "x"], "'Invalid Action name: x'"),
        (["set", "action", "act"], "Sorry but the command is invalid"),
        (["set", "action", "act", "port"], "Sorry but the command is invalid"),
        (["get", "action", "act"], "Sorry but the command is invalid"),
        (["get", "actionproperties"], "Sorry but the command is invalid"),
        (["set", "action", "act", "ban", "x"], "Expecting value: line 1 column 1 (char 0)"),
        (
            ["set", "action", "act", "ban", "[1]"],
            "expected a JSON object with named arguments, not '[1]'",
        ),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else str(v)[:20],
)
def test_wrong_words(ask, words, text) -> None:
    """The texts are those of the reference."""
    verb, *rest = words
    assert ask(verb, "j1", *rest).text == text


def test_a_method_is_called_with_named_arguments(ask, desk) -> None:
    """From JSON, or none."""
    assert ask("set", "j1", "action", "act", "ban", '{"aInfo": {"ip": "192.0.2.1"}}') is True
    assert ask("set", "j1", "action", "act", "start") is True
    assert desk.jails["j1"].calls == [
        ("act", "ban", {"aInfo": {"ip": "192.0.2.1"}}),
        ("act", "start", {}),
    ]


def test_an_action_is_removed(ask) -> None:
    """The answer is None."""
    assert ask("set", "j1", "delaction", "act") is None
    assert ask("get", "j1", "actions") == []


def test_python_actions(ask, desk) -> None:
    """They are added with arguments, and asked themselves for attributes and methods."""
    arguments = json.dumps({"dest": "me", "retries": 3})
    assert ask("set", "j1", "addaction", "mail", "/x.py", arguments) == "mail"
    assert desk.jails["j1"].settings.actions[1] == ActionSettings(
        "mail", {"dest": "me", "retries": "3"}, "/x.py"
    )
    assert ask("get", "j1", "actionproperties", "mail") == ["dest"]
    assert ask("get", "j1", "actionmethods", "mail") == ["ban", "stop"]
    assert ask("set", "j1", "action", "mail", "dest", "you") == "you"
    assert ask("get", "j1", "action", "mail", "dest") == "you"
    assert ask("get", "j1", "action", "mail", "x").text == "'Action' object has no attribute 'x'"
    assert ask("set", "j1", "action", "mail", "stop") is True
    assert desk.jails["j1"].calls == [("mail", "stop", {})]
    assert ask("set", "j1", "addaction", "other", "/x.py") == "other"
