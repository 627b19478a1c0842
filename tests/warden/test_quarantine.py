from __future__ import annotations

import asyncio

from banward.link import Quarantine
from warden.wardens import scene

EVIL = "^(a+)+ <HOST>$"
REPORT = Quarantine("j", 0, EVIL, "/log", "aaa")


def test_a_regex_leaves_the_quarantine_with_its_jail_changed():
    """The watcher is told to leave it out, until the jail is configured without it."""

    async def story():
        async with scene() as s:
            await s.add()
            await s.run("set", "j", "addfailregex", EVIL)
            await s.watcher.tell(REPORT)
            (regex,) = s.warden.health.quarantined
            assert (regex.jail, regex.pattern, regex.line) == ("j", EVIL, "aaa")
            await s.run("set", "j", "addfailregex", "^other <HOST>$")
            await s.settle()
            assert s.watcher.quarantined == (("j", EVIL),)
            await s.run("set", "j", "delfailregex", 1)
            await s.settle()
            assert s.watcher.quarantined == ()
            assert s.warden.health.quarantined == ()

    asyncio.run(story())


def test_a_regex_stays_in_quarantine_over_a_restart_of_the_server(tmp_path):
    """The next process tells its watcher before it reads the first line."""

    async def story():
        async with scene(tmp_path / "db.sqlite3") as s:
            await s.add()
            await s.run("set", "j", "addfailregex", EVIL)
            await s.watcher.tell(REPORT)
        async with scene(tmp_path / "db.sqlite3") as s:
            await s.add()
            assert s.watcher.quarantined == ()
            assert s.warden.health.quarantined == ()
        async with scene(tmp_path / "db.sqlite3") as s:
            await s.watcher.tell(REPORT)
        async with scene(tmp_path / "db.sqlite3") as s:
            await s.run("add", "j", "polling")
            await s.run("set", "j", "addfailregex", EVIL)
            await s.run("start", "j")
            await s.settle()
            assert s.watcher.quarantined == (("j", EVIL),)

    asyncio.run(story())


def test_the_quarantine_of_a_jail_that_is_no_more_is_forgotten(tmp_path):
    """A jail that was stopped is not shown; at the end of the next start it is forgotten."""

    async def story():
        async with scene(tmp_path / "db.sqlite3") as s:
            await s.add()
            await s.run("set", "j", "addfailregex", EVIL)
            await s.watcher.tell(REPORT)
            await s.run("stop", "j")
            assert s.warden.health.quarantined == ()
            assert s.warden._listening.quarantines.keys == (("j", EVIL),)
            await s.warden.settle()
            assert s.warden._listening.quarantines.keys == ()

    asyncio.run(story())
