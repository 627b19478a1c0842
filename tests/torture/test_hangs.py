"""Programs of the firewall that hang: nobody is said to be banned by them, and nobody waits for them."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from torture.fort import JAIL, WALL, Fort

MANY = [f"198.18.0.{n}" for n in range(1, 6)]

# What a program of the firewall does while there is a file ``hang``: it waits for ever, and ends
# only if it is killed.
WRAPPER = """\
#!/bin/sh
if [ -e {folder}/hang ]; then
  echo $$ >> {folder}/hung
  trap '' TERM
  while :; do sleep 1000; done
fi
exec %s "$@"
"""

OTHER = "\n" + JAIL.replace("[gate]", "[%s]").replace("nftables", "%s")

ACTIONS = {
    "shell": "walls[name=wall, timeout=1]",
    "iptables": "iptables[name=wall, port=22, timeout=1]",
    "ipset": "iptables-ipset[name=wall, port=22, timeout=1]",
}
PROGRAMS = ("iptables", "iptables-restore", "ip6tables", "ip6tables-restore", "ipset")


@pytest.fixture
def wall(request):
    """A server with two jails over one log: one over nftables, one over programs that may hang."""
    with Fort(JAIL + OTHER % ("wall", ACTIONS[request.param])) as fort:
        fort.write("etc/action.d/walls.conf", WALL)
        for name in PROGRAMS:
            fort.write(f"bin/{name}", WRAPPER % shutil.which(name))
            (fort.folder / "bin" / name).chmod(0o755)
        yield fort


def begin(fort):
    """Start the server with the programs that may hang."""
    fort.start(PATH=f"{fort.folder}/bin:{os.environ['PATH']}")


def hang(fort):
    """From now on they hang."""
    (fort.folder / "hang").touch()


def work_again(fort):
    (fort.folder / "hang").unlink()


def walled(fort):
    """Whom the kernel bans for the jail ``wall``."""
    rules = fort.inside("iptables", "-S").stdout
    elements = fort.inside("ipset", "save", "f2b-wall").stdout
    return {*re.findall(r"-A f2b-wall -s ([0-9.]+)/32", rules)} | {
        *re.findall(r"add f2b-wall ([0-9.]+)", elements)
    }


def hung(fort):
    """The processes that hang and live."""
    path = fort.folder / "hung"
    numbers = path.read_text().split() if path.exists() else []
    return [n for n in numbers if Path(f"/proc/{n}").exists()]


@pytest.mark.parametrize("wall", ACTIONS, indirect=True)
def test_who_is_not_in_the_kernel_for_a_command_hangs_is_not_said_to_be(wall):
    """The other jail bans meanwhile; attempts have growing pauses and are told; then all are banned.

    Fails without ``is_retried`` of the action (its bans would be believed), without the error of
    ``run_shell`` for what is ended, and without ``jail.actions.retry`` in ``Timers.tick``.
    """
    begin(wall)
    hang(wall)
    wall.fail(*MANY * 3)
    wall.wait_until_equal(MANY, "gate")
    assert wall.banned("wall") == set()
    assert walled(wall) == set()
    wall.wait_for_log("[wall] Action", "5 ban(s) are not in force, next attempt in 1 seconds")
    wall.wait_for_log("5 ban(s) are not in force, next attempt in 2 seconds")
    assert wall.banned("wall") == set()
    wall.wait_for(lambda: len(hung(wall)) <= 1)

    work_again(wall)
    wall.wait_for(lambda: wall.banned("wall") == walled(wall) == set(MANY))
    wall.wait_for_log("works again")
    wall.wait_for(lambda: not hung(wall))


@pytest.mark.parametrize("wall", ["shell"], indirect=True)
def test_a_ban_that_ends_while_its_command_hangs_is_lifted_later(wall):
    """The chain is empty in the end, though the first attempts to lift hang.

    Fails without ``_lift_stuck`` in ``ShellAction.unban``. Where nobody else's ban ends, the next
    look does it (``tests/enforcement/test_shell.py``).
    """
    begin(wall)
    wall.ask("set", "wall", "banip", "198.18.1.1", *MANY)
    assert walled(wall) == {"198.18.1.1", *MANY}
    hang(wall)
    wall.ask("set", "wall", "unbanip", *MANY)
    assert wall.banned("wall") == {"198.18.1.1"}
    assert len(walled(wall)) == 6
    work_again(wall)
    wall.ask("set", "wall", "unbanip", "198.18.1.1")
    assert walled(wall) == set()


HANGING = "".join(OTHER % (f"wall{n}", f"walls[name=wall{n}, timeout=60]") for n in range(5))


def test_a_stop_has_an_end_however_many_commands_hang():
    """Five jails hang at the stop for a minute each: it is over after ``stop_timeout``.

    What is left is told; the bans of nftables are lifted, and no process is left behind. Before,
    nftables bans though the action in front of it hangs. Fails without ``asyncio.timeout(limit)``
    in ``Actions.stop``, without ``break_off`` there, and without the ``key`` in ``Actions._in_turn``.
    """
    with Fort(JAIL.replace("action = nftables", WAYS) + HANGING) as fort:
        fort.write("etc/action.d/walls.conf", WALL)
        fort.write("etc/banward.conf", "[Definition]\nstop_timeout = 2\n")
        fort.write("bin/iptables", WRAPPER % shutil.which("iptables"))
        (fort.folder / "bin" / "iptables").chmod(0o755)
        begin(fort)
        for n in range(5):
            fort.ask("set", f"wall{n}", "banip", *MANY)
        fort.ask("set", "gate", "banip", *MANY)
        hang(fort)
        fort.fail(*["198.18.0.9"] * 3)
        fort.wait_for(lambda: "198.18.0.9" in fort.kernel())

        begun = time.monotonic()
        assert fort.client("stop").returncode == 0
        fort.wait_for(fort.is_dead)
        assert time.monotonic() - begun < 30
        for n in range(5):
            assert f"[wall{n}] Not all was lifted and stopped within 2 seconds" in fort.log_text()
        assert fort.kernel() == set()
        fort.wait_for(lambda: not hung(fort))


WAYS = "action = walls[name=gate, timeout=60]\n         nftables"
