"""Configuration files of any bytes: what is wrong is a problem with a place, and nothing else."""

from __future__ import annotations

import contextlib

from banward.config import ini
from banward.config.interpolation import Interpolator
from banward.config.model import ProblemError
from banward.config.reference import split_actions, split_reference
from banward.config.sections import Sections
from banward.errors import ConfigError
from fuzz.fuzzing import fuzz

TOKENS = [
    *(b"[", b"]", b"[DEFAULT]\n", b"[sshd]\n", b"[Init?family=inet6]\n", b"[INCLUDES]\n"),
    *(b"=", b":", b" = ", b"a", b"b = %(a)s\n", b"a = %(b)s%(known/a)s\n", b"%", b"%%", b"%("),
    *(b")s", b"\n", b"\r\n", b"\r", b"\n ", b"\n\t", b";", b" ;", b"#", b"#;", b"\0", b"\xff"),
    *("\ufeff".encode(), "\u2028".encode(), "\x85".encode(), b"known/", b"sshd/a", b"_x"),
    *(b'x[y="', b"x[y='", b'"]', b", ", b"][", b"action = a[b=c]\n", b"\\"),
]


def check(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    file = ini.parse(text, "/f")
    last = len(text.splitlines()) + 1
    options = [raw for section in file.sections.values() for raw in section.values()]
    assert all(1 <= raw.place.line <= last for raw in options)
    assert all(problem.place is not None for problem in file.problems)
    sections = Sections()
    sections.merge(file)
    interpolator = Interpolator(sections)
    for section in sections.names:
        for option in sections.own(section):
            with contextlib.suppress(ProblemError):
                raw = interpolator.get(section, option)
                assert raw is None or len(raw.text) <= 2**20
    for read in (split_reference, split_actions):
        with contextlib.suppress(ConfigError):
            read(text)


def test_the_reader_of_ini_files():
    """Any text is read, every option has its line, and references end."""
    fuzz("ini", check, TOKENS)
