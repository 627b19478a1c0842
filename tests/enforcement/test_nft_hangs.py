"""nftables that hangs: the call ends with an error, and nobody waits for it at the end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from banward.enforcement.nft import Nft, _Context
from banward.enforcement.threads import OneThread
from banward.errors import NoAnswerError


def test_a_program_that_hangs_is_ended(tmp_path):
    """Its time is limited, the error says so, and it does not live on."""
    program = tmp_path / "nft"
    program.write_text("#!/bin/sh\necho $$ > $0.pid\nexec sleep 600\n")
    program.chmod(0o755)

    with pytest.raises(NoAnswerError, match=r"did not answer within 0\.3 seconds"):
        asyncio.run(Nft(str(program), library="", limit=0.3).change("list ruleset"))
    pid = int(program.with_name("nft.pid").read_text())
    assert subprocess.run(["ps", "-p", str(pid)], check=False, capture_output=True).returncode == 1


def test_a_library_that_hangs_is_given_up_for_the_program(monkeypatch):
    """The first change fails, the next one is done by the program."""
    release = threading.Event()
    monkeypatch.setattr(_Context, "__init__", lambda *_: None)
    monkeypatch.setattr(
        _Context, "run", lambda *_: release.wait(30) and (0, b"", b""), raising=False
    )

    async def work():
        nft = Nft("true", limit=0.2)
        with pytest.raises(NoAnswerError):
            await nft.change("add table inet t")
        await nft.change("add table inet t")
        await nft.close()

    try:
        asyncio.run(work())
    finally:
        release.set()


def test_a_thread_that_hangs_does_not_hold_up_the_end_of_the_process():
    """The interpreter ends though a call never returns.

    Fails if ``OneThread`` starts its thread without ``daemon=True``.
    """
    script = """
import asyncio, threading
from banward.enforcement.threads import OneThread
async def main():
    thread = OneThread()
    try:
        async with asyncio.timeout(0.1):
            await thread.do(threading.Event().wait)
    except TimeoutError:
        await thread.end(0.1)
asyncio.run(main())
print("over", flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "over\n"


def test_calls_keep_their_order_and_a_cancelled_one_is_never_made():
    """One after the other; what nobody waits for any more is left out."""
    made = []

    async def work():
        thread = OneThread()
        blocked = asyncio.ensure_future(thread.do(time.sleep, 0.05))
        given_up = asyncio.ensure_future(thread.do(made.append, "given up"))
        last = asyncio.ensure_future(thread.do(made.append, "last"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(blocked, last)
        await thread.end(1)

    asyncio.run(work())
    assert made == ["last"]


def test_what_a_call_raises_comes_back():
    """An error in the thread is one of whoever called."""

    async def work():
        thread = OneThread()
        with pytest.raises(ValueError, match="invalid literal"):
            await thread.do(int, "x")
        await thread.end(1)

    asyncio.run(work())
