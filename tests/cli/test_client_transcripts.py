"""The transcripts of the reference's client, played against our client and a real server of ours.

How a case is played is written at the head of server-and-client.md. Waiting is done by asking
again until the answer is the one of the transcript, at most as long as it waited, and a second.
"""

import contextlib
import functools
import io
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from banward.cli import client
from cli.servers import START_SECONDS, RealServer, environment

CASES = json.loads((Path(__file__).parents[1] / "data/client-transcripts.json").read_text())
NAMES = [case["name"] for case in CASES]
PATIENCE = 1.0

PYTHONS_WORDS = re.compile(
    r"invalid literal for int|invalid decimal literal|is not defined|list\.remove"
    r"|invalid syntax|'str' object has no attribute"
)
"""Texts of Python's own exceptions: the exit code counts, the text may differ."""

LONGER_WORDS = "No failure-id group in "
"""Our message begins as that of the reference, and goes on with what was expected."""

OURS = "fail2ban.watcher : "
"""Begins lines of the log that are about a part which the reference does not have."""

LOG_LINE = re.compile(r"\S+ \S+ (fail2ban\.?\S*?)\s*\[\d+\]: (\w+)\s+(.*)")
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@dataclass
class Result:
    """What one command of a transcript gave."""

    words: list[str]
    out: str
    err: list[str]
    code: int | None
    wanted: Any
    more: dict[str, Any]


@dataclass
class Played:
    """A case that was played."""

    results: list[Result] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    exit: int | None = None
    folder: str = ""


class Player:
    """Plays one case.

    Args:
        case: as it stands in the file.
    """

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.server = RealServer(case["setup"]["files"])
        self.waiting = 0.0

    def play(self) -> Played:
        played = Played(folder=str(self.server.folder))
        try:
            if self.case["setup"]["server_running"]:
                self.server.start()
            for words, wanted, code, *more in self.case["commands"]:
                if words and words[0].startswith("@"):
                    self.instruct(words)
                else:
                    played.results.append(self.ask(words, wanted, code, *more))
            played.exit = self.server.stop()
            played.log = self.server.log()
        finally:
            self.server.remove()
        return played

    def instruct(self, words: list[str]) -> None:
        """Do what the harness is told."""
        match words:
            case ["@append", path, line]:
                now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
                with (self.server.folder / path).open("a") as file:
                    file.write(line.replace("{NOW}", now) + "\n")
            case ["@sleep", seconds]:
                self.waiting = float(seconds) + PATIENCE
            case ["@write", path, text]:
                self.server.write(path, text)
            case ["@wait_exit"]:
                assert self.server.process
                self.server.process.wait(START_SECONDS)

    def ask(
        self, words: list[str], wanted: Any, code: int, more: dict[str, Any] | None = None
    ) -> Result:
        """Run a command; after an ``@sleep`` until the answer is as it should be."""
        end, more = time.monotonic() + self.waiting, more or {}
        self.waiting = 0.0
        while True:
            out, err, got = self.run(words, more)
            result = Result(words, out, err.splitlines(), got, (wanted, code), more)
            if time.monotonic() > end or not differences(result, str(self.server.folder)):
                return result
            time.sleep(0.05)

    def run(self, words: list[str], more: dict[str, Any]) -> tuple[str, str, int]:
        words = [self.server.filled(word) for word in words]
        words = words if more.get("nobase") else [*self.server.base, *words]
        if "env" in more:
            return run_apart(words, more["env"])
        return run_here(more.get("prog", "fail2ban-client"), words)


def run_apart(words: list[str], extra: dict[str, str]) -> tuple[str, str, int]:
    """Run the client as a process."""
    done = subprocess.run(
        [sys.executable, "-m", "banward.cli.client", *words],
        env={**environment(), **extra},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


def run_here(program: str, words: list[str]) -> tuple[str, str, int]:
    """Run the client in this process, which is much quicker than to start one."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = client.run(program, words)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    out.flush()
    return out.buffer.getvalue().decode(), err.getvalue(), code  # type: ignore[attr-defined]


def differences(result: Result, folder: str) -> list[str]:
    """How a result differs from the transcript, in words."""
    wanted, code = result.wanted
    found = []
    if result.code != code:
        found.append(f"exit code {result.code}, expected {code}")
    free = code and isinstance(wanted, str) and is_free(wanted)
    if free and not is_allowed(result.out, wanted):
        found.append(f"stdout {result.out!r}\n      expected an error like {wanted!r}")
    elif not free and not same_output(result, folder):
        found.append(f"stdout {result.out!r}\n      expected {wanted!r}")
    lines = [line.replace("{DIR}", folder) for line in result.more.get("stderr", [])]
    if lines and not free and not same_lines(result.err, lines):
        found.append(f"stderr {result.err!r}\n      expected {lines!r}")
    return found


def is_free(wanted: str) -> bool:
    """Whether an error text may differ."""
    return wanted.startswith(LONGER_WORDS) or PYTHONS_WORDS.search(wanted) is not None


def is_allowed(text: str, wanted: str) -> bool:
    """Whether a text may stand for one that may differ."""
    longer = wanted.startswith(LONGER_WORDS)
    return text.startswith(wanted.rstrip("\n")) if longer else bool(text.strip())


def same_output(result: Result, folder: str) -> bool:
    if result.more.get("stdout_ignored"):
        return True
    wanted = result.wanted[0].replace("{DIR}", folder)
    if result.more.get("stdout_is_regex"):
        return re.fullmatch(wanted, result.out, re.DOTALL) is not None
    return bool(result.out == wanted)


def same_lines(lines: list[str], wanted: list[str]) -> bool:
    patterns = [
        re.escape(line).replace("<TS>", TIME + r",\d{3}").replace("<PID>", r"\d+")
        for line in wanted
    ]
    return len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines))


@functools.cache
def played(name: str) -> Played:
    """A case is played once, whatever is asked about it."""
    return Player(next(case for case in CASES if case["name"] == name)).play()


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, utc: None) -> None:
    """The locale and zone of the transcripts."""
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.mark.parametrize("name", NAMES)
def test_commands_answer_as_the_transcript_says(name: str) -> None:
    """Output, messages and exit code of every command, in order."""
    done = played(name)
    found = [
        f"{' '.join(result.words)}:\n    " + "\n    ".join(wrong)
        for result in done.results
        if (wrong := differences(result, done.folder))
    ]
    assert not found, "\n  ".join(["", *found])


@pytest.mark.parametrize("name", [case["name"] for case in CASES if "server_exit" in case])
def test_the_server_ends_as_the_transcript_says(name: str) -> None:
    """With the same exit code."""
    case = next(case for case in CASES if case["name"] == name)
    assert played(name).exit == case["server_exit"]


@pytest.mark.parametrize("name", [case["name"] for case in CASES if "server_log" in case])
def test_the_log_is_that_of_the_transcript(name: str) -> None:
    """The same messages; those of different parts of the server may swap."""
    case = next(case for case in CASES if case["name"] == name)
    done = played(name)
    expected = [squeezed(line.replace("{DIR}", done.folder)) for line in case["server_log"]]
    free = {before_error(line) for line in expected if PYTHONS_WORDS.search(line)}
    wanted, found = (
        Counter(before_error(line) if before_error(line) in free else line for line in lines)
        for lines in (expected, map(squeezed, logged(done.log)))
    )
    missing, more = sorted((wanted - found).elements()), sorted((found - wanted).elements())
    assert (missing, more) == ([], []), "\n  ".join(["", "missing:", *missing, "more:", *more])


def logged(lines: list[str]) -> Iterator[str]:
    """Lines of the log in the form of the transcripts."""
    for line in lines:
        if parts := LOG_LINE.match(line):
            text = f"{parts[1]} : {parts[2]} {parts[3]}"
            if not text.startswith(OURS):
                yield text


def squeezed(line: str) -> str:
    """A line without what differs from run to run: times, and whether a file had a line yet."""
    line = re.sub(r"hash = [0-9a-f]*", "hash = ", re.sub(r"\s+", " ", line))
    return re.sub(TIME, "<TIME>", line)


def before_error(line: str) -> str:
    """A line about a failed command without the error."""
    return line.partition(" Received ")[0]
