"""What a jail reads is shown and set as the reference does (5.3)."""

import logging
import os
from pathlib import Path

import pytest

from banward.settings import LogPath
from control.jail_values import assert_answer, assert_refusal


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["get", "logencoding"], "UTF-8"),
        (["set", "logencoding", "ascii"], "ascii"),
        (["get", "logtimezone"], None),
        (["set", "logtimezone", "UTC+0200"], "UTC+0200"),
        (["get", "prefregex"], ""),
        (["get", "failregex"], []),
        (["get", "ignoreregex"], []),
        (["get", "usedns"], "warn"),
        (["set", "usedns", "RAW"], "raw"),
        (["get", "maxlines"], 1),
        (["set", "maxlines", "2"], 2),
        (["get", "datepattern"], (None, "Default Detectors")),
        (["set", "datepattern", "%Y"], ("%Y", "Year")),
        (["set", "prefregex", "^x<F-ID>.*</F-ID>$"], "^x(?P<fid>.*)$"),
        (["get", "logpath"], []),
        (["get", "journalmatch"], []),
    ],
    ids=lambda v: str(v)[:50],
)
def test_values(ask, words, answer) -> None:
    """Each set answers what the get answers."""
    assert_answer(ask, words, answer)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["maxlines", "0"], "maxlines must be integer greater than zero"),
        (["maxlines", "x"], "invalid literal for int() with base 10: 'x'"),
        (["logencoding", "foo"], "unknown encoding: foo"),
        (["logtimezone", "Foo/Bar"], "Unknown or unsupported time zone: 'Foo/Bar'"),
        (["delfailregex", "x"], "invalid literal for int() with base 10: 'x'"),
        (["addfailregex", "^ x$"], "No failure-id group in '^ x$'"),
    ],
)
def test_wrong_values(ask, desk, words, text) -> None:
    """The texts are those of the reference, and nothing has changed."""
    assert_refusal(ask, desk, words, text)


def test_auto_is_the_encoding_of_the_locale(ask, desk) -> None:
    """It is kept as ``auto`` and shown as what it is."""
    assert ask("set", "j1", "logencoding", "latin-1") == "latin-1"
    assert ask("set", "j1", "logencoding", "auto") == "UTF-8"
    assert desk.jails["j1"].settings.filter.logencoding == "auto"


def test_a_wrong_way_to_use_dns_is_no(ask, caplog: pytest.LogCaptureFixture) -> None:
    """The safe one, with an error in the log."""
    assert ask("set", "j1", "usedns", "foo") == "no"
    assert caplog.record_tuples == [
        (
            "fail2ban.filter",
            logging.ERROR,
            "Incorrect value 'foo' specified for usedns. Using safe 'no'",
        )
    ]


def test_parameters_are_logged(ask, caplog: pytest.LogCaptureFixture) -> None:
    """As the reference does, with two blanks before."""
    caplog.set_level(logging.INFO)
    ask("set", "j1", "maxlines", "2")
    ask("set", "j1", "logencoding", "ascii")
    ask("set", "j1", "datepattern", "%Y")
    ask("set", "j1", "datepattern", "")
    assert [(name, text) for name, _, text in caplog.record_tuples] == [
        ("fail2ban.filter", "  maxLines: 2"),
        ("fail2ban.filter", "  encoding: ascii"),
        ("fail2ban.datedetector", "  date pattern `%Y`: `Year`"),
    ]


# Expressions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["failregex", "ignoreregex"])
def test_expressions_are_added_and_removed(ask, kind, caplog: pytest.LogCaptureFixture) -> None:
    """They are shown as the engine reads them; a wrong number is only logged."""
    one, two = "^ a <F-ID>x</F-ID>", "^ b <F-ID>y</F-ID>"
    shown = ["^ a (?P<fid>x)", "^ b (?P<fid>y)"]
    assert ask("set", "j1", f"add{kind}", one, "left out") == shown[:1]
    assert ask("set", "j1", f"add{kind}", two) == shown
    assert ask("set", "j1", f"del{kind}", "7") == shown
    assert caplog.messages == ["Cannot remove regular expression. Index 7 is not valid"]
    assert ask("set", "j1", f"del{kind}", 0) == shown[1:]
    assert ask("set", "j1", f"del{kind}", "0") == []
    assert ask("get", "j1", kind) == []


# Files ----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two log files."""
    for name in ("a.log", "b.log"):
        (tmp_path / name).touch()
    return tmp_path


def test_files_are_added_and_removed(ask, desk, folder: Path, caplog) -> None:
    """In order; one that is there already is only logged, one that is not is left alone."""
    one, two = str(folder / "a.log"), str(folder / "b.log")
    assert ask("set", "j1", "addlogpath", one, "tail") == [one]
    assert ask("set", "j1", "addlogpath", two) == [one, two]
    assert ask("set", "j1", "addlogpath", one) == [one, two]
    assert caplog.messages == [f"{one} already exists"]
    assert [log.tail for log in desk.jails["j1"].settings.logpaths] == [True, False]
    assert ask("set", "j1", "dellogpath", "/missing") == [one, two]
    assert ask("set", "j1", "dellogpath", one) == [two]
    assert ask("get", "j1", "logpath") == [two]


def test_wrong_files_are_refused(ask, folder: Path) -> None:
    """The number of words, the option, then the file itself."""
    path = str(folder / "a.log")
    assert ask("set", "j1", "addlogpath", path, "head", "x").text == (
        "Only one file can be added at a time"
    )
    assert ask("set", "j1", "addlogpath", path, "foo").text == (
        "File option must be 'head' or 'tail'"
    )
    missing = ask("set", "j1", "addlogpath", f"{path}.1")
    assert missing.text == f"[Errno 2] No such file or directory: '{path}.1'"
    assert missing.name == "FileNotFoundError"
    assert ask("set", "j1", "addlogpath", str(folder)).name == "IsADirectoryError"
    assert ask("set", "j1", "addlogpath").name == "IndexError"


def test_a_pipe_does_not_stop_the_server(ask, folder: Path) -> None:
    """It is not opened to see whether it can be read."""
    os.mkfifo(folder / "pipe")
    assert ask("set", "j1", "addlogpath", str(folder / "pipe")) == [str(folder / "pipe")]


# Journal --------------------------------------------------------------------------------------


def test_matches_of_the_journal(ask, desk) -> None:
    """Words are alternatives where a plus stands between; each alternative is there once."""
    desk.jails["j1"].backend = "systemd"
    first = ["set", "j1", "addjournalmatch", "_A=1", "_B=2", "+", "_C=3"]
    assert ask(*first) == [["_A=1", "_B=2"], ["_C=3"]]
    assert ask(*first) == [["_A=1", "_B=2"], ["_C=3"]]
    assert ask("set", "j1", "addjournalmatch", "_D=4 _E=5") == [
        ["_A=1", "_B=2"],
        ["_C=3"],
        ["_D=4", "_E=5"],
    ]
    assert ask("set", "j1", "deljournalmatch", "_C=3") == [["_A=1", "_B=2"], ["_D=4", "_E=5"]]
    assert ask("set", "j1", "addjournalmatch", "foo").text == (
        "'foo' is no match for the journal, expected FIELD=value"
    )
    assert ask("set", "j1", "deljournalmatch") == []


def test_matches_mean_nothing_to_files(ask) -> None:
    """They are neither kept nor refused."""
    assert ask("set", "j1", "addjournalmatch", "_A=1") == []
    assert ask("set", "j1", "deljournalmatch", "_A=1") == []


def test_a_file_that_a_pattern_found_can_be_left_out(ask, desk, tmp_path: Path) -> None:
    """Its pattern goes and the other files stay, or it would be found again."""
    for name in ("a.log", "b.log"):
        (tmp_path / name).touch()
    ask("set", "j1", "banward", "logpath", f"{tmp_path}/*.log tail")
    assert ask("get", "j1", "logpath") == [f"{tmp_path}/a.log", f"{tmp_path}/b.log"]
    assert ask("set", "j1", "dellogpath", f"{tmp_path}/a.log") == [f"{tmp_path}/b.log"]
    assert desk.jails["j1"].settings.watch.logpaths == (LogPath(f"{tmp_path}/b.log", tail=True),)
