"""The numbers that metrics show come from what happened."""

from __future__ import annotations

import asyncio

from warden.test_unsaved import locked
from warden.wardens import scene


def test_what_is_no_ban_is_counted_by_reason():
    """Ignored failures, refused and repeated orders, and lifted bans; each reason for itself."""

    async def run():
        async with scene() as s:
            await s.add("j", ("addignoreip", "192.0.2.1"), ("ignoreself", "no"), ("bantime", 60))
            await s.fail("192.0.2.1", times=2)
            await s.fail("127.0.0.1", times=3)
            await s.fail("192.0.2.2", times=3)
            await s.run("set", "j", "banip", "192.0.2.2", "192.0.2.3", "10.0.0.0/7")
            await s.run("set", "j", "unbanip", "192.0.2.3")
            s.clock.advance(61)
            await s.warden._timers.tick()
            return (await s.run("get", "banward", "metrics"))["jails"]["j"]

    told = asyncio.run(run())
    assert {reason: count for reason, count in told["refusals"].items() if count} == {
        "on the ignore list": 2,
        "protected address": 1,
        "already banned": 1,
        "network is too broad": 1,
    }
    assert told["unbans"] == {"ban time is over": 1, "ordered by an operator": 1}
    assert (told["failed_total"], told["banned"], told["banned_total"]) == (6, 0, 2)


def test_an_answer_that_is_remembered_counts_too():
    """With ``ignorecache`` each failure that is ignored is counted, not only the first."""

    async def run():
        async with scene() as s:
            cache = ("ignorecache", 'key="<ip>", max-count=9, max-time=60')
            await s.add("j", ("ignorecommand", "true"), cache)
            for _ in range(3):
                await s.run("set", "j", "attempt", "192.0.2.1")
            return await s.run("get", "banward", "metrics")

    refusals = asyncio.run(run())["jails"]["j"]["refusals"]
    assert refusals["on the ignore list"] == 3


def test_bans_that_are_not_in_force_are_counted():
    """What the kernel lacks is no ban, and has a number of its own."""

    async def run():
        async with scene() as s:
            await s.add("j", action=(["keeps", "yes"], ["fails", "yes"]))
            for enforcer in s.warden.jails["j"].actions.enforcers:
                enforcer.present = _nothing
            await s.run("set", "j", "banip", "192.0.2.1", "192.0.2.2")
            return (await s.run("get", "banward", "metrics"))["jails"]["j"]

    told = asyncio.run(run())
    assert (told["banned"], told["absent"]) == (0, 2)


def test_what_waits_for_the_database_is_counted(tmp_path):
    """While it takes nothing that is told, and afterwards nothing waits."""

    async def run():
        async with scene(tmp_path / "db.sqlite3") as s:
            await s.add()
            s.warden._shared.store._db.execute("PRAGMA busy_timeout = 10")
            told = []
            with locked(tmp_path / "db.sqlite3"):
                await s.fail("192.0.2.1", times=3)
                told.append((await s.run("get", "banward", "metrics"))["database"])
            s.clock.advance(1)
            await s.warden._timers.tick()
            told.append((await s.run("get", "banward", "metrics"))["database"])
            return told

    # The position and the ban.
    assert asyncio.run(run()) == [{"unsaved": 2, "works": False}, {"unsaved": 0, "works": True}]


def test_a_server_without_database_does_not_fail_at_storing():
    """It has nothing to say of its work."""

    async def run():
        async with scene("None") as s:
            return (await s.run("get", "banward", "metrics"))["database"]

    assert asyncio.run(run()) == {"unsaved": 0, "works": None}


def test_the_uptime_does_not_jump_with_the_clock():
    """It tells how long the server runs, whatever the calendar says."""

    async def run():
        async with scene() as s:
            s.clock.advance(5)
            s.clock.jump(1_000_000)
            return (await s.run("get", "banward", "metrics"))["uptime"]

    assert asyncio.run(run()) == 5


async def _nothing():
    return frozenset()
