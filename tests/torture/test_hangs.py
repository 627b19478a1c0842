"""Programs that hang: nobody is said to be banned by them, no ban of the kernel waits for them.

No ban at all waits for a mail.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sys
import time
from contextlib import contextmanager
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


def walled(fort, jail="wall"):
    """Whom the kernel bans for a jail by programs."""
    rules = fort.inside("iptables", "-S").stdout
    elements = fort.inside("ipset", "save", f"f2b-{jail}").stdout
    return {*re.findall(rf"-A f2b-{jail} -s ([0-9.]+)/32", rules)} | {
        *re.findall(rf"add f2b-{jail} ([0-9.]+)", elements)
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

    What is left is told; the bans of nftables are lifted, and no process is left behind. Fails
    without ``timeout=limit`` in ``Actions.stop``, and without ``break_off`` there.
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


def test_a_command_that_hangs_holds_up_no_ban_of_the_kernel():
    """Nor a mail: the next one who fails is banned by nftables, and told, while it hangs still.

    Fails if ``ActionGroups.of`` gives commands the group of native actions.
    """
    with Fort(JAIL.replace("action = nftables", f"{WAYS}\n         post")) as fort:
        fort.write("etc/action.d/walls.conf", WALL)
        fort.write("etc/action.d/post.conf", MAIL)
        fort.write("etc/banward.conf", "[Definition]\nstop_timeout = 2\n")
        fort.write("bin/iptables", WRAPPER % shutil.which("iptables"))
        (fort.folder / "bin" / "iptables").chmod(0o755)
        begin(fort)
        hang(fort)
        fort.fail(*["198.18.0.1"] * 3)
        fort.wait_for(lambda: hung(fort))
        fort.fail(*["198.18.0.2"] * 3)
        fort.wait_for(lambda: fort.kernel() == {"198.18.0.1", "198.18.0.2"})
        fort.wait_for(lambda: mails(fort)[-1:] == ["end 198.18.0.2"])
        assert fort.banned() == {"198.18.0.1", "198.18.0.2"}
        assert walled(fort, "gate") == set()
        assert len(hung(fort)) == 1
        assert fort.client("stop").returncode == 0
        fort.wait_for(fort.is_dead)
        assert fort.kernel() == set()
        assert mails(fort)[-1] == "stop"
        fort.wait_for(lambda: not hung(fort))


MAIL = """\
[Definition]
actionstart = echo start >> {folder}/mails; flock -s {folder}/start true
actionban = echo begin <ip> >> {folder}/mails; flock -s {folder}/ban true; echo end <ip> >> {folder}/mails
actionstop = echo stop >> {folder}/mails
"""


@pytest.fixture
def post(request):
    """A server with a jail ``gate``: a mail that waits for locks of the test, and a firewall."""
    action = {**ACTIONS, "nftables": "nftables"}[request.param].replace("name=wall", "name=gate")
    with Fort(JAIL.replace("action = nftables", f"action = post\n         {action}")) as fort:
        fort.write("etc/action.d/walls.conf", WALL)
        fort.write("etc/action.d/post.conf", MAIL)
        yield fort


@contextmanager
def locked(fort, name):
    """The mail waits here as long as this lasts."""
    with (fort.folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def mails(fort):
    """What the mail has done, in order."""
    path = fort.folder / "mails"
    return path.read_text().splitlines() if path.exists() else []


def in_kernel(fort):
    """Whom the kernel bans for the jail ``gate``, in whichever way."""
    return walled(fort, "gate") | fort.kernel()


@pytest.mark.parametrize("post", [*ACTIONS, "nftables"], indirect=True)
def test_a_mail_that_hangs_holds_up_no_ban(post):
    """The second ban is in the kernel while the mail about the first hangs; then all are told.

    The order of each is kept, and at a stop nothing is left out. Fails if ``ActionGroups.of``
    gives all actions the same group.
    """
    post.start()
    with locked(post, "ban"):
        post.fail(*["198.18.0.1"] * 3)
        post.wait_for(lambda: mails(post) == ["start", "begin 198.18.0.1"])
        assert in_kernel(post) == {"198.18.0.1"}
        post.fail(*["198.18.0.2"] * 3)
        post.wait_for(lambda: in_kernel(post) == {"198.18.0.1", "198.18.0.2"})
        assert post.ask("set", "gate", "banip", "198.18.0.3") == (0, 1)
        assert post.ask("set", "gate", "unbanip", "198.18.0.1") == (0, 1)
        assert in_kernel(post) == {"198.18.0.2", "198.18.0.3"}
        assert mails(post) == ["start", "begin 198.18.0.1"]
        client = post.open(
            sys.executable, "-m", "banward.cli.client", "-c", f"{post.folder}/etc", "stop"
        )
        post.wait_for(lambda: in_kernel(post) == set())
        assert mails(post) == ["start", "begin 198.18.0.1"]
    client.communicate()
    post.wait_for(post.is_dead)
    about = [f"{word} 198.18.0.{n}" for n in (1, 2, 3) for word in ("begin", "end")]
    assert mails(post) == ["start", *about, "stop"]


@pytest.mark.parametrize("post", ["nftables"], indirect=True)
def test_a_mail_that_hangs_when_it_is_started_holds_up_no_ban(post):
    """Whoever fails is banned meanwhile, and told once the start is over.

    Fails if ``ActionGroups.of`` gives all actions the same group.
    """
    with locked(post, "start"):
        post.launch()
        post.wait_for(lambda: mails(post) == ["start"])
        post.fail(*["198.18.0.1"] * 3)
        post.wait_until_equal(["198.18.0.1"])
        assert mails(post) == ["start"]
    post.wait_for(lambda: mails(post) == ["start", "begin 198.18.0.1", "end 198.18.0.1"])
