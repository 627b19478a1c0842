"""What a group does with all bans leaves out those that have their turn still before them."""

import asyncio
from types import SimpleNamespace

from banward.decisions.ledger import Ledger
from banward.records import Ban
from banward.warden import backlog as backlog_module
from banward.warden.action_group import ActionGroup
from banward.warden.backlog import Backlog


class _Mending:
    """Waits at a ban until it is let go, and notes with which bans the kernel is compared."""

    def __init__(self):
        self.go_on = asyncio.Event()
        self.compared = []

    async def take(self, *_):
        await self.go_on.wait()

    async def mend(self, _, bans):
        self.compared.append([ban.subject for ban in bans])


class _Enforcer(SimpleNamespace):
    name = "native"
    needs_look = False

    async def ban(self, bans):
        return bans

    async def stop(self, *, keep):
        pass


def _group(ledger, mending):
    """A group of one action whose worker runs, and its backlog."""
    jail = SimpleNamespace(name="j", ledger=ledger)
    shared = SimpleNamespace(look_every=0, wake=lambda: None)
    backlog = Backlog("j", "it", ledger)
    group = ActionGroup(jail, backlog, shared, mending, SimpleNamespace())
    group.add(_Enforcer())
    group.worker.start()
    return group, backlog


def _bans(ledger, *subjects):
    bans = [Ban("j", subject, 0, 600) for subject in subjects]
    for ban in bans:
        ledger.admit(ban, 0)
    return bans


def test_the_kernel_is_compared_without_bans_that_are_to_come():
    """It would have a ban that was left out, and so is its unban: nobody would take it out.

    Fails if ``ActionGroup._settled`` gives all bans of the ledger.
    """

    async def story():
        ledger, mending = Ledger(), _Mending()
        group, _ = _group(ledger, mending)
        for subject in ("192.0.2.1", "192.0.2.2"):
            group.put(_bans(ledger, subject))
            group.worker.call(group.mend)
        mending.go_on.set()
        await group.worker.finish()
        return mending.compared

    compared = asyncio.run(asyncio.wait_for(story(), 20))
    assert compared == [["192.0.2.1"], ["192.0.2.1", "192.0.2.2"]]


def test_nothing_stays_left_out_of_a_group_that_has_no_action_any_more(monkeypatch):
    """A next action takes over what was left out with all other bans.

    Fails without ``_made_up`` in ``Backlog.done``.
    """
    monkeypatch.setattr(backlog_module, "_MOST", 1)

    async def story():
        ledger, mending = Ledger(), _Mending()
        group, backlog = _group(ledger, mending)
        bans = _bans(ledger, "192.0.2.1", "192.0.2.2")
        group.put(bans)
        group.worker.call(lambda: group.remove(*group.enforcers, []))
        mending.go_on.set()
        await group.worker.finish()
        return bans, backlog.settled(bans)

    bans, settled = asyncio.run(asyncio.wait_for(story(), 20))
    assert settled == bans
