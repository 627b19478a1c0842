"""A real systemd-journald that rotates, in namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from banward.sources.journal_library import library_error

DAEMON = Path("/lib/systemd/systemd-journald")


def missing() -> str:
    """Why no journald can run here, or an empty text."""
    if os.geteuid() != 0:
        return "needs root"
    if not DAEMON.exists() or not shutil.which("unshare"):
        return f"needs {DAEMON} and unshare"
    return library_error()


pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

SCRIPT = """\
set -e
mount --make-rprivate /
mount -t tmpfs none /run
mount -t tmpfs none /var/log
mkdir -p /run/systemd/journal /run/log/journal
/lib/systemd/systemd-journald > /dev/null 2>&1 &
journald=$!
"$1" -c "$2" $journald || failed=1
kill $journald
exit ${failed:-0}
"""

STORY = """\
import json, os, select, signal, socket, sys, time
from banward.sources.journal import JournalSource
from banward.sources.journal_files import JournalPlace

journald = int(sys.argv[1])
deadline = time.monotonic() + 20
while not os.path.exists("/run/systemd/journal/socket"):
    assert time.monotonic() < deadline, "journald does not start"
    time.sleep(0.01)

def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as talk:
        talk.connect("/run/systemd/journal/socket")
        talk.send(f"MESSAGE={text}\\nSYSLOG_IDENTIFIER=sshd\\n".encode())

found = []
def read():
    while not source.is_idle:
        if batch := source.read(time.time()):
            found.extend(line.rpartition(": ")[2] for line in batch.data.decode().splitlines())

source = JournalSource(
    "sshd", JournalPlace.of(), [["SYSLOG_IDENTIFIER=sshd"]], time.time() - 100
)
while source.descriptor is None and time.monotonic() < deadline:
    source.look(time.time())
    time.sleep(0.01)
for number in range(200):
    say(number)
    if number % 50 == 25:
        os.kill(journald, signal.SIGUSR2)  # journald rotates
    time.sleep(0.002)
while len(found) < 200 and time.monotonic() < deadline:
    wait = max(0, min(source.deadline() - time.time(), 1))
    select.select([source.descriptor[0]] if source.descriptor else [], [], [], wait)
    source.look(time.time())
    read()
rotated = [name for name in source._files if "@" in name]
print(json.dumps([found, len(rotated)]))
"""


def test_a_journald_that_rotates_loses_nothing():
    """Through rotations by a real journald every entry comes once and in order."""
    command = ["unshare", "-n", "-m", "sh", "-c", SCRIPT, "sh", sys.executable, STORY]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found, rotated = json.loads(done.stdout)
    assert found == [str(number) for number in range(200)]
    assert rotated >= 4
