"""Values that attackers chose, on their way into shells, mails and terminals."""

from __future__ import annotations

import asyncio
import email
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banward.enforcement.shell import ShellAction
from banward.settings import ActionSettings
from banward.testing.clock import TestClock
from enforcement.enforcing import NOW, Facts, ban
from rules.standins import StandIns

EVIL = [
    "$(touch owned)",
    "`touch owned`",
    "x; touch owned",
    "x\ntouch owned\n",
    "x\r\ntouch owned",
    "x | touch owned",
    "x && touch owned #",
    "'; touch owned; '",
    '"; touch owned; "',
    '\\"; touch owned; \\"',
    "$IFS&&touch${IFS}owned",
    "<owned> > owned",
    "> owned",
    "*",
    "~root",
    "x\0touch owned",
    "!touch owned",
    "<ip><F-USER><matches>",
    "\u2028touch owned\u2028",
    "-rf /",
    "EOF\ntouch owned\nEOF",
]
PLACES = {
    "double": 'printf "%s" "<F-USER>" > said',
    "single": "printf '%s' '<F-USER>' > said",
    "alone": "printf '%s' <F-USER> > said",
    "in a command": 'printf "%s" "$(echo "<F-USER>")" > said',
    "heredoc": "cat > said <<EOF\n<F-USER>\nEOF",
    "quoted heredoc": "cat > said <<'EOF'\n<F-USER>\nEOF",
    "eval": "true && { printf '%s' \"<F-USER>\"; } > said",
    "lines": 'printf "%s" "<matches>" > said',
    "id": 'printf "%s" "<fid>" > said',
    "host": 'printf "%s" "<ip-host>" > said',
    "all": 'printf "%s" "<raw-ticket> <ipmatches> <ipjailmatches>" > said',
}


def perform(folder, text, value):
    facts = Facts(host=value)
    action = ShellAction(
        ActionSettings("act", {"actionban": f"cd {folder}\n{text}", "timeout": "20"}),
        facts,
        TestClock(NOW),
    )
    evil = ban(value, fields={"user": value}, lines=(value,))
    asyncio.run(action.ban([evil]))


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("value", EVIL)
def test_no_value_is_a_command(tmp_path, text, value):
    """Wherever an action puts a user name, line, id or reverse name: nothing runs, nothing is made.

    Fails if ``tags.expand_dynamic`` put in a value that holds one of ``_UNSAFE``.
    """
    perform(tmp_path, text, value)
    assert {path.name for path in tmp_path.iterdir()} <= {"said"}


@given(value=st.text(max_size=60))
@settings(max_examples=60)
def test_a_value_arrives_as_it_is(tmp_path_factory, value):
    """What a command gets between double quotes is the value letter by letter, whatever it holds.

    Only what no argument of a process can hold (NUL, half characters) is replaced. Fails without
    ``_UNSAFE`` in ``tags.expand_dynamic``.
    """
    folder = tmp_path_factory.mktemp("value")
    perform(folder, PLACES["double"], value)
    expected = (
        value.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    )
    assert (folder / "said").read_bytes().decode() == expected


BREAKS = ["\n", "\r", "\r\n", "\n ", "\x0b", "\x0c", "\x85", "\u2028", "\0\n"]


@pytest.mark.parametrize("newline", BREAKS, ids=map(repr, BREAKS))
def test_no_header_is_added_to_a_mail(tmp_path, newline):
    """What is banned, its host and its lines stay in the places that the mail has for them.

    Fails without the ``tr`` of the subject in ``rules/action.d/banward-mail.conf``.
    """
    post = StandIns(tmp_path, sendmail="", whois="echo x")
    evil = f"x{newline}Bcc: evil@example.org{newline}{newline}hello"
    sender = 'dest=root, sender=a@b.example, mailcmd=\'sendmail -f "<sender>" "<dest>"\''
    _, calls = post.perform(f"sendmail-whois[{sender}]", ["ban", evil, {"lines": [evil]}])
    texts = [call.stdin for call in calls if call.words[0] == "sendmail"]
    assert texts
    for text in texts:
        mail = email.message_from_string(text)
        assert mail.keys() == ["Subject", "Date", "From", "To"]
        assert mail["To"] == "root"


LINE = "2026-11-26 10:00:00 user \x1b]0;owned\x07\x1b[31m\u202e from 192.0.2.1"


def on_a_terminal(*argv):
    """What a program writes to a terminal."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(argv, stdout=theirs, stderr=theirs, stdin=theirs):
            os.close(theirs)
            shown = bytearray()
            while True:
                try:
                    shown += os.read(ours, 65536)
                except OSError:  # the other side is closed
                    return shown.decode()
    finally:
        os.close(ours)


@pytest.mark.parametrize(
    "option", ["--print-all-matched", "--print-all-missed", "-v", "-oline", "-oF-USER"]
)
def test_no_escape_sequence_reaches_the_terminal(tmp_path, option):
    """``fail2ban-regex`` shows lines of a log; on a terminal what does not print is escaped.

    Fails without ``harmless_output`` in ``cli/regex.py``.
    """
    log = tmp_path / "log"
    log.write_text(f"{LINE}\n2026-11-26 10:00:00 other \x1b[31m\n")
    regex = r"^ user <F-USER>.*</F-USER> from <HOST>$"
    option = option.replace("-oline", "-omsg").replace("-oF-USER", "-o<F-USER>")
    argv = [sys.executable, "-m", "banward.cli.regex", option, str(log), regex]
    shown = on_a_terminal(*argv)
    assert "\x1b]" not in shown
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown
    piped = subprocess.run(argv, capture_output=True, check=False).stdout
    assert option == "-v" or b"\x1b[31m" in piped


def test_a_jail_that_an_attacker_named_is_shown_escaped():
    """The words of a client that are shown again, as an error, hold no control characters.

    Fails without ``harmless`` in ``cli/client_output.py``.
    """
    argv = [sys.executable, "-m", "banward.cli.client", "-s", "/nonexistent\x1b[31m", "ping"]
    shown = on_a_terminal(*argv)
    assert "\x1b[31m" not in shown
