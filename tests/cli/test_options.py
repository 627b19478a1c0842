"""The command line is read as GNU programs do, up to the command (1.3)."""

import logging

import pytest

from banward import logs
from banward.cli.options import LEVELS, OPTIONS, UsageError, parse


def read(*words: str):
    found = parse("fail2ban-client", words)
    return found.values, found.flags, found.command


@pytest.mark.parametrize(
    ("words", "values", "flags", "command"),
    [
        (["ping"], {}, {}, ["ping"]),
        ([], {}, {}, []),
        (["-s", "/x", "ping"], {"socket": "/x"}, {}, ["ping"]),
        (["-s/x", "ping"], {"socket": "/x"}, {}, ["ping"]),
        (["--socket=/x", "ping"], {"socket": "/x"}, {}, ["ping"]),
        (["--socket", "/x", "ping"], {"socket": "/x"}, {}, ["ping"]),
        (["--sock", "/x"], {"socket": "/x"}, {}, []),
        (["--socket="], {"socket": ""}, {}, []),
        (["-c", "/etc", "-p", "/p"], {"conf": "/etc", "pidfile": "/p"}, {}, []),
        (["-xf", "start"], {}, {"x": 1, "f": 1}, ["start"]),
        (["-xfs", "/x", "start"], {"socket": "/x"}, {"x": 1, "f": 1}, ["start"]),
        (["-vv", "-v", "-q"], {}, {"v": 3, "q": 1}, []),
        (["--dump-pretty"], {}, {"dp": 1}, []),
        (["--dp"], {}, {"dp": 1}, []),
        (["-t", "reload"], {}, {"t": 1}, ["reload"]),
        (["--test"], {}, {"t": 1}, []),
        (["--help"], {}, {"h": 1}, []),
        (["--version"], {}, {"version": 1}, []),
        (["--str2sec", "1d 12h"], {"str2sec": "1d 12h"}, {}, []),
        (["status", "-v", "--all"], {}, {}, ["status", "-v", "--all"]),
        (["-v", "--", "-x"], {}, {"v": 1}, ["-x"]),
        (["-"], {}, {}, ["-"]),
        (["--async", "-b"], {}, {"async": 1, "b": 1}, []),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_words_are_read(words, values, flags, command) -> None:
    """Values apart or joined, letters in a row, long names cut short."""
    assert read(*words) == (values, flags, command)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-Z"], "option -Z is not known"),
        (["-vZ"], "option -Z is not known"),
        (["--bogus"], "option --bogus is not known"),
        (["--log", "x"], "option --log is not clear"),
        (["--test=1"], "option --test takes no value"),
        (["-s"], "option --socket wants a value: FILE"),
        (["--timeout"], "option --timeout wants a value: TIME"),
        (["---"], "is not known"),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_what_is_not_understood_is_named(words, text) -> None:
    """An unknown option never becomes a command."""
    with pytest.raises(UsageError, match=text):
        read(*words)


def test_options_of_our_own_are_pairs() -> None:
    """What a server that reads no configuration is told beyond the reference's options."""
    found = parse("fail2ban-server", ["--extra", "a=b=c", "--extra=d=", "--async"])
    assert found.extra == {"a": "b=c", "d": ""}


@pytest.mark.parametrize(
    ("words", "verbosity"), [([], 0), (["-v"], 1), (["-vvv", "-v"], 4), (["-q"], -1), (["-vq"], 0)]
)
def test_how_much_is_said(words, verbosity) -> None:
    """More and less cancel out."""
    assert parse("fail2ban-client", words).verbosity == verbosity


def test_programs_are_told_apart() -> None:
    """By their name."""
    assert parse("fail2ban-server", ["-f"]).is_server
    assert parse("fail2ban-server", ["-f"]).foreground
    assert not parse("fail2ban-client", []).is_server


def test_levels_are_those_of_the_log() -> None:
    """They are written twice, as the client does without ``logging``."""
    assert set(LEVELS) == set(logs.LEVELS)
    assert logging.getLevelName(logs.NOTICE) == "NOTICE"


def test_names_of_options_are_unique() -> None:
    """Each letter and each long name is there once."""
    for names in ([row[0] for row in OPTIONS], [row[1] for row in OPTIONS]):
        given = [name for name in names if name]
        assert len(given) == len(set(given))
