"""What takes the client more than one question: reload, restart, test and dump (1.4, 1.5, 1.8).

Servers here answer what they are told; the same against a real one stands in test_server and in
the transcripts.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.test_client import Answering, call

GOOD = "[j1]\nenabled = true\nbackend = polling\nfilter = f\nlogpath = {DIR}/a.log\n"
BROKEN = "[j1]\nenabled = true\nfilter = nosuch\nlogpath = {DIR}/a.log\n"
FATAL = "[j1]\nenabled = true\nfilter = f\nbantime = %(nosuch)s\nlogpath = {DIR}/a.log\n"
STREAM_OF_JAIL = [["add", "j1", "polling"], ["start", "j1"]]

Asker = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of one jail, in a folder with a short path."""
    made = tmp_path_factory.mktemp("c")
    (made / "filter.d").mkdir()
    (made / "filter.d/f.conf").write_text("[Definition]\nfailregex = ^ fail <HOST>$\n")
    (made / "fail2ban.conf").write_text("[DEFAULT]\nlogtarget = STDOUT\n[Definition]\n")
    (made / "a.log").touch()
    jails(made, GOOD)
    return made


def jails(folder: Path, text: str) -> None:
    (folder / "jail.conf").write_text(text.replace("{DIR}", str(folder)))


@pytest.fixture
def ask(folder: Path) -> Asker:
    """Run the client with that configuration."""

    def ask_one(*words: str) -> tuple[int, str, list[str]]:
        code, out, errors = call(folder, "-c", str(folder), *words)
        return code, out, [e for e in errors if not e.startswith("WARNING")]

    return ask_one


def running(words: list[Any]) -> Any:
    """What a server answers that takes everything."""
    return {"ping": (0, "pong"), "reload": (0, "OK")}.get(words[0], (0, None))


@pytest.mark.parametrize(
    ("words", "name", "options"),
    [
        (["reload"], "--all", []),
        (["reload", "--all"], "--all", []),
        (["reload", "j1"], "j1", []),
        (["reload", "--unban", "--restart", "--all"], "--all", ["--unban", "--restart"]),
        (["reload", "--if-exists", "j1"], "j1", ["--if-exists"]),
        (["restart", "j1"], "j1", ["--restart"]),
        (["restart", "--unban", "j1"], "j1", ["--restart", "--unban"]),
    ],
    ids=" ".join,
)
def test_a_reload_sends_the_whole_configuration(folder, ask, words, name, options) -> None:
    """The jail or all of them, the options, and the commands (1.5)."""
    with Answering(folder / "s", running) as server:
        assert ask(*words) == (0, "OK\n", [])
    ping, (command, sent, given, stream) = server.asked
    assert (ping, command, sent, given) == (["ping"], "reload", name, options)
    assert [c for c in stream if c in STREAM_OF_JAIL] == STREAM_OF_JAIL


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["reload", "a", "b"], "Unexpected argument(s) for reload: ['a', 'b']"),
        (["reload", "x", "--unban"], "Unexpected argument(s) for reload: ['x', '--unban']"),
        (["reload", "nosuch"], "Failed during configuration: No section: 'nosuch'"),
        (["restart", "--bogus"], "Failed during configuration: No section: '--bogus'"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_what_can_not_be_reloaded_is_not_sent(folder, ask, words, text) -> None:
    """The client says why (1.5)."""
    with Answering(folder / "s", running) as server:
        assert ask(*words) == (255, "", [f"ERROR   {text}"])
    assert all(words == ["ping"] for words in server.asked)


def test_a_broken_configuration_is_not_sent(folder, ask) -> None:
    """Neither one that can't be read, nor one of which nothing could run."""
    for text in (FATAL, BROKEN):
        jails(folder, text)
        with Answering(folder / "s", running) as server:
            code, out, errors = ask("reload")
        assert (code, out) == (255, "")
        assert errors
        assert server.asked == [["ping"]]
        (folder / "s").unlink()


def test_nothing_is_reloaded_without_a_server(ask) -> None:
    """The configuration is not even read."""
    assert ask("reload") == (255, "", ["ERROR   Could not find server"])


def test_a_refused_reload_is_an_error(folder, ask) -> None:
    """With the words of the server."""

    def refuse(words: list[Any]) -> Any:
        return (0, "pong") if words == ["ping"] else (1, RuntimeError("Reload already in progress"))

    with Answering(folder / "s", refuse):
        code, out, errors = ask("reload")
    assert (code, out) == (255, "Reload already in progress\n")
    assert errors == ["ERROR   NOK: ('Reload already in progress',)"]


@pytest.mark.parametrize("knows", [True, False])
def test_a_restart_leaves_bans_in_force_where_that_is_known(folder, ask, knows: bool) -> None:
    """A server of the reference takes the word for a jail, and is stopped as usual."""
    stopped: list[Any] = []

    def stop(words: list[Any]) -> Any:
        if words == ["stop", "--keep-bans"] and not knows:
            return 1, KeyError("--keep-bans")
        if words[0] == "stop":
            stopped.append(words)
            return 0, None
        return ["SHUTDOWN"] if stopped else (0, "pong")

    with Answering(folder / "s", stop):
        code, out, errors = ask("--timeout", "1s", "restart")
    assert stopped == [["stop", "--keep-bans"] if knows else ["stop"]]
    assert out == "Shutdown successful\n"
    # Nobody removed the socket of this server, which is no more than a thread of the test.
    assert (code, len(errors)) == (255, 1)
    assert "not running but the socket exists" in errors[0]


# Test and dump --------------------------------------------------------------------------------


def test_a_sound_configuration_is_sound(ask) -> None:
    """Exit code 0, a line on standard output."""
    assert ask("-t") == (0, "OK: configuration test is successful\n", [])


def test_more_words_name_the_files_that_are_read(folder, ask) -> None:
    """With ``-v``, for jails, filters and actions too (1.3)."""
    code, _, told = ask("-v", "-t")
    assert code == 0
    for name in ("fail2ban.conf", "jail.conf", "filter.d/f.conf"):
        assert f"INFO      Loading files: ['{folder}/{name}']" in told
    assert not [line for line in ask("-t")[2] if "Loading" in line]


def test_still_more_words_tell_of_each_file_and_of_the_talk(folder, ask) -> None:
    """``-vv``: what is not there, what is sent, the exit code; ``-vvv``: contents and answer (1.3)."""
    with Answering(folder / "s", running):
        more, most = (ask(option, "reload", "j1")[2] for option in ("-vv", "-vvv"))
    local = [f"{folder}/filter.d/f.local"]
    assert f"DEBUG     Not there: {local}" in more
    assert any(line.startswith("DEBUG   Sending ['reload', 'j1', [], [[") for line in more)
    assert more[-1] == "DEBUG   The exit code is 0"
    assert not [line for line in more if line.startswith("TRACE")]
    assert f"TRACE       {folder}/filter.d/f.conf: 1 options in 1 sections" in most
    assert "TRACE   The answer is (0, 'OK')" in most


def test_what_is_secret_is_not_told(folder, ask) -> None:
    """Neither what is sent nor what is answered."""
    jails(folder, f"{GOOD}action = a[key=hushhush]\n")
    (folder / "action.d").mkdir()
    text = "[Definition]\nactionban = x <key>\n[Init]\nsecrets = key\nkey =\n"
    (folder / "action.d/a.conf").write_text(text)
    with Answering(folder / "s", running) as server:
        _, out, told = ask("-vvv", "reload", "j1")
    assert "hushhush" in repr(server.asked)
    assert "hushhush" not in out + "".join(told)


def test_the_test_reads_the_configuration_once(folder) -> None:
    """No file is opened a second time for what the test finds beyond fail2ban's."""
    count = (
        "import sys\n"
        "names = []\n"
        "sys.addaudithook(lambda e, a: names.append(str(a[0])) if e == 'open' else None)\n"
        "from banward.cli.client import run\n"
        "run('fail2ban-client', sys.argv[1:])\n"
        "print(*(name for name in names if name.endswith('jail.conf')))\n"
    )
    words = [sys.executable, "-c", count, "-c", str(folder), "-s", f"{folder}/s", "-t"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"OK: configuration test is successful\n{folder}/jail.conf\n"


@pytest.mark.parametrize("text", [BROKEN, FATAL], ids=["broken", "fatal"])
def test_a_broken_configuration_fails_the_test(folder, ask, text) -> None:
    """The reasons are on standard error."""
    jails(folder, text)
    code, out, errors = ask("-t")
    assert (code, out) == (255, "ERROR: test configuration failed\n")
    assert errors


def test_a_command_runs_after_the_test(folder, ask) -> None:
    """If the test was passed; else it is not even sent."""
    with Answering(folder / "s", running) as server:
        assert ask("-t", "reload") == (0, "OK\n", [])
        jails(folder, BROKEN)
        code, out, errors = ask("-t", "reload")
    assert (code, out) == (255, "")
    assert errors[-1] == "ERROR   ERROR: test configuration failed"
    assert [words[0] for words in server.asked] == ["ping", "reload"]


@pytest.mark.parametrize("option", ["-d", "--dp", "--dump-pretty"])
def test_the_commands_of_a_configuration_are_shown(ask, option) -> None:
    """One on each line, as Python writes them."""
    code, out, errors = ask(option)
    assert (code, errors) == (0, [])
    assert "['add', 'j1', 'polling']\n" in out
    assert out.endswith("['start', 'j1']\n")


def test_a_dump_that_is_empty_of_jails_fails(folder, ask) -> None:
    """If there should be some."""
    jails(folder, BROKEN)
    code, out, errors = ask("-d")
    assert code == 255
    assert "['config-error', " in out
    assert errors[-1] == "ERROR   Init of command line failed"


def test_a_dump_of_what_can_not_be_read_says_so(folder, ask) -> None:
    """In place of the commands."""
    jails(folder, FATAL)
    code, out, _ = ask("-d")
    text = "ERROR: The configuration stream failed because of the invalid syntax.\n"
    assert (code, out) == (255, text)


def test_the_test_finds_what_the_server_would_refuse(ask, folder) -> None:
    """Beside what fail2ban's test tells: values and patterns that can't be used, all at once."""
    jails(folder, f"{GOOD}bantime = 10x\n")
    (folder / "filter.d/f.conf").write_text("[Definition]\nfailregex = ^ fail (<HOST>$\n")
    code, out, errors = ask("-t")
    assert (code, out) == (255, "ERROR: test configuration failed\n")
    assert [error for error in errors if "jail.conf:6: [j1] bantime" in error]
    assert [error for error in errors if "f.conf:2: [Definition] failregex" in error]


def test_the_test_goes_on_where_fail2bans_ends(ask, folder) -> None:
    """Of several mistakes that fail2ban would stop at, each is told."""
    jails(folder, GOOD + FATAL.replace("j1", "j2") + FATAL.replace("j1", "j3"))
    code, _, errors = ask("-t")
    assert code == 255
    assert [error for error in errors if "Failed during configuration" in error]
    assert [error for error in errors if "jail.conf:14: [j3] bantime" in error]
