"""Names are looked up in the families that the server may use, and hold up nobody."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from banward.testing.clock import TestClock
from banward.warden.resolver import Resolver
from warden.wardens import scene


@pytest.mark.parametrize(("allowed", "found"), [("yes", ("::1",)), ("no", ())])
def test_names_have_no_ipv6_addresses_where_it_is_not_allowed(allowed, found):
    """``set allowipv6`` holds at once, for names that were asked before too (1.2)."""

    async def story():
        async with scene() as s:
            resolver = s.warden._shared.resolver
            await s.run("set", "allowipv6", "no" if allowed == "yes" else "yes")
            await resolver.addresses("::1")
            await s.run("set", "allowipv6", allowed)
            assert (await resolver.addresses("::1")).addresses == found

    asyncio.run(story())


def test_names_that_nobody_answers_hold_up_nothing_else(monkeypatch):
    """However many are asked for, what the server does beside its loop has its turn.

    Fails if ``Resolver._ask_system`` asks in the threads of asyncio.
    """
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(30) and [])
    monkeypatch.setattr(Resolver, "_ask_ttl", lambda *_: asyncio.sleep(0, 300.0))

    async def story():
        resolver = Resolver(TestClock())
        asking = [asyncio.create_task(resolver.addresses(f"{n}.example")) for n in range(100)]
        await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.to_thread(answered.set), 20)
        return await asyncio.gather(*asking)

    assert {answer.addresses for answer in asyncio.run(story())} == {()}
