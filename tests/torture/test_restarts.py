"""Restarted again and again: somebody who is banned never gets through, however often he tries."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from torture.fort import JAIL, Fort

ATTACKER, SERVER = "10.9.0.3", "10.9.0.1"
MANY = [f"198.{18 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}" for n in range(100_000)]

# A namespace beside the fort's, joined by a wire; the service listens within the fort.
JOIN = """\
ip link add wire type veth peer name wire netns $OTHER
ip address add 10.9.0.1/24 dev wire
ip link set wire up
"""

SERVICE = """
import socket
service = socket.create_server(("10.9.0.1", 2222), backlog=1000)
print("open", flush=True)
while True:
    service.accept()[0].close()
"""

# Tries every ten milliseconds, and tells how often it tried and got through when told to end.
ATTACK = """
import select, socket, sys, time
tried = through = 0
print("begin", flush=True)
while not select.select([sys.stdin], [], [], 0.01)[0]:
    caller = socket.socket()
    caller.settimeout(0.01)
    tried += 1
    try:
        caller.connect(("10.9.0.1", 2222))
        through += 1
    except OSError:
        pass
    caller.close()
print(tried, through, flush=True)
"""


@pytest.fixture
def siege():
    """A fort with a service, and an attacker's namespace."""
    with Fort(JAIL.replace("nftables", "nftables[type=allports]")) as fort:
        hold = ["unshare", "-n", "sh", "-c", "echo up; exec sleep 7200"]
        other = subprocess.Popen(hold, stdout=subprocess.PIPE)
        assert other.stdout.readline() == b"up\n"
        fort.run("sh", "-ec", f"OTHER={other.pid}\n{JOIN}")
        into = ["nsenter", "-n", "-t", str(other.pid)]
        for words in (f"address add {ATTACKER}/24 dev wire", "link set wire up"):
            subprocess.run([*into, "ip", *words.split()], check=True)
        service = fort.open(sys.executable, "-c", SERVICE)
        assert service.stdout.readline() == "open\n"
        fort.attack = [*into, sys.executable, "-c", ATTACK]
        yield fort
        for process in (service, other):
            process.kill()
            process.communicate()


def attacked(fort, work):
    """Let somebody attack while something is done, and tell how often he tried and got through."""
    pipe = subprocess.PIPE
    attack = subprocess.Popen(fort.attack, stdin=pipe, stdout=pipe, text=True)
    assert attack.stdout.readline() == "begin\n"
    work()
    told, _ = attack.communicate("\n", timeout=20)
    return tuple(map(int, told.split()))


def restart(fort):
    """End as a service manager does, and start again."""
    assert fort.kill(signal.SIGTERM) == 0
    fort.start()


def crash(fort):
    """End without a word, and start again."""
    fort.kill()
    fort.start()


def reload(fort):
    """Read the configuration anew."""
    assert fort.client("reload").returncode == 0


def reload_with_restart(fort):
    """Make all jails anew."""
    assert fort.client("reload", "--restart").returncode == 0


WAYS = (restart, crash, reload, reload_with_restart, Fort.restart)


def besiege(fort, times, many):
    fort.start()
    fort.ask("set", "gate", "banip", ATTACKER)
    for at in range(0, len(many), 5000):
        fort.ask("set", "gate", "banip", *many[at : at + 5000])
    fort.wait_for(lambda: ATTACKER in fort.kernel(), 120)

    def work():
        for n in range(times):
            WAYS[n % len(WAYS)](fort)

    tried, through = attacked(fort, work)
    assert tried > 5 * times
    assert through == 0
    assert ATTACKER in fort.kernel()


def test_nobody_gets_through_while_it_restarts(siege):
    """Five restarts of five kinds, with the attacker at the door all the time.

    Fails without ``keep and e.keeps`` in ``ActionGroup.end`` (SIGTERM would lift the ban), without
    ``keep=True`` in ``Warden._restart`` (so would ``reload --restart``), or if
    ``Plan.hosts`` took out what it finds before it puts in what it wants.
    """
    besiege(siege, 5, MANY[:100])


def test_the_attack_itself_works(siege):
    """Without a ban the attacker gets through; so the other test can fail."""
    siege.start()
    tried, through = attacked(siege, lambda: crash(siege))

    assert tried > 5
    assert through > tried // 2


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_nobody_gets_through_ten_restarts_with_many_bans(siege):
    """Ten restarts with a hundred thousand other bans.

    Fails as the short form does.
    """
    besiege(siege, 10, MANY)
