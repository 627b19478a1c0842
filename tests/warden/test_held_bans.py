from __future__ import annotations

import asyncio

from warden.wardens import scene


def test_bans_over_the_rate_come_into_force_when_there_is_room(caplog):
    """What ``max_ban_rate`` holds back is put in force a minute later, the oldest first.

    Fails without ``jail.release(now)`` in ``Timers.tick``.
    """

    async def run():
        async with scene() as s:
            await s.run("set", "banward", "max_ban_rate", "2")
            await s.add()
            for n in range(1, 6):
                await s.fail(f"192.0.2.{n}", times=3)
            shown = [await s.run("get", "j", "banip")]
            for _ in range(2):
                s.clock.advance(60)
                await s.warden._timers.tick()
                await s.settle()
                shown.append(await s.run("get", "j", "banip"))
            return shown

    first, second, third = asyncio.run(run())
    assert set(first) == {"192.0.2.1", "192.0.2.2"}
    assert set(second) == {*first, "192.0.2.3", "192.0.2.4"}
    assert set(third) == {*second, "192.0.2.5"}
    assert "Hold back the ban of 192.0.2.5: 2 bans were put in force" in caplog.text


def test_who_is_let_go_is_held_back_no_more():
    """An unban drops the ban that waits."""

    async def run():
        async with scene() as s:
            await s.run("set", "banward", "max_ban_rate", "1")
            await s.add()
            for n in range(1, 3):
                await s.fail(f"192.0.2.{n}", times=3)
            await s.run("set", "j", "unbanip", "192.0.2.2")
            s.clock.advance(60)
            await s.warden._timers.tick()
            return await s.run("get", "j", "banip")

    assert asyncio.run(run()) == ["192.0.2.1"]
