"""The clock is set by a year, either way: bans last as long as they would have, nobody is lost."""

from __future__ import annotations

import asyncio

import pytest

from banward.testing.clock import TestClock
from banward.warden.jumps import Jumps
from storage.reading import current
from warden.wardens import scene

YEAR = 365 * 86_400
WAYS = pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["on", "back"])


@WAYS
def test_a_jump_is_noticed_once_and_time_that_goes_by_is_none(jump):
    """Only what the clock was set by counts."""
    clock = TestClock()
    jumps = Jumps(clock)
    clock.advance(1e6)
    assert jumps.take() == 0

    clock.jump(jump)
    assert jumps.take() == pytest.approx(jump)
    assert jumps.take() == 0


@WAYS
def test_bans_last_as_long_as_they_would_have(jump, tmp_path, caplog):
    """No ban ends with the jump, and each ends after its time; the next start agrees.

    Fails without ``self._shared.steady()`` in ``Timers.tick``.
    """

    async def run():
        async with scene(tmp_path / "db.sqlite3", keep=True) as s:
            await s.add()
            await s.fail("192.0.2.1", times=3)
            s.clock.jump(jump)
            await s.warden._timers.tick()
            shown = [await s.run("get", "j", "banip")]
            stored = current(s.warden._shared.store, "j", s.clock.now())
            s.clock.advance(599)
            await s.warden._timers.tick()
            shown.append(await s.run("get", "j", "banip"))
            s.clock.advance(2)
            await s.warden._timers.tick()
            shown.append(await s.run("get", "j", "banip"))
            return shown, [(ban.subject, ban.bantime) for ban in stored]

    shown, stored = asyncio.run(run())
    assert shown == [["192.0.2.1"], ["192.0.2.1"], []]
    assert stored == [("192.0.2.1", 600)]
    assert f"The clock was set by {jump:+d} seconds" in caplog.text


@WAYS
def test_failures_before_and_after_count_together(jump):
    """Two failures before and one after make three, and the ban ends as any other.

    Fails without ``self._shared.steady()`` in ``Intake.take``.
    """

    async def run():
        async with scene() as s:
            await s.add()
            await s.fail("192.0.2.1", times=2)
            s.clock.jump(jump)
            await s.fail("192.0.2.1")
            before = await s.run("get", "j", "banip")
            s.clock.advance(601)
            await s.warden._timers.tick()
            return before, await s.run("get", "j", "banip")

    assert asyncio.run(run()) == (["192.0.2.1"], [])
