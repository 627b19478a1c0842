"""Outputs of the log leave out what they can't write."""

import contextlib
import logging
import socket
from pathlib import Path

import pytest

from banward import log_outputs
from banward.log_outputs import File, Journal, Syslog


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
