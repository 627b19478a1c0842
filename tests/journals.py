"""Journal files for tests, written by systemd's own tool."""

from __future__ import annotations

import subprocess
from pathlib import Path

REMOTE = Path("/lib/systemd/systemd-journal-remote")
BOOT = "1f0d6c6f4d9c4a0c8b1e2f3a4b5c6d7e"

NOW = 1_700_000_000.0


def missing() -> str:
    """What is missing here to write and read journal files, or an empty text."""
    from banward.sources.journal_library import library_error  # noqa: PLC0415

    if not REMOTE.exists():
        return f"no {REMOTE} (package systemd-journal-remote)"
    return library_error()


def entry(number: float, message: str | bytes = "", **fields: str | bytes) -> bytes:
    """An entry in the export format, ``number`` seconds after ``NOW``."""
    micro = int((NOW + number) * 1_000_000)
    values = {
        "_BOOT_ID": BOOT,
        "_HOSTNAME": "host",
        "SYSLOG_IDENTIFIER": "sshd",
        "_PID": "4711",
        "MESSAGE": message or f"message {number}",
        **fields,
    }
    head = (
        f"__REALTIME_TIMESTAMP={micro}\n__MONOTONIC_TIMESTAMP={int((number + 1000) * 1_000_000)}\n"
    )
    body = b"".join(_field(name, value) for name, value in values.items() if value is not None)
    return head.encode() + body + b"\n"


def _field(name: str, value: str | bytes | list) -> bytes:
    if isinstance(value, list):
        return b"".join(_field(name, each) for each in value)
    data = value.encode() if isinstance(value, str) else value
    if b"\n" in data:
        return name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n"
    return name.encode() + b"=" + data + b"\n"


def write(path: Path, *entries: bytes) -> None:
    """Add entries to a journal file, which is made if it is missing."""
    subprocess.run(
        [REMOTE, "--output", path, "-"], input=b"".join(entries), check=True, capture_output=True
    )
