"""The host knows its own addresses, also those of its names, and no name server holds it up."""

from __future__ import annotations

import asyncio
import threading

from banward.testing.clock import TestClock
from banward.warden import host, protection
from banward.warden.protection import Protection

NAMED = "198.51.100.7"


def test_a_name_server_that_does_not_answer_holds_up_nobody(monkeypatch):
    """What is known without it holds at once, the rest when it answers; a new look forgets nothing.

    Fails if ``Protection._know_own`` asks for ``host.named_addresses``.
    """
    answers = threading.Event()
    threads = set()

    def look_up():
        threads.add(threading.current_thread())
        return frozenset({NAMED} if answers.wait(20) else ())

    monkeypatch.setattr(host, "named_addresses", look_up)
    monkeypatch.setattr(protection, "_PATIENCE", 0)
    clock = TestClock()

    async def story():
        known = Protection(clock)
        await known.configure({})
        assert "127.0.0.1" in known.own_addresses()
        assert known.reason(NAMED) == ""
        answers.set()
        await known._asking
        assert known.reason(NAMED) == f"{NAMED} is an address of this host"

        answers.clear()
        clock.advance(301)
        assert NAMED in known.own_addresses()
        answers.set()
        await known._asking
        assert threading.main_thread() not in threads

    asyncio.run(story())


def test_the_start_waits_for_the_names_of_the_host(monkeypatch):
    """So that nobody gets them banned before they are known, where the name server answers.

    Fails without ``asyncio.wait`` in ``Protection.configure``.
    """
    monkeypatch.setattr(host, "named_addresses", lambda: frozenset({NAMED}))

    async def story():
        known = Protection(TestClock())
        await known.configure({})
        return known.reason(NAMED)

    assert asyncio.run(story()) == f"{NAMED} is an address of this host"
