"""The terminal reads commands until it is told to end (1.3)."""

import contextlib
import io
from pathlib import Path

import pytest

from banward.cli import client_terminal
from banward.cli.client_asking import Client
from banward.cli.client_output import Output
from banward.cli.client_terminal import converse
from banward.cli.options import parse


class Told(Client):
    """A client that only notes what it is to do."""

    def __init__(self, *words: str) -> None:
        super().__init__(parse("fail2ban-client", ["-i", *words]), Output())
        self.done: list[list[str]] = []

    def run(self, words):
        self.done.append(list(words))
        return 0


@pytest.fixture(autouse=True)
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lines are not kept among those of the user who runs the tests."""
    monkeypatch.setattr(client_terminal, "_HISTORY", str(tmp_path / "history"))
    return tmp_path / "history"


def talk(client: Told, text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = converse(client, Told.run)
    return code, out.getvalue(), err.getvalue()


def test_lines_are_split_as_a_shell_does(monkeypatch) -> None:
    """Until ``exit``; empty lines are nothing."""
    client = Told()
    text = 'ping\n\n  \necho "a b" c\nexit\nping\n'
    code, out, err = talk(client, text, monkeypatch)
    assert (code, err) == (0, "")
    assert client.done == [["ping"], ["echo", "a b", "c"]]
    assert out.endswith("\n\n" + "fail2ban> " * 5)


def test_the_command_of_the_command_line_comes_first(monkeypatch) -> None:
    """Before the first prompt."""
    client = Told("version", "x")
    assert talk(client, "quit\n", monkeypatch)[0] == 0
    assert client.done == [["version", "x"]]


def test_the_end_of_the_input_is_a_failure(monkeypatch) -> None:
    """With a line break after the prompt."""
    code, out, _ = talk(Told(), "ping", monkeypatch)
    assert code == 255
    assert out.endswith("fail2ban> fail2ban> \n")


def test_a_line_that_can_not_be_split_is_an_error(monkeypatch) -> None:
    """It ends nothing."""
    client = Told()
    code, _, err = talk(client, 'echo "a\nexit\n', monkeypatch)
    assert (code, client.done) == (0, [])
    assert err.endswith("ERROR   No closing quotation\n")


def test_lines_are_kept_for_the_next_time(monkeypatch, history: Path) -> None:
    """In a file of the user's."""
    talk(Told(), "exit\n", monkeypatch)
    assert history.exists()


def test_words_are_completed_one_after_the_other() -> None:
    """As readline asks: the first, the second, none."""
    client = Told()
    client.socket = "/nonexistent"
    complete = client_terminal._completer(client, lambda: "set loglevel D")
    assert [complete("D", i) for i in range(2)] == ["DEBUG ", None]
    complete = client_terminal._completer(client, lambda: "set loglevel ")
    assert complete("", 0) == "CRITICAL "
