"""No watches, no descriptors, no log directory: the logs are read all the same."""

from __future__ import annotations

import shutil
import sys

from torture.fort import JAIL

GUILTY = [f"198.18.0.{n}" for n in range(1, 11)]

# Limits below /proc/sys/user are those of the user namespace that writes them (namespaces(7)); the
# ones below /proc/sys/fs would be those of the whole machine.
NO_WATCHES = "echo 0 > /proc/sys/user/max_inotify_watches"


def test_without_inotify_watches_logs_are_polled(fort):
    """The kernel refuses every watch: the log says so, and lines are found by looking.

    Fails without ``self._polling.add`` in ``Watch.add``. The calls are the kernel's own.
    """
    fort.wrap = ("unshare", "-Ur", "sh", "-ec", f'{NO_WATCHES}; exec "$@"', "sh")
    fort.write("etc/jail.local", JAIL.replace("action = nftables", "action = dummy"))
    fort.start()
    fort.wait_for_log("Could only poll", "fs.inotify")
    fort.fail(*GUILTY * 3)
    fort.wait_for(lambda: fort.banned() == set(GUILTY))


def test_when_descriptors_are_used_up_it_goes_on_once_there_are_some(fort):
    """A flood of clients takes every descriptor of the server; afterwards all works as before.

    Meanwhile nftables can't open a file: nobody is said to be banned, and it is tried again.
    Fails without ``jail.actions.retry`` in ``Timers.tick``.
    """
    fort.wrap = ("sh", "-ec", 'ulimit -n 40; exec "$@"', "sh")
    fort.start()
    flood = f"""
import socket
held = []
while len(held) < 60:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(1)
    try:
        client.connect({str(fort.folder / "fail2ban.sock")!r})
    except OSError:
        break
    held.append(client)
print("full", flush=True)
input()
"""
    flooder = fort.open(sys.executable, "-c", flood)
    assert flooder.stdout.readline() == "full\n"
    fort.fail(*GUILTY * 3)
    fort.wait_for_log("10 ban(s) are not in force")
    flooder.communicate("\n", timeout=20)

    fort.wait_until_equal(GUILTY)
    assert fort.client("status", "gate").returncode == 0


def test_a_log_directory_that_vanishes_and_comes_back(fort):
    """Lines before, and lines of the directory that is made anew, count together.

    The watcher may read the directories that were there when it was started (Landlock): another
    one is started. Fails without ``self._replace()`` in ``WatcherProcess._oversee``.
    """
    logs = fort.folder / "logs"
    logs.mkdir()
    fort.gate = logs / "gate.log"
    fort.gate.touch()
    fort.write("etc/jail.local", JAIL.replace("{folder}/gate.log", "{folder}/logs/gate.log"))
    fort.start()
    fort.fail(*GUILTY * 2)
    fort.wait_for(lambda: fort.total() == 20)
    shutil.rmtree(logs)

    logs.mkdir()
    fort.gate.touch()
    fort.fail(*GUILTY)
    fort.wait_until_equal(GUILTY)
