"""Looks after actions make way for decisions."""

import asyncio
from types import SimpleNamespace

import pytest

from banward.records import Ban
from banward.warden import action_group
from banward.warden.action_group import ActionGroup


class _Mending:
    """Looks hang until they are let go; bans are taken at once."""

    def __init__(self):
        self.looking = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended = ""

    async def look_after(self, _):
        self.looking.set()
        try:
            await self.go_on.wait()
            self.ended = "done"
        except asyncio.CancelledError:
            self.ended = "broken off"
            raise

    async def take(self, *_):
        pass


class _Enforcer(SimpleNamespace):
    name = "commands"
    needs_look = False

    async def ban(self, bans):
        return bans


def _group(mending, *, keeps):
    shared = SimpleNamespace(look_every=0, wake=lambda: None)
    group = ActionGroup("j", shared, mending, SimpleNamespace(), lambda _: None)
    group.add(_Enforcer(keeps=keeps))
    group.worker.start()
    return group


@pytest.mark.parametrize(("keeps", "ended"), [(False, "broken off"), (True, "done")])
def test_a_look_makes_way_for_a_ban(monkeypatch, keeps, ended):
    """One that hangs in a command is broken off; one at the kernel is waited for."""
    monkeypatch.setattr(action_group, "_MOMENT", 0.001)

    async def story():
        mending = _Mending()
        group = _group(mending, keeps=keeps)
        group.check_all()
        await mending.looking.wait()
        done = group.worker.put([Ban("j", "192.0.2.1", 0, 600)])
        if keeps:
            mending.go_on.set()
        await done
        await group.worker.break_off()
        return mending.ended

    assert asyncio.run(asyncio.wait_for(story(), 20)) == ended
