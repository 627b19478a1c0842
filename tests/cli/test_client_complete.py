"""Shells and the terminal are told what may follow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from banward.cli import client_complete
from banward.cli.client_complete import complete, following

ANSWERS = {
    ("status",): [("Number of jail", 2), ("Jail list", "sshd, web")],
    ("banned",): [{"sshd": ["192.0.2.1"]}, {"web": ["192.0.2.2"]}],
    ("get", "sshd", "banned"): ["192.0.2.1"],
    ("get", "sshd", "actions"): ["nftables", "mail"],
    ("get", "sshd", "actionmethods", "mail"): ["ban", "start"],
    ("get", "sshd", "actionproperties", "mail"): ["dest"],
    ("get", "sshd", "ignoreip"): ["10.0.0.0/8"],
}


def asked(question):
    return ANSWERS.get(tuple(question))


@pytest.mark.parametrize(
    ("before", "some", "none"),
    [
        ("", "status ping set get start", "statistics multi-set sleep <JAIL>"),
        ("status", "sshd web --all", "short"),
        ("status sshd", "short basic stats cymru", "sshd"),
        ("start", "sshd web", "<JAIL>"),
        ("reload", "--restart", "<JAIL>"),
        ("set", "sshd web loglevel dbfile", "thread"),
        ("set loglevel", "DEBUG NOTICE", "INVALID"),
        ("set logtarget", "SYSLOG STDOUT", "<TARGET>"),
        ("set sshd", "banip unbanip bantime addlogpath", "failregex"),
        ("set sshd idle", "on off", ""),
        ("set sshd unbanip", "--report-absent", "<IP>"),
        ("set sshd delignoreip", "10.0.0.0/8", ""),
        ("set sshd action", "nftables mail", ""),
        ("set sshd action mail", "actionban ban start dest", "<METHOD>"),
        ("get sshd", "failregex banned actions", "addfailregex"),
        ("get sshd banip", "--with-time", "<SEP>"),
        ("unban", "--all 192.0.2.1 192.0.2.2", "<IP>"),
        ("add new", "auto polling systemd", ""),
        ("get nosuch actionproperties", "", "nftables"),
        ("foo bar", "", "ping"),
    ],
)
def test_the_words_that_may_follow(before: str, some: str, none: str) -> None:
    """Words of the table, and names that the server knows."""
    found = following(before.split(), asked)
    assert set(some.split()) <= set(found)
    assert not set(none.split()) & set(found)
    assert len(found) == len(set(found))


def test_without_a_server_its_words_are_missing() -> None:
    """The others are still there."""
    assert following(["status"], lambda _: None) == ["--all"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["pi"], ["ping"]),
        (["-s", "/nonexistent", "--so"], ["--socket"]),
        (["-s", "/nonexistent", "set", "loglevel", "TRACE"], ["TRACEDEBUG"]),
        (["-Z", "x"], []),
        (["-c", "/nonexistent", "x"], []),
        (["-s"], ["-s"]),
        (["--extra"], []),
    ],
)
def test_an_unfinished_word_is_finished(words: list[str], found: list[str]) -> None:
    """Only what begins as it does; options come before the command."""
    assert complete("fail2ban-client", words) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_files_for_shells_can_be_read(shell: str) -> None:
    """The shell itself says so, where it is here."""
    program = shutil.which(shell)
    if not program:
        pytest.skip(f"{shell} is not installed")
    file = Path(client_complete.__file__).parent / f"complete/fail2ban.{shell}"
    assert subprocess.run([program, "-n", file], check=False).returncode == 0


COMPLETE = Path(client_complete.__file__).parent / "complete"

ADDED = [
    *("addignoreip", "addlogpath", "addjournalmatch", "addfailregex", "addignoreregex"),
    "addaction",
]

IN_SHELLS = {
    "bash": f"""
        source {COMPLETE}/fail2ban.bash
        COMP_WORDS=(fail2ban-client -s /nonexistent set sshd "add") COMP_CWORD=5
        _banward_fail2ban fail2ban-client
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    # The line editor of zsh needs a terminal, which zpty gives it (zshmodules(1)).
    "zsh": """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1='' fpath=($PWD \\$fpath) LISTMAX=-1 LISTPROMPT='' LINES=99 COLUMNS=20"
        zpty -w shell "autoload -U compinit; compinit -u -D; print re''ady"
        zpty -m -r shell seen "*ready*" || exit 1
        zpty -w -n shell "fail2ban-client -s /nonexistent set sshd add"$'\\t'
        zpty -m -r shell seen "*addaction*addfailregex*addlogpath*" && print -r -- $seen
    """,
    "fish": f"""
        source {COMPLETE}/fail2ban.fish
        complete -C 'fail2ban-client -s /nonexistent set sshd add'
    """,
}
"""What asks each shell to complete this line, and prints what it offers."""


@pytest.mark.parametrize("shell", IN_SHELLS)
def test_shells_complete(tmp_path: Path, shell: str) -> None:
    """The whole way: shell, program, table."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "fail2ban-client"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m banward.cli.client "$@"\n')
    program.chmod(0o755)
    (tmp_path / "_fail2ban").symlink_to(COMPLETE / "fail2ban.zsh")
    paths = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
    done = subprocess.run(
        [shell, "-c", IN_SHELLS[shell]],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, **paths},
        timeout=60,
    )
    assert set(ADDED) <= set(done.stdout.split()), done
    assert "delaction" not in done.stdout
