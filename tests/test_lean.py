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


_TLS = """
import asyncio, hashlib, ssl
from banward.lean import make_whole

make_whole()

async def main():
    def context(side):
        made = ssl.SSLContext(side)
        made.check_hostname, made.maximum_version = False, ssl.TLSVersion.TLSv1_2
        made.verify_mode = ssl.CERT_NONE
        made.set_ciphers("AECDH:@SECLEVEL=0")  # which needs no certificate
        return made

    async def greet(_, writer):
        writer.write(b"hello")
        writer.close()

    here = context(ssl.PROTOCOL_TLS_SERVER)
    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=here) as server:
        port = server.sockets[0].getsockname()[1]
        reader, _ = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context(ssl.PROTOCOL_TLS_CLIENT)
        )
        print(await reader.read())

asyncio.run(main())
print(hashlib.scrypt(b"a", salt=b"b", n=2, r=1, p=1, dklen=2).hex())
"""


def test_all_of_it_for_foreign_code() -> None:
    """A Python action can use asyncio with TLS, and OpenSSL's digests, in our process."""
    code = f"from banward.cli.client_spawn import server; server(); exec({_TLS!r})"
    assert _loaded(code).splitlines()[0] == "b'hello'"


def test_watcher_without_openssl() -> None:
    """So is the watcher, whose marks of files are the same."""
    code = "import banward.watcher.__main__, hashlib; print(hashlib.sha1(b'line').hexdigest())"
    assert _loaded(code).splitlines() == ["264f39cab871e4cfd65b3a002f7255888bb5ed97", "[]"]
