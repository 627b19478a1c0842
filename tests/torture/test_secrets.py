"""Secrets of actions, looked for where others could read them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from banward.enforcement.shell import ShellAction
from banward.masking import MASK
from banward.settings import ActionSettings
from banward.testing.clock import TestClock
from control.desks import FakeDesk
from enforcement.enforcing import NOW, Facts, ban, until

KEY = "k3y-of-mine $HOME"

QUOTED = {
    "double": 'printf "%s" "<apikey>" > <note>',
    "single": "printf '%s' '<apikey>' > <note>",
    "alone": "printf '%s %s' <apikey> > <note>",
    "heredoc": "cat > <note> <<EOF\n<apikey>\nEOF",
    "quoted heredoc": "cat > <note> <<'EOF'\n<apikey>\nEOF",
    "substituted": 'printf "%s" "$(echo "<apikey>")" > <note>',
    "commented": "printf '%s' '<apikey>' > <note> # don't say it",
    "by another": 'printf "%s" "<header>" > <note>',
    "arithmetic": 'test $((1 + 1)) = 2 && printf "%s" "<apikey>" > <note>',
}


def action(folder, text, **more):
    params = {
        "secrets": "apikey, password",
        "apikey": KEY,
        "password": "pass-of-mine",
        "header": "<apikey>",
        "note": str(folder / "note"),
        "gate": str(folder / "gate"),
        "actionban": text,
        "timeout": "10",
        **more,
    }
    return ShellAction(ActionSettings("act", params), Facts(), TestClock(NOW))


def all_command_lines():
    """What ``ps`` would show of all processes."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append(
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
        except OSError:
            continue  # it ended
    return found


@pytest.mark.parametrize("text", QUOTED.values(), ids=QUOTED)
def test_no_list_of_processes_shows_a_secret(tmp_path, text):
    """The shell gets the value in any quotes, and its arguments do not hold it.

    Fails if ``execute.run_shell`` hands ``command.script`` to ``sh -c`` as an argument.
    """
    os.mkfifo(tmp_path / "gate")

    async def play():
        done = asyncio.create_task(
            action(tmp_path, f"{text}\ncat < <gate>").ban([ban("192.0.2.7")])
        )
        await until(lambda: (tmp_path / "note").exists() and (tmp_path / "note").read_bytes())
        shown = [line for line in all_command_lines() if "f2b" in line]
        writer = await asyncio.to_thread((tmp_path / "gate").open, "w")
        writer.close()
        return shown, await done

    shown, (outcome,) = asyncio.run(play())
    assert outcome.error == ""
    assert any("eval" in line for line in shown)
    assert not any("k3y" in line for line in all_command_lines() + shown)
    assert (tmp_path / "note").read_text().startswith("k3y-of-mine")


def test_programs_of_an_action_do_not_inherit_its_secrets(tmp_path):
    """What a command starts does not have the text with the key in its environment.

    Fails without ``unset`` in ``execute._FROM_ENVIRONMENT``.
    """
    asyncio.run(action(tmp_path, "env > <note> # <apikey>").ban([ban()]))
    assert "PATH=" in (tmp_path / "note").read_text()
    assert "k3y" not in (tmp_path / "note").read_text()


def test_the_log_of_a_command_that_fails_shows_no_secret(tmp_path, caplog):
    """Neither its text nor what it says of itself; a parameter that is no secret is shown.

    Fails without ``execute._discreet``, or if ``Commands.text`` fills in the tags of secrets.
    """
    text = "echo 'key <apikey> of <note>'; echo <password> >&2; printf '%s' \"<F-USER>\"; exit 3"
    evil = ban(fields={"user": "<apikey> $(id)"})
    with caplog.at_level(logging.DEBUG, "fail2ban"):
        (outcome,) = asyncio.run(action(tmp_path, text).ban([evil]))
    assert outcome.error
    assert "returned 3" in caplog.text
    assert f"key {MASK} of {tmp_path}/note" in caplog.text
    assert "k3y" not in caplog.text
    assert "pass-of-mine" not in caplog.text
    assert "stdout: '<apikey> $(id)" in caplog.text.replace("\\", "")


def test_a_value_of_a_ban_can_not_ask_for_a_secret(tmp_path):
    """A user named as the tag of a secret is just a user.

    Fails without ``tags._UNSAFE`` holding the angle brackets.
    """
    evil = ban(fields={"user": "<apikey>"})
    asyncio.run(action(tmp_path, 'printf "%s" "<F-USER>" > <note>; : <apikey>').ban([evil]))
    assert (tmp_path / "note").read_text() == "<apikey>"


FILES = {
    "jail.conf": """
[web]
enabled = true
backend = polling
filter = f
logpath = /dev/null
action = report[apikey="k3y-of-mine", name=web]
         mail.py[password="k3y-of-mine", user=me, secrets=password]
""",
    "filter.d/f.conf": "[Definition]\nfailregex = ^fail <HOST>$\n",
    "action.d/report.conf": """
[Definition]
actionban = <tell> --to "<user>" <ip>
tell = report --key "<apikey>"
[Init]
secrets = apikey
apikey =
user = nobody
""",
    "action.d/mail.py": "",
}


@pytest.fixture
def config(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


SHOWING = {
    "config show": ["banward.cli.banward", "config", "show"],
    "config show --json": ["banward.cli.banward", "config", "show", "--json"],
    "-d": ["banward.cli.client", "-d"],
    "--dp": ["banward.cli.client", "--dp"],
}


@pytest.mark.parametrize("words", SHOWING.values(), ids=SHOWING)
def test_no_dump_shows_a_secret(config, words):
    """What is declared secret is masked, the command keeps its tag, all else is there.

    Fails without ``masked`` in ``client_config._dump`` and ``ActionDefinition.shown``.
    """
    argv = [sys.executable, "-m", words[0], *words[1:], "-c", str(config)]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    assert "k3y" not in shown
    assert MASK in shown
    assert "nobody" in shown
    assert '--key "<apikey>"' in shown.replace("\\", "")


def test_the_server_gets_what_is_masked_elsewhere(config):
    """The stream to the server holds the values."""
    from banward.config import read_configuration, stream  # noqa: PLC0415  (only here)

    sent = json.dumps(stream(read_configuration(str(config))))
    assert sent.count("k3y-of-mine") == 2


def test_no_client_reads_a_secret(caplog):
    """Neither an answer nor the log of a command that failed shows it; a user name is shown.

    Fails without ``is_secret`` in ``jail_actions._property`` and ``masked`` in
    ``commands._shortened``.
    """
    from banward.control.commands import Dispatcher  # noqa: PLC0415  (only here)

    pairs = [["secrets", "apikey"], ["apikey", "k3y"], ["user", "me"], ["timeout", "never"]]

    async def play():
        dispatcher = Dispatcher(FakeDesk("j1"))
        await dispatcher.run(["set", "j1", "addaction", "act"])
        await dispatcher.run(["multi-set", "j1", "action", "act", pairs[:3]])
        answers = [
            await dispatcher.run(["get", "j1", "action", "act", name])
            for name in ("apikey", "user")
        ]
        bad = ["multi-set", "j1", "action", "act", pairs]
        await dispatcher.answer(bad)
        await dispatcher.answer(["reload", "--all", [], [bad]])
        await dispatcher.answer(["set", "j1", "addaction", "act", "/x.py", json.dumps(dict(pairs))])
        return answers

    assert asyncio.run(play()) == [MASK, "me"]
    assert caplog.text.count("has failed") >= 3
    assert "k3y" not in caplog.text
    assert "'me'" in caplog.text
