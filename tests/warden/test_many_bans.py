"""Orders over thousands of addresses: done in pieces, while others are served."""

from __future__ import annotations

import asyncio

import pytest

from banward.errors import StorageError
from banward.pieces import PIECE
from banward.records import Reason
from storage.reading import current
from warden.wardens import scene

MANY = [f"198.18.{n // 250}.{n % 250 + 1}" for n in range(4 * PIECE)]


def _told(s, what: str) -> list[str]:
    return [subject for call in s.calls if call[1] == what for subject in call[2:]]


async def _first_piece(s):
    """The jail, as soon as some of its bans are restored."""
    while True:
        jail = s.warden.jails.get("j")
        if jail and len(jail.ledger):
            return jail
        await asyncio.sleep(0)


def test_a_client_is_answered_while_thousands_are_banned(tmp_path):
    """Another command is done before the ban of thousands is; each is banned once, and stored."""

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            order = asyncio.create_task(s.run("set", "j", "banip", *MANY))
            seen = []
            while not order.done():
                seen.append(await s.run("ping"))
                await asyncio.sleep(0)
            assert len(seen) > len(MANY) // PIECE
            assert await order == len(MANY)
            assert _told(s, "ban") == sorted(MANY)
            assert len([call for call in s.calls if call[1] == "ban"]) <= len(MANY) // PIECE
            stored = s.warden._shared.stored(lambda db: current(db, "j", s.clock.now()), ())
            assert len(stored) == len(MANY)

    asyncio.run(story())


def test_a_new_ban_time_reaches_thousands_in_pieces(tmp_path):
    """Others are served meanwhile; who is lifted stays free, and a further change wins.

    Fails without the pieces of ``Jail._retime``.
    """

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            await s.run("set", "j", "banip", *MANY)
            jail = s.warden.jails["j"]
            first = asyncio.create_task(jail.change(bantime=7200))
            await asyncio.sleep(0)
            times = [ban.bantime for ban in jail.ledger]
            assert times == [7200] * PIECE + [600] * (len(MANY) - PIECE)
            await s.run("set", "j", "unbanip", MANY[-1])
            await asyncio.gather(first, jail.change(bantime=3600))
            assert [ban.bantime for ban in jail.ledger] == [3600] * (len(MANY) - 1)

    asyncio.run(story())


def test_thousands_that_end_at_one_moment_end_in_pieces(tmp_path):
    """Each tick lifts one piece and asks to be called again at once, until all are lifted."""

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            await s.run("set", "j", "banip", *MANY)
            s.clock.advance(601)
            pauses = []
            for _ in range(len(MANY) // PIECE):
                left = len(s.warden.jails["j"].ledger)
                pauses.append(await s.warden._timers.tick())
                assert len(s.warden.jails["j"].ledger) == left - PIECE
            assert max(pauses[:-1]) < 0.01
            await s.settle()
            assert sorted(_told(s, "unban")) == sorted(MANY)

    asyncio.run(story())


def test_why_a_ban_ended_is_stored_at_once(tmp_path):
    """What a look into the database says after the end of a ban does not wait for a failure."""

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            await s.run("set", "j", "banip", MANY[0])
            s.clock.advance(601)
            await s.warden._timers.tick()
            decisions = s.warden._shared.stored(lambda db: db.decisions(MANY[0], "j"), ())
            assert [decision.reason for decision in decisions] == [Reason.EXPIRED]

    asyncio.run(story())


def test_thousands_are_lifted_and_forgotten_by_one_order(tmp_path):
    """An order to unban lifts each of them, and the database knows none any more."""

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            await s.run("set", "j", "banip", *MANY)
            assert await s.run("set", "j", "unbanip", *MANY) == len(MANY)
            assert _told(s, "unban") == sorted(MANY)
            assert s.warden._shared.stored(lambda db: db.history(MANY[-1], "j", 5), ()) == []

    asyncio.run(story())


def test_what_is_ordered_between_two_pieces_of_a_start_holds(tmp_path):
    """Who is unbanned before he is restored stays free; who is banned meanwhile is banned after.

    Fails without the pieces of ``Store.current``, and without ``await restored`` in ``begin``.
    """
    first, last, new = MANY[0], MANY[-1], "203.0.113.9"

    async def story():
        async with scene(tmp_path / "db", keep=True) as s:
            await s.add()
            await s.run("set", "j", "banip", *MANY)
        async with scene(tmp_path / "db") as s:
            adding = asyncio.create_task(s.add())
            jail = await _first_piece(s)
            assert len(jail.ledger) < len(MANY)
            orders = [("unbanip", first), ("unbanip", last), ("banip", new)]
            await asyncio.gather(*(s.run("set", "j", *order) for order in orders))
            await adding
            held = set(MANY) - {first, last} | {new}
            assert {ban.subject for ban in jail.bans()} == held
            (enforcer,) = jail.actions.enforcers
            assert enforcer.held == held

    asyncio.run(story())


def test_a_server_that_ends_while_it_starts_ends_whole(tmp_path):
    """A stop waits until bans are restored, and no jail is made after it."""

    async def story():
        async with scene(tmp_path / "db", keep=True) as s:
            await s.add()
            await s.run("set", "j", "banip", *MANY)
        async with scene(tmp_path / "db") as s:
            jails = [[["add", name, "polling"], ["start", name]] for name in ("j", "k")]
            starting = asyncio.create_task(
                s.commands.configure([each for jail in jails for each in jail])
            )
            jail = await _first_piece(s)
            await s.run("stop", "--keep-bans")
            await starting
            assert dict(s.warden.jails) == {}
            assert len(jail.ledger) == len(MANY)

    asyncio.run(story())


@pytest.mark.parametrize("flushes", ["yes", "no"])
def test_who_is_banned_while_thousands_are_lifted_stays_banned(tmp_path, flushes):
    """All that were banned are lifted and forgotten; who comes meanwhile is banned, and stored.

    Fails if ``lift_all`` is queued behind the pieces of the log.
    """
    new = "203.0.113.9"

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add(action=[("flushes", flushes)])
            await s.run("set", "j", "banip", *MANY)
            lifting = asyncio.create_task(s.run("unban", "--all"))
            await asyncio.sleep(0)
            banning = asyncio.create_task(s.run("set", "j", "banip", new))
            await asyncio.sleep(0)
            assert new in s.warden.jails["j"].ledger
            assert not lifting.done()
            assert await banning == 1
            assert await lifting == len(MANY)
            await s.settle()
            (enforcer,) = s.warden.jails["j"].actions.enforcers
            assert enforcer.held == {new}
            stored = s.warden._shared.stored(lambda db: current(db, "j", s.clock.now()), ())
            assert [ban.subject for ban in stored] == [new]

    asyncio.run(story())


def test_a_reload_that_unbans_all_asks_the_database_once(tmp_path, monkeypatch):
    """Of each jail by itself that would take half a second of everybody's time for each 100,000.

    Fails without ``unban_all`` in ``Warden.reload``.
    """

    async def story():
        async with scene(tmp_path / "db") as s:
            for name in ("j", "k"):
                await s.add(name)
                await s.run("set", name, "banip", *MANY[:10])
            store, asked = s.warden._shared.store, []
            forget = store.forget
            monkeypatch.setattr(
                store, "forget", lambda *which: [asked.append(which), forget(*which)]
            )
            jails = [[["add", name, "polling"], ["start", name]] for name in ("j", "k")]
            await s.run("reload", "--all", ["--unban"], [*jails[0], *jails[1]])
            await s.settle()
            assert asked == [(None, None)]
            for name in ("j", "k"):
                assert await s.run("get", name, "banip") == []
                stored = s.warden._shared.stored(
                    lambda db, n=name: current(db, n, s.clock.now()), ()
                )
                assert list(stored) == []

    asyncio.run(story())


def test_a_reload_that_unbans_one_jail_forgets_its_bans_in_pieces(tmp_path, monkeypatch):
    """Also those that are over; who is banned meanwhile is lifted and forgotten with all others.

    Fails without the pieces of ``Lifting.clear``, and if it empties the ledger before them.
    """
    new = "203.0.113.9"

    async def story():
        async with scene(tmp_path / "db") as s:
            for name in ("j", "k"):
                await s.add(name)
                await s.run("set", name, "banip", *MANY)
            s.clock.advance(601)
            await s.warden._timers.tick()
            await s.run("set", "j", "banip", *MANY[: 2 * PIECE])
            store, left = s.warden._shared.store, []
            forget = store.forget

            def watched(subjects, jail):
                left.append(len(current(store, "j", 0)))
                forget(subjects, jail)
                left.append(len(current(store, "j", 0)))
                if subjects and new not in s.warden.jails["j"].ledger:
                    asyncio.create_task(s.run("set", "j", "banip", new))  # noqa: RUF006

            monkeypatch.setattr(store, "forget", watched)
            await s.run("reload", "j", ["--unban"], [["add", "j", "polling"], ["start", "j"]])
            await s.settle()
            assert max(b - a for b, a in zip(left[::2], left[1::2], strict=True)) == PIECE
            assert current(store, "j", 0) == []
            assert await s.run("get", "j", "banip") == []
            assert len(current(store, "k", 0)) == len(MANY)

    asyncio.run(story())


def test_a_database_that_is_locked_is_not_waited_for_with_each_piece(tmp_path, monkeypatch):
    """That would be a second of everybody's time for each; all is forgotten when it works again.

    Fails without the ``break`` in ``Lifting.clear``.
    """

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            await s.run("set", "j", "banip", *MANY)
            store, asked = s.warden._shared.store, []

            def locked(*which):
                asked.append(which)
                raise StorageError("database is locked")

            with monkeypatch.context() as patch:
                patch.setattr(store, "forget", locked)
                await s.run("reload", "j", ["--unban"], [["add", "j", "polling"], ["start", "j"]])
            assert len(asked) == 2
            s.clock.advance(1)
            await s.warden._timers.tick()
            assert current(store, "j", 0) == []

    asyncio.run(story())
