"""The disk is full or read-only, the database locked or damaged: bans bite, nothing counts twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import pytest

from torture.fort import JAIL

GUILTY = [f"198.18.0.{n}" for n in range(1, 21)]
INNOCENT = [f"198.18.1.{n}" for n in range(1, 21)]
FAILS = "nothing is stored, next attempt in 1 seconds"
WORKS = "The database works again, all that waited is stored"


def mount(fort, options):
    """Give the state a small disk of its own."""
    fort.run("mount", "-t", "tmpfs", "-o", options, "none", str(fort.folder / "state"))


def stored(fort, question):
    """The answer of the database file itself."""
    with closing(sqlite3.connect(f"{fort.database.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(question).fetchall()


@contextmanager
def locked(fort):
    """Another program holds the database."""
    with closing(sqlite3.connect(fort.database, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")


def bring_to_the_edge(fort):
    """One more failure bans the guilty, and two more the innocent."""
    fort.fail(*GUILTY * 2, *INNOCENT)
    fort.wait_for(lambda: fort.total() == 60)


def everything_holds(fort):
    """Just the guilty are banned, and each innocent is known with two failures."""
    fort.wait_until_equal(GUILTY)
    assert dict(fort.ask("status", "gate")[1][0][1])["Currently failed"] == len(INNOCENT)
    fort.fail(*INNOCENT)
    fort.wait_until_equal([*GUILTY, *INNOCENT])


def test_a_full_disk_keeps_nobody_from_being_banned(fort):
    """While nothing can be stored bans bite; what waited is stored once there is room.

    Fails without ``unsaved.keep(told)`` in ``commits._keep`` (the bans of the full disk would be
    gone after the crash, for the position behind them is stored).
    """
    mount(fort, "size=600k")
    fort.start()
    bring_to_the_edge(fort)
    fill = "head -c 2000000 /dev/zero > {0}/filler 2> /dev/null; df {0} | tail -1"
    fort.inside("sh", "-c", fill.format(fort.folder / "state"))
    fort.fail(*GUILTY, *INNOCENT)
    fort.wait_for_log("is full: " + FAILS)
    fort.wait_until_equal(GUILTY)

    fort.inside("rm", str(fort.folder / "state" / "filler"))
    fort.wait_for_log(WORKS)
    fort.kill()
    fort.nft("flush", "ruleset")
    fort.start()
    everything_holds(fort)


@pytest.mark.parametrize("crash", [False, True], ids=["", "crash"])
def test_a_locked_database_is_waited_for(fort, crash):
    """Bans bite meanwhile; after a crash under the lock every line still counts once.

    Fails without ``self._database.attend(now)`` in ``Timers.tick`` (nothing more would be stored).
    """
    fort.start()
    bring_to_the_edge(fort)
    with locked(fort):
        fort.fail(*GUILTY, *INNOCENT)
        fort.wait_for_log("database is locked: " + FAILS)
        fort.wait_until_equal(GUILTY)
        assert stored(fort, "SELECT count(*) FROM ban") == [(0,)] if not crash else True
        if crash:
            fort.kill()
    if crash:
        fort.start()
    else:
        fort.wait_for_log(WORKS)
        fort.kill()
        fort.nft("flush", "ruleset")
        fort.start()
    everything_holds(fort)


def test_an_unban_while_the_database_is_locked_is_not_forgotten(fort):
    """Who was let go does not come back with the database.

    Fails without ``unsaved.forgets.append`` in ``Shared.forget``.
    """
    fort.start()
    fort.ask("set", "gate", "banip", *GUILTY)
    with locked(fort):
        fort.ask("set", "gate", "unbanip", *GUILTY[:5])
    fort.wait_for_log(WORKS)
    fort.kill()

    fort.start()
    fort.wait_until_equal(GUILTY[5:])


def test_a_read_only_file_system_at_the_start(fort):
    """The server protects without a database, keeps what the kernel holds, and stores later.

    Fails without ``doubtful = True`` in ``Database.open`` (the kernel's bans would be removed as
    unknown), and without ``_open_again`` in ``Database.attend``.
    """
    mount(fort, "size=10m")
    fort.start()
    fort.ask("set", "gate", "banip", *GUILTY[:10])
    fort.kill()
    state = str(fort.folder / "state")
    fort.run("mount", "-o", "remount,ro", state)
    fort.start()
    fort.wait_for_log("[gate] Took over 10 ban(s) that only the firewall knew")
    fort.fail(*GUILTY[10:] * 3)
    fort.wait_until_equal(GUILTY)

    fort.run("mount", "-o", "remount,rw", state)
    fort.wait_for_log(WORKS)
    fort.kill()
    fort.nft("flush", "ruleset")
    fort.start()
    fort.wait_until_equal(GUILTY)


def destroy(fort):
    """Overwrite the whole database."""
    for path in fort.database.parent.iterdir():
        path.write_bytes(b"\xa5" * max(4096, path.stat().st_size))


def test_a_database_that_is_destroyed_while_the_server_is_down(fort):
    """It is moved aside, and whom the kernel bans is banned still, until the same moment.

    Fails without ``deciding.adopt`` in ``Mending.begin`` (the kernel's bans would be removed).
    """
    fort.write("etc/jail.local", JAIL.replace("bantime = 600", "bantime = 100"))
    fort.start()
    fort.ask("set", "gate", "banip", *GUILTY, "2001:db8::1", "198.51.100.0/24")
    fort.kill()
    destroy(fort)

    fort.start()
    fort.wait_for_log("was damaged; it was moved to", "Took over 22 ban(s) that only the firewall")
    assert fort.banned() == {*GUILTY, "2001:db8::1", "198.51.100.0/24"}
    assert fort.kernel() == {*GUILTY, "2001:db8::1"}
    assert fort.database.with_name(fort.database.name + ".damaged-1").exists()
    shown = fort.ask("get", "gate", "banip", "--with-time")[1]
    assert all(90 <= int(line.split(" + ")[1].split(" ")[0]) <= 100 for line in shown), shown


def test_a_database_that_is_destroyed_while_the_server_runs(fort):
    """It is moved aside and rebuilt from what the server knows; then it holds all of it.

    Fails without ``or unsaved.damaged`` in ``Database.attend``.
    """
    fort.start()
    fort.ask("set", "gate", "banip", *GUILTY[:10])
    fort.fail(*INNOCENT * 2)
    fort.wait_for(lambda: fort.total() == 40)
    destroy(fort)
    fort.fail(*GUILTY[10:] * 3)
    fort.wait_for_log("was damaged; it was moved to", WORKS)
    fort.wait_until_equal(GUILTY)

    fort.kill()
    fort.nft("flush", "ruleset")
    fort.start()
    everything_holds(fort)
