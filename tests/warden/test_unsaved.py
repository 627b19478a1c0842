"""What a database does not take waits, and is stored as a whole."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, contextmanager

import msgspec

from banward.detection.window import Window
from banward.errors import StorageError
from banward.records import Match, Position, Progress
from banward.storage.base import Facts
from banward.storage.sqlite import SqliteStore
from banward.warden.unsaved import Unsaved
from warden.wardens import scene


@contextmanager
def locked(path):
    """Another program holds the database."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")


def progress(offset, source="/log"):
    return Progress(source, ("j",), Position(offset, offset, "mark", 1))


def test_a_position_is_never_stored_without_the_counters_that_belong_to_it(tmp_path):
    """The next transaction stores what waited for one jail, though it is about another.

    Fails without ``shared.jails.values() if unsaved`` in ``commit``.
    """
    path = tmp_path / "db.sqlite3"

    async def run():
        async with scene(path) as s:
            await s.add("j")
            await s.add("other")
            s.warden._shared.store._db.execute("PRAGMA busy_timeout = 10")
            with locked(path):
                await s.fail("192.0.2.1", times=2)
                await s.fail("192.0.2.2", times=2)
            s.clock.advance(1)
            await s.run("set", "other", "banip", "192.0.2.9")

            with closing(SqliteStore(str(path))) as store:
                window = Window(read=lambda number: store.sheet("j", number))
                window.load(store.sheets("j"))
                found = {who: window.get(who).count for who in ("192.0.2.1", "192.0.2.2")}
                offset = store.positions()["j", "/log"].offset
            return found, offset

    assert asyncio.run(run()) == ({"192.0.2.1": 2, "192.0.2.2": 2}, 200)


def test_while_it_waits_the_database_is_left_alone(tmp_path, caplog):
    """A hundred blocks under a lock are one attempt and one line of the log."""
    path = tmp_path / "db.sqlite3"

    async def run():
        async with scene(path) as s:
            await s.add("j")
            s.warden._shared.store._db.execute("PRAGMA busy_timeout = 10")
            with locked(path):
                for n in range(20):
                    await s.fail(f"192.0.2.{n}")
            s.clock.advance(1)

    asyncio.run(run())
    assert caplog.text.count("nothing is stored") == 1
    assert caplog.text.count("all that waited is stored") == 1


def test_the_newest_position_of_a_source_comes_last():
    """Of positions of one source only the newest is kept."""
    unsaved = Unsaved()
    for each in (progress(1), progress(1, "/other"), progress(2)):
        unsaved.keep(Facts(each))

    facts = unsaved.with_these(Facts(progress(3)))
    assert [(p.source, p.position.offset) for p in facts.positions] == [
        ("/other", 1),
        ("/log", 2),
        ("/log", 3),
    ]


def test_a_match_that_was_counted_before_it_was_stored_is_not_stored():
    """A pending match that waits is dropped when it is settled, and else gets its number."""
    unsaved = Unsaved()
    first, second = (
        Match.of("j", "", 1.0, name="a.example"),
        Match.of("j", "", 2.0, name="b.example"),
    )
    unsaved.keep(Facts(pending=[first, second]))

    assert unsaved.settle(first, -1) == ()
    assert unsaved.with_these(Facts()).pending == (second,)
    assert unsaved.stored([7, 8]) == [8]
    assert unsaved.settle(second, -1) == (7,)
    assert not unsaved


def test_damaged_counters_are_told_and_left_out(tmp_path, caplog):
    """One changed byte in the database: an error of the jail, which counts anew; others go on."""
    path = tmp_path / "db.sqlite3"

    async def run(check):
        async with scene(path, keep=True) as s:
            await s.add("j")
            await s.add("k")
            return await check(s)

    async def fail(s):
        for jail in ("j", "k"):
            await s.fail("192.0.2.1", jail=jail, times=2)

    async def look(s):
        return [s.warden.jails[jail].counts.failed for jail in ("j", "k")]

    asyncio.run(run(fail))
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE sheet SET data = zeroblob(length(data)) WHERE jail = 'j'")
        db.commit()

    assert asyncio.run(run(look)) == [0, 1]
    assert "[j] 1 sheet(s) of failures in the database are damaged" in caplog.text


def test_lines_that_can_not_be_read_keep_nobody_from_being_banned(tmp_path, caplog):
    """A database that does not answer is asked once, however many sheets are needed."""
    path = tmp_path / "db.sqlite3"
    whos = [f"10.0.{n >> 8}.{n & 255}" for n in range(600)]

    async def run():
        async with scene(path) as s:
            await s.add("j")
            now = s.clock.now()
            for _ in range(2):
                matches = [Match.of("j", who, now, ("x" * 900,)) for who in whos]
                await s.watcher.tell(msgspec.structs.replace(progress(1), matches=tuple(matches)))
            store = s.warden._shared.store
            store.sheet = lambda *_: fail()
            for who in whos:
                await s.fail(who)
            return await s.run("get", "j", "banip")

    def fail():
        raise StorageError("no answer")

    assert set(asyncio.run(run())) == set(whos)
    assert caplog.text.count("no answer") == 1
