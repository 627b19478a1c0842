"""Matches that have to wait for a name or a command: each is counted once, whenever the server ends."""

from __future__ import annotations

import asyncio

import pytest

from banward.errors import StorageError
from banward.records import Match
from banward.storage.base import Facts
from banward.warden.resolver import Answer
from warden.wardens import scene

BOTH = ("192.0.2.1", "192.0.2.2")
OTHER = "198.51.100.1"


async def until(condition):
    """Let others run until something holds."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came")


def counters(s, jail="j"):
    """How often each has failed."""
    window = s.warden.jails[jail].window
    return {who: found.failures for who in (*BOTH, OTHER) if (found := window.get(who))}


def pending(s):
    return list(s.warden._shared.store.pending())


def hang_on(monkeypatch, s, jail, subject):
    """The command of a jail that says who is ignored hangs for a subject."""
    ignoring = s.warden.jails[jail].ignoring
    known, asked = ignoring.patiently, []

    async def patiently(match):
        asked.append(match.subject)
        if match.subject == subject:
            await asyncio.Event().wait()
        return await known(match)

    monkeypatch.setattr(ignoring, "patiently", patiently)
    return asked


def test_a_name_of_two_addresses_is_counted_for_both_or_for_none(tmp_path, monkeypatch):
    """The server ends while it waits for the second; what others stored meanwhile is no half of it.

    Fails if ``Intake._count_later`` counts an address before it knows of all whether they count.
    """

    async def story():
        async with scene(tmp_path / "db") as first:
            await first.add()
            first.warden._shared.resolver._answers["two.example"] = Answer(BOTH, 4e9)
            asked = hang_on(monkeypatch, first, "j", BOTH[1])
            await first.fail("", name="two.example")
            await until(lambda: asked == list(BOTH))
            await first.fail(OTHER)
            assert counters(first) == {OTHER: 1}
        async with scene(tmp_path / "db") as second:
            second.warden._shared.resolver._answers["two.example"] = Answer(BOTH, 4e9)
            await second.add()
            await until(lambda: not pending(second))
            assert counters(second) == {BOTH[0]: 1, BOTH[1]: 1, OTHER: 1}

    asyncio.run(story())


def test_what_was_pending_is_counted_once_its_jail_runs(tmp_path):
    """Not before: its counters would take the place of those that are stored and not yet loaded.

    Fails if ``Intake.resume`` waits for no jail, or without ``go_on`` in ``Warden.start_jail``.
    """

    async def story():
        async with scene(tmp_path / "db") as first:
            await first.add()
            await first.fail(OTHER)
            match = Match.of("j", OTHER, first.clock.now(), ("line",))
            first.warden._shared.store.commit(Facts(pending=[match]))
        async with scene(tmp_path / "db") as second:
            await second.run("add", "j", "polling")
            await second.settle()
            assert len(pending(second)) == 1
            await second.run("start", "j")
            await until(lambda: not pending(second))
            assert counters(second) == {OTHER: 2}

    asyncio.run(story())


def test_what_was_pending_is_counted_though_the_database_opens_late(tmp_path):
    """A database that can't be opened at the start still tells what waits, once it can be.

    Fails without ``self._intake.resume()`` in ``Server._database_came``.
    """
    path = tmp_path / "db"

    async def story():
        async with scene(path) as first:
            match = Match.of("j", OTHER, first.clock.now(), ("line",))
            first.warden._shared.store.commit(Facts(pending=[match]))
        path.rename(tmp_path / "aside")
        path.mkdir()
        async with scene() as second:
            with pytest.raises(StorageError):
                await second.warden.change(dbfile=str(path))
            await second.add()
            path.rmdir()
            (tmp_path / "aside").rename(path)
            second.clock.advance(60)
            await second.warden._timers.tick()
            await until(lambda: not pending(second))
            assert counters(second) == {OTHER: 1}

    asyncio.run(story())


def test_a_match_whose_jail_is_made_anew_meanwhile_is_counted_there(monkeypatch):
    """The jail that runs in the end counts it; while none does, it waits.

    Fails without ``jail.started`` in ``Intake._running``, or if ``Intake._count_later`` counts for
    the jail that it found first.
    """

    async def story():
        async with scene() as s:
            await s.add()
            s.warden._shared.resolver._answers["two.example"] = Answer(BOTH, 4e9)
            gate = asyncio.Event()
            ignoring = s.warden.jails["j"].ignoring

            async def patiently(_):
                await gate.wait()
                return ""

            monkeypatch.setattr(ignoring, "patiently", patiently)
            await s.fail("", name="two.example")
            await s.run("stop", "j")
            await s.run("add", "j", "polling")
            gate.set()
            await s.settle()
            assert len(pending(s)) == 1
            await s.run("stop", "j")
            await s.add()
            await until(lambda: not pending(s))
            assert counters(s) == {BOTH[0]: 1, BOTH[1]: 1}

    asyncio.run(story())
