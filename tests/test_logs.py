"""The log goes where it is told, and changes without losing a record."""

import logging
import os
import socket
import sys
from pathlib import Path

import pytest

from banward import log_outputs, logs
from banward.logs import Logs, LogTargetError, level_number, setup


@pytest.fixture
def log():
    """A log that is put away after the test."""
    made = Logs()
    yield made
    made.close()
    logging.getLogger("fail2ban").setLevel(logging.NOTSET)


@pytest.fixture
def receiver(tmp_path: Path):
    """A datagram socket as syslog has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "log"))
        sock.settimeout(5)
        yield sock


def say(text: str, level: int = logging.INFO, name: str = "actions") -> None:
    logging.getLogger(f"fail2ban.{name}").log(level, text)


def messages(path: Path) -> list[str]:
    return [line.split(": ", 1)[1] for line in path.read_text().splitlines()]


def test_a_file_gets_lines_in_the_form_that_scrapers_know(log: Logs, tmp_path: Path) -> None:
    """Date, padded name, process, padded level, message."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    say("[sshd] Ban 192.0.2.9", logs.NOTICE)
    line = (tmp_path / "a.log").read_text()
    date, rest = line[:24], line[24:]
    assert rest == f"fail2ban.actions        [{os.getpid()}]: NOTICE  [sshd] Ban 192.0.2.9\n"
    assert date[4] + date[7] + date[10] + date[13] + date[19] == "-- :,"


def test_a_hostile_text_is_one_line(log: Logs, tmp_path: Path) -> None:
    """What an attacker wrote can't look like a record of its own."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    forged = "x\n2026-01-01 00:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban 192.0.2.1"
    say(f"Command {forged} failed\r\u2028\x1b[2J\u202e")
    (line,) = (tmp_path / "a.log").read_text().splitlines()
    assert r"x\n2026-01-01" in line
    assert line.endswith(r"failed\r\u2028\x1b[2J\u202e")


def test_a_traceback_is_indented(log: Logs, tmp_path: Path) -> None:
    """No line of an error text begins like a record."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    error = ValueError("x\n2026-01-01 00:00:00,000 fail2ban.actions [1]: NOTICE [sshd] Ban")
    logging.getLogger("fail2ban").error("failed", exc_info=error)
    first, *rest = (tmp_path / "a.log").read_text().splitlines()
    assert first.endswith("failed")
    assert rest
    assert all(line.startswith("    ") for line in rest)


LEVELS = [
    ("CRITICAL", 50),
    ("error", 40),
    ("Warning", 30),
    ("NOTICE", 25),
    ("INFO", 20),
    ("MSG", 18),
    ("DEBUG", 10),
    ("TRACEDEBUG", 7),
    ("HEAVYDEBUG", 5),
    ("15", 15),
]


@pytest.mark.parametrize(("name", "number"), LEVELS)
def test_levels_are_known_by_name_and_number(name: str, number: int) -> None:
    """The names of the reference, in any case (1.2)."""
    assert level_number(name) == number


@pytest.mark.parametrize("name", ["foo", "-1", "", "1.5"])
def test_other_levels_are_refused(name: str) -> None:
    """The text is that of the reference, which shows the level in upper case."""
    with pytest.raises(ValueError, match=f"Invalid log level '{name.upper()}'"):
        level_number(name)


def test_the_level_decides_what_is_written(log: Logs, tmp_path: Path) -> None:
    """Records below the level are left out; names of levels are those of the reference."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    log.set_level("notice")
    say("left out")
    say("kept", logs.NOTICE)
    log.set_level("heavydebug")
    for level in (logs.MSG, logs.TRACEDEBUG, logs.HEAVYDEBUG, 4):
        say("deep", level)
    assert [text.split() for text in messages(tmp_path / "a.log")] == [
        ["NOTICE", "kept"],
        ["MSG", "deep"],
        ["TRACE", "deep"],
        ["HEAVY", "deep"],
    ]
    assert log.level == "HEAVYDEBUG"


def test_level_zero_writes_everything(log: Logs, tmp_path: Path) -> None:
    """Zero is a level, not "as the parent"."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    log.set_level("0")
    say("deep", 1)
    assert "deep" in (tmp_path / "a.log").read_text()


def test_a_changed_target_says_so_in_the_new_place(log: Logs, tmp_path: Path) -> None:
    """The first lines of the new target name it; the old one gets nothing more."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    log.set_target(str(tmp_path / "b.log[padding=off,datetime=off]"))
    say("hello")
    start = f"fail2ban.server[{os.getpid()}]: INFO "
    assert (tmp_path / "a.log").read_text() == ""
    assert (tmp_path / "b.log").read_text().splitlines() == [
        f"{start}Start Fail2ban v1.1.2.dev1",
        f"{start}Changed logging target to {tmp_path}/b.log for Fail2ban v1.1.2.dev1",
        f"fail2ban.actions[{os.getpid()}]: INFO hello",
    ]


def test_the_same_target_again_changes_nothing(log: Logs, tmp_path: Path) -> None:
    """A reload sends the target each time."""
    for _ in range(2):
        log.set_target(str(tmp_path / "a.log"))
    assert len((tmp_path / "a.log").read_text().splitlines()) == 2


def test_a_target_that_fails_keeps_the_old_one(log: Logs, tmp_path: Path) -> None:
    """The reason stands in the old log, and the log goes on."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    with pytest.raises(LogTargetError, match="Failed to change log target"):
        log.set_target(str(tmp_path / "missing/x.log"))
    say("goes on")
    assert [text.split(None, 1) for text in messages(tmp_path / "a.log")] == [
        ["ERROR", f"Unable to log to '{tmp_path}/missing/x.log'"],
        ["INFO", f"Logging to previous target '{tmp_path}/a.log'"],
        ["INFO", "goes on"],
    ]
    assert log.target == f"{tmp_path}/a.log"


def test_flush_reopens_a_file_that_was_moved_away(log: Logs, tmp_path: Path) -> None:
    """What logrotate needs: nothing is cut off, and the new file begins with a word about it."""
    path, moved = tmp_path / "a.log", tmp_path / "a.log.1"
    log.set_target(str(path), silent=True)
    say("before")
    path.rename(moved)
    assert log.flush() == "rolled over"
    say("after")
    assert "before" in moved.read_text()
    assert "after" not in moved.read_text()
    assert f"rollover performed on {path}" in path.read_text()
    assert "after" in path.read_text()


def test_a_flush_that_fails_keeps_the_file(log: Logs, tmp_path: Path) -> None:
    """A directory that is gone is an error for the command, not the end of the log."""
    folder = tmp_path / "gone"
    folder.mkdir()
    log.set_target(f"{folder}/a.log", silent=True)
    moved = (folder / "a.log").rename(tmp_path / "moved.log")
    folder.rmdir()
    with pytest.raises(OSError, match="No such file"):
        log.flush()
    say("goes on")
    assert "goes on" in moved.read_text()


def test_streams_are_written_and_flushed(log: Logs, capsys: pytest.CaptureFixture[str]) -> None:
    """SYSOUT has no date, for the journal that adds its own."""
    log.set_target("sysout")
    assert log.flush() == "flushed"
    log.set_target('STDERR[format="%(levelname)s %(message)s"]')
    assert log.flush() == "flushed"
    out, err = capsys.readouterr()
    start = f"fail2ban.server         [{os.getpid()}]: INFO    "
    assert out.splitlines() == [
        f"{start}Start Fail2ban v1.1.2.dev1",
        f"{start}Changed logging target to sysout for Fail2ban v1.1.2.dev1",
        f"{start}flush performed on sysout",
    ]
    assert err.splitlines()[-1] == "INFO flush performed on STDERR"


def test_stdout_has_a_date(log: Logs, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a file like others."""
    log.set_target("STDOUT", silent=True)
    say("hello")
    assert " fail2ban.actions        [" in capsys.readouterr().out


def test_syslog_gets_datagrams_with_priority_and_nul(log: Logs, receiver, tmp_path: Path) -> None:
    """Severities follow the level, the facility is that of the target."""
    log.set_syslogsocket(str(tmp_path / "log"))
    log.set_target("SYSLOG", silent=True)
    name = f"fail2ban.actions[{os.getpid()}]:"
    for level, priority, shown in [
        (50, 26, "CRITICAL"),
        (40, 27, "ERROR"),
        (30, 28, "WARNING"),
        (25, 29, "NOTICE"),
        (20, 30, "INFO"),
    ]:
        say("hello", level)
        assert receiver.recv(999).decode() == f"<{priority}>{name} {shown} hello\0"
    log.set_level("DEBUG")
    say("hello", 10)
    assert receiver.recv(999).startswith(b"<31>")


def test_the_facility_of_syslog_can_be_chosen(log: Logs, receiver, tmp_path: Path) -> None:
    """By its name, in any case."""
    log.set_syslogsocket(str(tmp_path / "log"))
    log.set_target("syslog[facility=local3]", silent=True)
    say("hello", logs.NOTICE)
    assert receiver.recv(999).startswith(b"<157>")
    with pytest.raises(ValueError, match="facility 'FOO'"):
        log.set_target("SYSLOG[facility=foo]")


@pytest.mark.usefixtures("receiver")
def test_a_syslog_that_is_away_does_not_stop_the_server(log: Logs, tmp_path: Path) -> None:
    """Records are left out meanwhile, and come again with a new receiver."""
    log.set_syslogsocket(str(tmp_path / "log"))
    log.set_target("SYSLOG", silent=True)
    (tmp_path / "log").unlink()
    say("lost")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as second:
        second.bind(str(tmp_path / "log"))
        say("found")
        second.settimeout(5)
        assert b"found" in second.recv(999)


def test_a_file_is_no_syslog_socket(log: Logs, tmp_path: Path) -> None:
    """The line in the log is that of the reference, and the log stays where it was."""
    log.set_target(str(tmp_path / "a.log"), silent=True)
    log.set_syslogsocket(str(tmp_path / "none"))
    with pytest.raises(LogTargetError):
        log.set_target("SYSLOG")
    text = f"ERROR   Syslog socket file: {tmp_path}/none does not exists or is not a socket"
    assert messages(tmp_path / "a.log") == [text]


def test_the_syslog_socket_changes_at_once(log: Logs, receiver, tmp_path: Path) -> None:
    """If the log goes there; a wrong one is refused then."""
    log.set_syslogsocket(str(tmp_path / "log"))
    log.set_target("SYSLOG", silent=True)
    with pytest.raises(LogTargetError):
        log.set_syslogsocket(str(tmp_path / "none"))
    assert receiver.recv(999).startswith(b"<27>")
    assert log.syslogsocket == str(tmp_path / "log")


@pytest.mark.usefixtures("receiver")
def test_the_socket_of_syslog_is_shown_once_it_is_used(
    log: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``auto`` is replaced by the real path (5.1)."""
    monkeypatch.setitem(logs._SYSLOG_SOCKETS, sys.platform, str(tmp_path / "log"))
    assert log.syslogsocket == "auto"
    log.set_target("SYSLOG", silent=True)
    assert log.syslogsocket == str(tmp_path / "log")


def test_the_journal_gets_fields(
    log: Logs, receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The native protocol: identifier, priority and the bare message."""
    monkeypatch.setattr(logs, "_JOURNAL_SOCKET", str(tmp_path / "log"))
    log.set_target("systemd-journal", silent=True)
    say("hello\nMESSAGE=forged", logs.NOTICE)
    assert receiver.recv(999) == (
        b"SYSLOG_IDENTIFIER=fail2ban\nPRIORITY=5\nMESSAGE=hello\\nMESSAGE=forged\n"
    )


def test_a_very_long_record_is_cut_for_datagrams(log: Logs, receiver, tmp_path: Path) -> None:
    """It would be lost as a whole otherwise."""
    log.set_syslogsocket(str(tmp_path / "log"))
    log.set_target("SYSLOG", silent=True)
    say("x" * 200_000)
    assert len(receiver.recv(300_000)) < log_outputs._LONGEST_DATAGRAM + 10


def test_a_full_disk_does_not_stop_the_server(log: Logs, capfd: pytest.CaptureFixture[str]) -> None:
    """The record is left out, and nothing is written elsewhere."""
    log.set_target("/dev/full", silent=True)
    say("lost")
    log.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("target", ["x[y", "", "x[y=1] z", "STDOUT[=1]", "x[a=b c]"])
def test_a_target_that_is_written_wrongly_is_refused(log: Logs, target: str) -> None:
    """It is no file name by accident."""
    with pytest.raises(ValueError, match="unexpected option syntax"):
        log.set_target(target)


def test_setup_says_nothing(tmp_path: Path) -> None:
    """The server writes its own first line."""
    log = setup(str(tmp_path / "a.log"), "DEBUG")
    try:
        assert (tmp_path / "a.log").read_text() == ""
        assert log.level == "DEBUG"
    finally:
        log.close()
        logging.getLogger("fail2ban").setLevel(logging.NOTSET)
