"""Actions: names, values, tags, native backends, Python files."""

from __future__ import annotations

import pytest


@pytest.fixture
def action(read_jail):
    """The first action of the jail j; its option action and the files of b are given."""

    def read_action(reference, text="", local="", section=""):
        files = {"action.d/b.conf": text or "[Definition]\nactionban = x\n"}
        if local:
            files["action.d/b.local"] = local
        files["jail.local"] = f"[j]\naction = {reference}\n"
        jail = read_jail(f"{section}\n", files)
        assert jail.skipped == ""
        return jail.actions[0]

    return read_action


def params(action):
    """The parameters of an action by name."""
    return {setting.name: setting.value for setting in action.params}


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("b", "b"),
        ("b[name=j]", "b"),
        ("b[name=j-tcp]", "b-tcp"),
        ("b[name=zz]", "b-zz"),
        ("b[actname=one]", "one"),
        ("b[name=zz, actname=one]", "one"),
        ("p.py[x=1]", "p"),
        ("p.py[x=1, actname=one]", "one"),
    ],
)
def test_names(action, reference, name):
    """The name follows ``name``, unless ``actname`` says it."""
    assert action(reference).name == name


@pytest.mark.parametrize(
    ("text", "reference", "command"),
    [
        ("[Definition]\nactionban = <x>\n[Init]\nx = 1\n", "b", "1"),
        ("[Definition]\nactionban = <x>\n[Init]\nx = 1\n", "b[x=2]", "2"),
        ("[Definition]\nx = 3\nactionban = %(x)s <x>\n[Init]\nx = 1\n", "b", "3 1"),
        ("[Definition]\nactionban = <x>\n[Init]\nx = 1\n", 'b[x="<known/x>0"]', "10"),
        ("[Definition]\nactionban = <maxretry> <findtime> <port>\n", "b", "9 <findtime> <port>"),
        ("[Definition]\nactionban = %(maxretry)s <enabled>\n", "b", "9 True"),
        (
            "[Definition]\nactionban = <ip> <matches> <bantime>\nmatches = m\n[Init]\nbantime = 3\n",
            "b",
            "<ip> <matches> <bantime>",
        ),
        ("[Definition]\nactionban = <k>\n[Init]\nk = 1\n[Init?family=inet6]\nk = 2\n", "b", "<k>"),
        ("[Definition]\nactionban = no\n", 'b[actionban="mine <name>"]', "mine j"),
        ("[DEFAULT]\nactionban = d\n[Definition]\n", "b", "d"),
    ],
)
def test_commands(action, text, reference, command):
    """The command that is sent has parameters, [Init] and the jail's own options in it."""
    section = "maxretry = 9\nport = 22"

    assert params(action(reference, text, section=section))["actionban"] == command


def test_what_is_sent(action):
    """Standard options by their type, parameters and [Init] as they are, nothing else."""
    text = "[Definition]\nactionban = <v>\nv = 1\nnorestored = yes\n[Init]\nx = <v>\ny = 2\n"

    assert params(action("b[y=3]", text)) == {
        "actionban": "1",
        "norestored": True,
        "y": "3",
        "name": "j",
        "actname": "b",
        "x": "<v>",
    }


def test_a_parameter_replaces_the_value_of_a_family(action):
    """It also takes the place of ``[Init?family=inet6]``, unless that one is given too."""
    text = "[Definition]\n[Init]\nk = 4\n[Init?family=inet6]\nk = 6\n"

    family = "k?family=inet6"
    assert params(action("b", text))[family] == "6"
    assert params(action("b[k=x]", text))[family] == "x"
    assert params(action(f"b[k=x, {family}=y]", text))[family] == "y"


def test_a_python_action(action, tmp_path):
    """Its parameters are handed on as they are; its file is found below action.d."""
    found = action("p.py[x=<ip>, actname=one]")

    assert params(found) == {"x": "<ip>"}
    assert found.python_file == f"{tmp_path}/etc/action.d/p.py"


NATIVE = "[Definition]\nactionban = x\nactionunban = y\n[Init]\nnative = nftables\n"


def test_a_native_action(action):
    """``native`` in the [Init] of an action names the backend that does it."""
    found = action("b[port=1]", NATIVE)

    assert found.native == "nftables"
    assert params(found)["native"] == "nftables"


@pytest.mark.parametrize(
    ("reference", "local"),
    [
        ('b[actionban="z"]', ""),
        ("b", "[Definition]\nactionban = z\n"),
        ("b", "[Definition]\nactionstop = z\n"),
        ("b", "[Init]\nactioncheck = z\n"),
    ],
)
def test_a_command_of_the_users_own_goes_before_the_native_backend(action, reference, local):
    """Whoever writes a command wants it run, so the commands run as given."""
    found = action(reference, NATIVE, local)

    assert found.native == ""
    assert "native" not in params(found)


def test_other_values_of_the_user_leave_it_native(action):
    """Parameters that are no commands are the backend's to read."""
    assert action("b[x=1]", NATIVE, "[Init]\nblocktype = drop\n").native == "nftables"


def test_commands_of_an_include_beside_it_leave_it_native(read_jail):
    """A shipped action may take its commands from another shipped file."""
    files = {
        "action.d/b.conf": "[INCLUDES]\nbefore = c.conf\n[Init]\nnative = nftables\n",
        "action.d/c.conf": "[Definition]\nactionban = x\n",
        "jail.local": "[j]\naction = b\n",
    }

    assert read_jail("", files).actions[0].native == "nftables"


def test_an_include_of_the_users_own_makes_it_run_commands(write, read_jail):
    """The user's own common file over a shipped action counts as a command of his."""
    write(
        {
            "action.d/b.conf": "[INCLUDES]\nbefore = c.conf\n[Init]\nnative = nftables\n",
            "action.d/c.conf": "[Definition]\nactionban = shipped\n",
        },
        "rules",
    )
    rules = write({}, "rules")
    files = {"action.d/c.conf": "[Definition]\nactionban = mine\n"}
    files["jail.local"] = "[j]\naction = b\n"

    (found,) = read_jail("", files, fallback=rules).actions

    assert (found.native, params(found)["actionban"]) == ("", "mine")
