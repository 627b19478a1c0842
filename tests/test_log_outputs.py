"""Outputs of the log leave out what they can't write."""

import contextlib
import logging
import re
import socket
from pathlib import Path

import pytest

from banward import log_outputs
from banward.log_lines import LineFormatter, Target
from banward.log_outputs import File, Journal, Syslog, held, tell


def record(level: int, message: str) -> logging.LogRecord:
    return logging.LogRecord("fail2ban", level, "", 0, message, None, None)


@pytest.fixture
def receiver(tmp_path: Path):
    """A datagram socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.settimeout(5)
        yield sock


@pytest.mark.parametrize(
    ("level", "severity"),
    [(50, 2), (40, 3), (39, 4), (30, 4), (25, 5), (20, 6), (18, 6), (17, 7), (10, 7), (0, 7)],
)
def test_severities(receiver, tmp_path: Path, level: int, severity: int) -> None:
    """Each level has the next lower one of syslog (RFC 5424)."""
    output = Syslog(str(tmp_path / "s"), facility=3)
    output.emit(record(level, "x"))
    output.close()
    assert receiver.recv(99) == f"<{24 + severity}>x\0".encode()


def test_a_full_receiver_does_not_stop_the_server(tmp_path: Path, monkeypatch) -> None:
    """Nobody reads: after a moment the record is left out."""
    monkeypatch.setattr(log_outputs, "_SEND_SECONDS", 0.001)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other,
    ):
        full.bind(str(tmp_path / "s"))
        other.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                other.sendto(b"x", str(tmp_path / "s"))
        output = Journal(str(tmp_path / "s"))
        output.emit(record(20, "left out"))
        output.close()
        full.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                assert full.recv(99) == b"x"


def test_a_file_is_reopened_by_its_name(tmp_path: Path) -> None:
    """What was written before stays where it is."""
    path = tmp_path / "a.log"
    output = File(str(path))
    output.emit(record(20, "one\udcff"))
    path.rename(tmp_path / "b.log")
    output.reopen()
    output.emit(record(20, "two"))
    output.close()
    assert (tmp_path / "b.log").read_text() == "one\\udcff\n"
    assert path.read_text() == "two\n"


@pytest.fixture
def alone():
    """The root logger without the handlers of the tests."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    logger = logging.getLogger("fail2ban.test")
    level = logger.level
    logger.setLevel(20)
    yield root
    root.handlers = before
    logger.setLevel(level)


@pytest.mark.parametrize(
    "target", ["x", "x[padding=off]", "x[datetime=off]", "x[format='%(levelno)s %(message)s']"]
)
def test_a_message_without_a_record_looks_the_same(alone, tmp_path: Path, target: str) -> None:
    """What is told is written as a record would be, in its place among records."""
    logger = logging.getLogger("fail2ban.test")
    output = File(str(tmp_path / "a.log"))
    output.setFormatter(LineFormatter(Target.parse(target).pattern))
    alone.handlers = [output]
    for text in ("plain", "a\nb \x1b[1m %s ä"):
        logger.info("%s", text)
        tell(logger, 20, text)
        tell(logger, 10, "too low")
    output.close()
    lines = [
        re.sub(r"^[\d-]+ [\d:,]+ ", "", line)
        for line in (tmp_path / "a.log").read_text().splitlines()
    ]
    assert len(lines) == 4
    assert lines[0::2] == lines[1::2]
    assert "a\\nb" in lines[3]


def test_lines_are_held_back(alone, tmp_path: Path) -> None:
    """Lines that are held back are in the file together at the end, in their order."""
    logger = logging.getLogger("fail2ban.test")
    output = File(str(tmp_path / "a.log"))
    output.setFormatter(LineFormatter("%(message)s"))
    alone.handlers = [output]
    with held():
        tell(logger, 20, "one")
        logger.info("two")
        assert (tmp_path / "a.log").read_text() == ""
    assert (tmp_path / "a.log").read_text() == "one\ntwo\n"
    tell(logger, 20, "three")
    assert (tmp_path / "a.log").read_text() == "one\ntwo\nthree\n"
    output.close()


def test_other_outputs_get_records(alone, receiver, tmp_path: Path) -> None:
    """An output that is no text gets a record for each message."""
    alone.handlers = [Syslog(str(tmp_path / "s"), facility=3)]
    tell(logging.getLogger("fail2ban.test"), 20, "50% of it")
    alone.handlers[0].close()
    assert receiver.recv(99) == b"<30>50% of it\0"
