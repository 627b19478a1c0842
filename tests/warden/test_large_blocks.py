"""A block of log that leads to thousands of bans: others are served, and yet it is one transaction."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise

from banward.pieces import PIECE
from banward.records import Match, Position, Progress
from banward.storage.sqlite import SqliteStore
from storage.reading import current
from warden.wardens import scene

MANY = [f"198.18.{n // 250}.{n % 250 + 1}" for n in range(4 * PIECE)]
INNOCENT = "192.0.2.7"
NEW = "203.0.113.9"


def block(s):
    """One failure of an innocent, then of each of many, who are banned for it."""
    now = s.clock.now()
    weights = [(INNOCENT, 1), *((subject, 3) for subject in MANY)]
    matches = tuple(Match.of("j", who, now, ("line",), count=count) for who, count in weights)
    return Progress("/log", ("j",), Position(100, 100, "mark", 1), matches)


@asynccontextmanager
async def amid(s):
    """The jail, while the first piece of a block is decided and the last is not."""
    await s.add(action=[("keeps", "yes")])
    telling = asyncio.create_task(s.watcher.tell(block(s)))
    jail = s.warden.jails["j"]
    while not len(jail.ledger):  # noqa: ASYNC110  (the next piece must not be missed)
        await asyncio.sleep(0)
    assert len(jail.ledger) < len(MANY)
    yield jail
    await telling
    await s.settle()


def stored(s, call):
    return s.warden._shared.stored(call, None)


def test_a_block_is_worked_off_in_pieces_and_stored_at_once(tmp_path, monkeypatch):
    """A ping is answered after each piece; position, counters and bans are one transaction.

    Fails without ``pieces`` in ``Intake.take``.
    """
    commits = []
    real = SqliteStore.commit
    monkeypatch.setattr(
        SqliteStore, "commit", lambda store, facts: commits.append(facts) or real(store, facts)
    )

    async def story():
        async with scene(tmp_path / "db") as s, amid(s) as jail:
            sizes = [len(jail.ledger)]
            while sizes[-1] < len(MANY):
                assert await s.run("ping") == "pong"
                assert jail.bans() == []  # none is in force yet
                await asyncio.sleep(0)
                sizes.append(len(jail.ledger))
            assert max(after - before for before, after in pairwise(sizes)) <= PIECE
            await s.settle()
            assert len(jail.bans()) == len(MANY)

    asyncio.run(story())
    (whole,) = [facts for facts in commits if facts.progress]
    assert len(whole.bans) == len(MANY)
    assert "j" in whole.sheets


def test_what_is_ordered_amid_a_block_holds(tmp_path):
    """Who is unbanned stays free, who is banned is banned, and no counter is stored too early.

    Fails without ``Ledger.holding`` in ``Intake.take``, or without ``is_partial`` in ``commit``: a
    crash would let the innocent's failure count twice.
    """

    async def story():
        async with scene(tmp_path / "db") as s:
            async with amid(s) as jail:
                orders = [
                    asyncio.create_task(s.run("set", "j", *order))
                    for order in (("unbanip", MANY[0]), ("banip", NEW))
                ]
                await asyncio.sleep(0)
                assert len(jail.ledger) < len(MANY)
                assert stored(s, lambda db: db.positions()) == {}
                assert stored(s, lambda db: list(db.sheets("j"))) == []
                assert [ban.subject for ban in stored(s, lambda db: current(db, "j", 0))] == [NEW]
                await asyncio.gather(*orders)
            held = {*MANY[1:], NEW}
            assert {ban.subject for ban in jail.bans()} == held
            (enforcer,) = jail.actions.enforcers
            assert enforcer.held == held
            bans = stored(s, lambda db: current(db, "j", s.clock.now()))
            assert {ban.subject for ban in bans} == held
            assert stored(s, lambda db: db.positions())["j", "/log"].offset == 100
            assert jail.account(INNOCENT).count.failures == 1

    asyncio.run(story())


def test_a_new_ban_time_amid_a_block_holds_for_its_bans(tmp_path):
    """Those that were decided before and those after it end at the same time, there and here."""

    async def story():
        async with scene(tmp_path / "db") as s:
            async with amid(s) as jail:
                await s.run("set", "j", "bantime", 7200)
            assert {ban.bantime for ban in jail.ledger} == {7200}
            bans = stored(s, lambda db: current(db, "j", s.clock.now()))
            assert {(ban.bantime, len(bans)) for ban in bans} == {(7200, len(MANY))}

    asyncio.run(story())


def test_who_counts_by_order_waits_for_the_block(tmp_path):
    """So that his counter is stored with those of the block, or after them."""

    async def story():
        async with scene(tmp_path / "db") as s:
            async with amid(s) as jail:
                order = asyncio.create_task(s.run("set", "j", "attempt", INNOCENT, "line"))
                await asyncio.sleep(0)
                assert not order.done()
            assert await order == 1
            assert jail.account(INNOCENT).count.failures == 2

    asyncio.run(story())


def test_a_stop_amid_a_block_loses_nothing_of_it(tmp_path):
    """It waits until the block is stored; all its bans are there for the next start."""

    async def story():
        async with scene(tmp_path / "db") as s, amid(s):
            await s.run("stop", "--keep-bans")
        async with scene(tmp_path / "db") as s:
            assert stored(s, lambda db: db.positions())["j", "/log"].offset == 100
            assert len(stored(s, lambda db: current(db, "j", s.clock.now()))) == len(MANY)

    asyncio.run(story())
