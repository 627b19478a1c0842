"""What our processes leave out."""

from __future__ import annotations

import subprocess
import sys

import pytest

from banward.lean import without

_HEAVY = "{'ssl', '_ssl', '_hashlib'}"


def _loaded(code: str) -> str:
    """Which of the heavy modules a process has after some code."""
    code = f"{code}; import sys; print(sorted({_HEAVY} & sys.modules.keys()))"
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_hidden_meanwhile() -> None:
    """Inside the block an import fails, behind it the module is there."""
    sys.modules.pop("wave", None)
    with without("wave"), pytest.raises(ImportError):
        import wave  # noqa: PLC0415
    import wave  # noqa: PLC0415

    assert wave.open


def test_what_is_there_stays() -> None:
    """A module that was imported before is not hidden."""
    with without("sys"):
        import sys as same  # noqa: PLC0415
    assert same is sys


def test_server_without_openssl() -> None:
    """The server is imported without OpenSSL, which its Python actions can still import."""
    code = "from banward.cli.client_spawn import server; server()"
    assert _loaded(code) == "[]"
    assert "ssl" in _loaded(f"{code}; import ssl, smtplib; ssl.create_default_context()")


def test_watcher_without_openssl() -> None:
    """So is the watcher, whose marks of files are the same."""
    code = "import banward.watcher.__main__, hashlib; print(hashlib.sha1(b'line').hexdigest())"
    assert _loaded(code).splitlines() == ["264f39cab871e4cfd65b3a002f7255888bb5ed97", "[]"]
