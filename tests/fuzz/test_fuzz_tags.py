"""Tags of commands, of configurations and of regexes."""

from __future__ import annotations

import contextlib

from banward.config.ini import Raw
from banward.config.model import ProblemError
from banward.config.tags import expand_tags
from banward.enforcement.tags import expand_dynamic, expand_static
from banward.errors import ActionError, PatternError
from banward.matching.pattern import compile_failregex, compile_pattern
from banward.records import Place
from fuzz.fuzzing import fuzz

EVIL = "$(touch owned)`id`'\"\n;|<ip>"
TOKENS = [
    *(b"<a>", b"<b>", b"<c>", b"<<a>>", b"<a?family=inet6>", b"<known/a>", b"<ip>", b"<matches>"),
    *(b"<", b">", b"</", b"<F-", b"<F-USER>", b"</F-USER>", b"<F-ID>", b"</F-ID>", b"<HOST>"),
    *(b"<ADDR>", b"<F-MLFID>", b"</F-MLFID>", b"<SKIPLINES>", b"<br>", b"<sp>", b"\0", b"a", b" "),
    *(b"(?:", b"(", b")", b"[", b"]", b"*", b"+", b"?", b"\\", b"|", b"{1,2}", b"(?i)", b"^", b"$"),
    *(b"$f2bV_ip", b"'", b'"', b"`", b"\n", b"(?P<x>", b"(?P=x)", b"(?#", b"[[", b"--", b"&&"),
]


def check(data: bytes) -> None:
    parts = data.decode("utf-8", "replace").split("\0")
    text, props = parts[0], dict(zip("abc", parts[1:], strict=False))
    with contextlib.suppress(ActionError):
        filled = expand_static(text, props, "inet6")
        values = {"ip": EVIL, "matches": "x" * 20_000, "F-USER": "\0\udcff"}
        command = expand_dynamic(filled, lambda tag: (tag, values[tag]) if tag in values else None)
        assert command.text.count("touch owned") == filled.count("touch owned")
        assert not any("\0" in value for value in command.args)
    with contextlib.suppress(ProblemError):
        expand_tags("a", Raw(text, Place("/f", 1)), props.get)


def check_regex(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(PatternError):
        compile_pattern(text)
    for names, multiline in ((True, False), (False, True)):
        with contextlib.suppress(PatternError):
            compile_failregex(text, names=names, multiline=multiline, given=())


def test_tags_of_commands():
    """They end, and no value of a ban becomes text of the command."""
    fuzz("tags", check, TOKENS)


def test_tags_of_regexes():
    """A regex can be used, or the error shows it; nothing else happens."""
    fuzz("regex", check_regex, TOKENS)
