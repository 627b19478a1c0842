"""The client asks, prints and ends with the right code; it loads next to nothing for that."""

import contextlib
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from banward.cli import client
from banward.control.framing import CLOSE, END, Splitter
from banward.testing.rights import is_root

Answer = Callable[[list[Any]], Any]


class Answering:
    """A server that gives the answers that it is told; None closes the connection.

    Args:
        path: where it listens.
        answer: what it answers to the words of a command: a value, or bytes as they are.
    """

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path, self.answer = path, answer
        self.asked: list[list[Any]] = []
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        self.listening.listen()
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self) -> "Answering":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                with connection, contextlib.suppress(OSError):
                    self.talk(connection)

    def talk(self, connection: socket.socket) -> None:
        splitter = Splitter()
        while data := connection.recv(65536):
            for message in splitter.feed(data):
                if message == CLOSE:
                    return
                self.asked.append(pickle.loads(message))
                answer = self.answer(self.asked[-1])
                if answer is None:
                    return
                raw = answer if isinstance(answer, bytes) else pickle.dumps(answer)
                connection.sendall(raw + END)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short path."""
    return tmp_path_factory.mktemp("c")


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """The client takes over signals."""
    kept = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def call(folder: Path, *words: str, program: str = "fail2ban-client") -> tuple[int, str, list[str]]:
    """Exit code, standard output, and the messages on standard error."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = client.run(program, ["-s", f"{folder}/s", *words])
    lines = err.getvalue().splitlines()
    return code, out.getvalue(), [line.partition("]: ")[2] or line for line in lines]


def test_an_answer_is_printed(folder: Path) -> None:
    """The words go out as they are, the answer comes out laid out."""
    with Answering(folder / "s", lambda _: (0, "pong")) as server:
        assert call(folder, "ping") == (0, "Server replied: pong\n", [])
        assert call(folder, "get", "j1", "it's", "-x") == (0, "pong\n", [])
    assert server.asked == [["ping"], ["get", "j1", "it's", "-x"]]


@pytest.mark.parametrize(
    ("error", "out", "err"),
    [
        (ValueError("bad"), "bad", "NOK: ('bad',)"),
        (IndexError("x"), "Sorry but the command is invalid", "NOK: ('x',)"),
        (FileNotFoundError(2, "No", "/x"), "[Errno 2] No: '/x'", "NOK: (2, 'No')"),
    ],
    ids=repr,
)
def test_an_error_is_printed_and_logged(folder: Path, error: Exception, out: str, err: str) -> None:
    """Its text on standard output, its arguments on standard error (5.4)."""
    with Answering(folder / "s", lambda _: (1, error)):
        assert call(folder, "x") == (255, f"{out}\n", [f"ERROR   {err}"])


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (["SHUTDOWN"], "The server is shutting down"),
        ("ERROR: broken", "ERROR: broken"),
        (b"hello", "the answer can't be read: Memo value not found at index 101"),
        (None, "the server closed the connection without an answer"),
    ],
    ids=["shutdown", "text", "garbage", "nothing"],
)
def test_other_answers_are_errors(folder: Path, answer: Any, text: str) -> None:
    """What is no pair is shown, and nothing is made of it."""
    with Answering(folder / "s", lambda _: answer):
        code, out, err = call(folder, "x")
    assert (code, out) == (255, "")
    assert err[0].endswith(text)


def test_an_answer_of_another_shape_is_printed_as_it_is(folder: Path) -> None:
    """A server of another release may know more."""
    with Answering(folder / "s", lambda _: (0, {"new": [1]})):
        assert call(folder, "status", "j1", "new")[1] == "{'new': [1]}\n"


def test_no_server_is_an_error(folder: Path) -> None:
    """The words are those that scripts look for."""
    missing = f"ERROR   Failed to access socket path: {folder}/s. Is fail2ban running?"
    assert call(folder, "status") == (255, "", [missing])
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{folder}/s")
    refused = "[Errno 111] Connection refused"
    text = f"ERROR   [{refused}] Unable to contact server. Is it running?"
    assert call(folder, "status") == (255, "", [text])
    assert call(folder, "ping") == (255, "", [f"ERROR   {refused}"])


@pytest.mark.skipif(not is_root(), reason="only root can take on another user")
def test_a_socket_of_others_is_an_error(folder: Path) -> None:
    """With a hint at what is missing."""
    with Answering(folder / "s", lambda _: (0, 1)):
        (folder / "s").chmod(0o700)
        for path in (folder, *folder.parents[:-2]):
            path.chmod(0o755)
        text = f"ERROR   Permission denied to socket: {folder}/s, (you must be root)"
        os.seteuid(65534)
        try:
            assert call(folder, "status") == (255, "", [text])
        finally:
            os.seteuid(0)


def test_ping_waits_as_long_as_it_is_told(folder: Path) -> None:
    """The number is the limit in seconds."""
    ready = threading.Event()
    with Answering(folder / "s", lambda _: ready.wait(10) and (0, "pong")):
        try:
            assert call(folder, "ping", "0.01") == (255, "", ["ERROR   timed out"])
        finally:
            ready.set()
        assert call(folder, "ping", "x") == (
            255,
            "",
            ["ERROR   could not convert string to float: 'x'"],
        )


# The command line -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "out", "err"),
    [
        (["-V"], 0, "1.1.2.1\n", []),
        (["--version"], 0, "Fail2Ban v1.1.2.dev1\n", []),
        (["--str2sec", "1d12h"], 0, "129600\n", []),
        (
            ["--loglevel", "foo", "ping"],
            255,
            "ERROR: Invalid log level 'FOO'\n",
            ["ERROR   Init of command line failed"],
        ),
        (
            ["-c", "/nonexistent", "-d"],
            255,
            "ERROR: Base configuration directory /nonexistent does not exist \n",
            ["ERROR   Init of command line failed"],
        ),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_what_needs_no_server(folder: Path, words, code, out, err) -> None:
    """Versions, times, and what is wrong with the command line."""
    assert call(folder, *words) == (code, out, err)


def test_a_bad_time_is_an_error(folder: Path) -> None:
    """It is named on standard output."""
    code, out, err = call(folder, "--str2sec", "1 xyz")
    assert (code, out[:7], err) == (255, "ERROR: ", ["Init of command line failed"])


@pytest.mark.parametrize(
    ("words", "code", "err"),
    [
        (["-h"], 0, []),
        (["help"], 0, []),
        ([], 255, []),
        (["-Z"], 255, ["Init of command line failed"]),
    ],
    ids=["-h", "help", "nothing", "unknown"],
)
def test_the_usage_is_printed(folder: Path, words, code, err) -> None:
    """On request, without a command, and for an unknown option."""
    got, out, errors = call(folder, *words)
    assert (got, errors) == (code, err)
    assert out.startswith("Usage: fail2ban-client [OPTIONS] <COMMAND>\n\n")


def test_a_signal_ends_the_client(folder: Path) -> None:
    """With a blank line, a word about it, and the code of failures (1.6)."""
    asked = threading.Event()
    done = threading.Event()

    def answer(_: list[Any]) -> Any:
        asked.set()
        done.wait(10)

    with Answering(folder / "s", answer):
        words = [sys.executable, "-m", "banward.cli.client", "-s", f"{folder}/s", "sleep", "9"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert asked.wait(20)
            process.terminate()
            out, err = process.communicate(timeout=20)
        done.set()
    assert (process.returncode, out) == (255, b"\n")
    assert err.endswith(b"WARNING Caught signal 15. Exiting\n")


def test_a_reader_that_has_enough_is_no_error(folder: Path) -> None:
    """As with ``fail2ban-client … | head``."""
    with Answering(folder / "s", lambda _: (0, "x" * 1_000_000)):
        words = f"{sys.executable} -m banward.cli.client -s {folder}/s version | head -c 1"
        done = subprocess.run(words, shell=True, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"x", b"")


def test_what_the_terminal_can_not_show_is_escaped(folder: Path) -> None:
    """A text in no encoding of the terminal does not end the client."""
    with Answering(folder / "s", lambda _: (0, "ü\udcff")):
        done = subprocess.run(
            [sys.executable, "-m", "banward.cli.client", "-s", f"{folder}/s", "version"],
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            capture_output=True,
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\\xfc\\udcff\n", b"")


HEAVY = {"asyncio", "msgspec", "typer", "rich", "logging", "dataclasses", "argparse", "pathlib"}


def test_a_plain_command_loads_little(folder: Path) -> None:
    """A monitor that pings each second must not be felt."""
    script = (
        "from banward.cli.client import run;"
        f"code = run('fail2ban-client', ['-s', '{folder}/s', 'ping']);"
        "print(*sys.modules); sys.exit(code)"
    )
    with Answering(folder / "s", lambda _: (0, "pong")):
        script = f"import sys; sys.path.insert(0, {SOURCE!r}); {script}"
        words = [sys.executable, "-S", "-c", script]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    first, modules = done.stdout.splitlines()
    assert first == "Server replied: pong"
    assert not HEAVY & set(modules.split())


SOURCE = str(Path(client.__file__).parents[2])
