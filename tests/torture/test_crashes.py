"""Killed at every step and at random: nobody is counted twice, forgotten, or banned by a ghost.

Whoever is guilty failed just often enough, whoever is innocent once less: a failure that is
counted twice bans an innocent, one that is lost lets a guilty go.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

import pytest

from banward.cli.client_link import LinkError
from torture.fort import JAIL, Fort

GUILTY = [f"198.18.0.{n}" for n in range(1, 41)]
INNOCENT = [f"198.18.1.{n}" for n in range(1, 41)]
LAST = "198.18.2.1"
LAST6 = "2001:db8::2:1"

WATCHER = ["read", "matched", "sent"]
WARDEN = [
    ("received", 2, ""),
    ("received", 2, ":both"),
    ("before-commit", 1, ""),
    ("in-commit", 1, ""),
    ("after-commit", 1, ""),
    ("after-commit", 1, ":both"),
    ("before-kernel", 1, ""),
    ("after-kernel", 1, ""),
]


def failures(seed=0):
    """All failures in an order of their own, each subject as often as it may."""
    lines = [*GUILTY * 3, *INNOCENT * 2]
    random.Random(seed).shuffle(lines)
    return lines


def finish(fort):
    """Let the last one fail, and check that just the guilty are banned, here and in the kernel."""
    fort.fail(*[LAST, LAST6] * 3)
    fort.wait_until_equal({*GUILTY, LAST, LAST6})
    assert fort.ask("status", "gate")[1][0][1][0] == ("Currently failed", len(INNOCENT))


@pytest.mark.parametrize("step", WATCHER)
def test_a_watcher_killed_at_a_step(fort, step):
    """The warden starts another, which goes on after the last block that was handed over.

    Fails without ``self._reached |=`` in ``WatcherProcess._until_its_end`` (the next watcher would
    begin at a stored position and count once more).
    """
    fort.start(step)
    lines = failures()
    fort.fail(*lines[:100])
    fort.wait_for(lambda: fort.total() > 0)
    fort.fail(*lines[100:])
    fort.wait_for_log("The watcher ended unexpectedly (signal 11), starting a new one")
    finish(fort)


@pytest.mark.parametrize(("step", "number", "whom"), WARDEN)
def test_a_warden_killed_at_a_step(fort, step, number, whom):
    """The next start goes on at the stored position with the stored counters, kernel and ledger.

    Fails if ``Intake.take`` stores position and counters in two transactions, or has bans put in
    force before ``commit``; ``after-kernel`` and ``before-kernel`` fail without ``enforcer.sync``
    in ``Mending.begin``.
    """
    fort.start(f"{step}:{number}{whom}")
    lines = failures()
    fort.fail(*lines[:20])  # too few for a ban: this block is stored
    fort.wait_for(lambda: fort.total() == 20)
    fort.fail(*lines[20:])
    fort.wait_for(fort.is_dead)
    before = fort.kernel()
    assert before <= {*GUILTY}

    fort.start()
    finish(fort)
    assert before <= fort.kernel()


@pytest.mark.parametrize("step", ["forgotten", "before-lift", "after-lift"])
def test_an_unban_that_a_crash_cuts_short_leaves_no_ghost(fort, step):
    """Who was forgotten by the database is not in the kernel after the next start.

    Fails without ``plan.hosts`` removing what nobody wants (``Plan.hosts``, ``found.remove``).
    """
    fort.start(step)
    fort.ask("set", "gate", "banip", "198.18.0.1", "198.18.0.2")
    fort.wait_until_equal({"198.18.0.1", "198.18.0.2"})
    with contextlib.suppress(LinkError):  # the server dies on the way
        fort.ask("set", "gate", "unbanip", "198.18.0.1")
    fort.wait_for(fort.is_dead)

    fort.start()
    fort.wait_until_equal({"198.18.0.2"})


def test_bans_end_though_nothing_comes_back(fort):
    """The kernel itself lifts a ban whose server is gone.

    Fails without the ``timeout`` of an element (``nft_elements.add``).
    """
    fort.write("etc/jail.local", JAIL.replace("bantime = 600", "bantime = 3"))
    fort.start()
    fort.ask("set", "gate", "banip", "198.18.0.1")
    fort.wait_until_equal({"198.18.0.1"})
    os.kill(fort.watcher(), signal.SIGKILL)
    fort.kill()
    fort.wait_for(lambda: not fort.kernel())

    fort.start()
    fort.wait_until_equal(set())


# Says of nobody that he is ignored; of the second address of the name not before it may.
SLOW = """\
#!/bin/sh
[ $1 = 198.18.0.9 ] && exit 1
mkdir {folder}/asked-once 2> /dev/null && exit 1
touch {folder}/asked-twice
while [ -e {folder}/hang ]; do sleep 0.05; done
exit 1
"""
TWO = ["198.18.0.1", "198.18.0.2"]


def test_a_name_of_two_addresses_whose_count_a_crash_cuts_short(fort):
    """It waits for a command when the warden dies: afterwards both addresses have failed once.

    Others failed and were stored meanwhile. Fails if ``Intake._count_later`` counts an address
    before it knows of all whether they count, or without ``go_on`` in ``Warden.start_jail``.
    """
    more = "maxretry = 2\nusedns = yes\nignorecommand = {folder}/slow <ip>"
    fort.write("etc/jail.local", JAIL.replace("maxretry = 3", more))
    fort.write("slow", SLOW)
    (fort.folder / "slow").chmod(0o755)
    fort.write("hosts", "".join(f"{address} two.example\n" for address in TWO))
    fort.run("mount", "--bind", str(fort.folder / "hosts"), "/etc/hosts")
    (fort.folder / "hang").touch()
    fort.start()
    fort.fail("two.example")
    fort.wait_for((fort.folder / "asked-twice").exists)
    fort.fail("198.18.0.9")
    fort.wait_for(lambda: fort.total() == 1)
    fort.kill()
    (fort.folder / "hang").unlink()

    fort.start()
    fort.wait_for(lambda: fort.total() == 2)
    assert fort.banned() == set()
    assert fort.ask("status", "gate")[1][0][1][0] == ("Currently failed", 3)
    fort.fail(*TWO)
    fort.wait_until_equal(TWO)


def kill_at_random(rounds, seed):
    """Kill watcher, warden or both again and again while failures come in, then compare."""
    dice = random.Random(seed)
    lines = failures(seed)
    with Fort() as fort:

        def write():
            for at in range(0, len(lines), 2):
                fort.fail(*lines[at : at + 2])
                over.wait(rounds * 0.6 * 2 / len(lines))

        over = threading.Event()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(rounds):
                fort.launch()
                time.sleep(dice.uniform(0.1, 1.0))
                pid = fort.watcher()
                whom = dice.choice(["watcher", "warden", "warden", "both"])
                if whom != "warden" and pid:
                    os.kill(pid, signal.SIGKILL)
                    time.sleep(dice.uniform(0, 0.2) if whom == "watcher" else 0)
                fort.kill()
        finally:
            over.set()
            writer.join()
        fort.start()
        finish(fort)


def test_killed_at_random_under_load():
    """Six deaths at random moments, while failures come in.

    Fails as ``test_a_warden_killed_at_a_step`` does.
    """
    kill_at_random(6, seed=1)


@pytest.mark.torture
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_random_a_hundred_times(seed):
    """Ten times ten deaths at random moments; fails as the short form does."""
    kill_at_random(10, seed=seed)
