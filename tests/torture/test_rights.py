"""What the processes of a real server may do, and what others may do to it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from banward.control.listening import Listener
from banward.testing.rights import is_root
from torture.servers import TorturedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
UNIT = REPOSITORY / "packaging" / "banward.service"
NOBODY = 65534

pytestmark = pytest.mark.skipif(not is_root(), reason="needs root, to have rights to give up")

FILES = {
    "etc/jail.conf": """
        [web]
        enabled = true
        backend = auto
        maxretry = 100
        filter = f
        logpath = {DIR}/logs/a.log
        """,
    "etc/filter.d/f.conf": "[Definition]\nfailregex = ^ fail from <HOST>$\n",
    "logs/a.log": "",
}
LOG = "logs/a.log"


@pytest.fixture
def server() -> Iterator[TorturedServer]:
    """A server with a log in a folder that belongs to the service's user."""
    with TorturedServer(FILES) as made:
        os.chown(made.folder / "logs", NOBODY, NOBODY)
        made.start()
        made.append("fail from 192.0.2.1", name=LOG)
        made.wait_for_found("web", "192.0.2.1")
        yield made


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def test_the_watcher_has_given_up_its_rights(server):
    """Own user, one capability, no new rights, seccomp, an empty network, and it says so.

    Fails without ``drop`` in ``watcher/process.py``, and without each of its steps but Landlock,
    which not every kernel has, and the one for no new rights, which seccomp asks for too.
    """
    status = status_of(server.watcher)
    assert "0" not in status["Uid"].split() + status["Gid"].split()
    assert status["Groups"].strip() == ""
    masks = [int(status[f"Cap{kind}"], 16) for kind in ("Eff", "Prm", "Bnd", "Inh", "Amb")]
    assert masks == [4, 4, 4, 0, 0]  # CAP_DAC_READ_SEARCH
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    network = [Path(f"/proc/{pid}/ns/net").readlink() for pid in (server.pid, server.watcher)]
    assert network[0] != network[1]
    (said,) = [line for line in server.log() if "The watcher, process" in line]
    assert "could not have" not in said.replace("could not have Landlock", "")


def test_nobody_of_its_user_may_trace_the_watcher(server):
    """Its memory and descriptors are root's, although its user is not.

    The kernel sees to it when a process changes its user, ``privileges/identity.py`` once more;
    fails with the 1 of ``PR_SET_DUMPABLE`` there.
    """
    assert Path(f"/proc/{server.watcher}/mem").stat().st_uid == 0


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_sockets_and_folders_are_made_private(tmp_path, mask):
    """Whatever the umask is, they are their owner's alone from the first moment.

    Fails without the mode of ``mkdir`` in ``Listener._bind`` and ``fchmod`` before ``bind``.
    """
    trace = []
    path = tmp_path / "run" / "f2b.sock"
    before = os.umask(mask)
    real = socket.socket.bind

    class Watched(socket.socket):
        def bind(self, address):
            trace.append(stat.S_IMODE(path.parent.stat().st_mode))
            real(self, address)
            trace.append(stat.S_IMODE(path.stat().st_mode))

    original, socket.socket = socket.socket, Watched
    try:
        with Listener(str(path)).open():
            assert trace == [0o700, 0o700]
    finally:
        socket.socket = original
        os.umask(before)


def test_the_state_of_a_server_is_private(server):
    """Database, pid file and socket can be read by root alone, though the umask was lax.

    Fails without ``os.umask`` in ``app.run`` (the database has its own mode as well).
    """
    names = ["f2b.sqlite3", "f2b.pid", "f2b.sock", "f2b.log"]
    modes = [stat.S_IMODE((server.folder / name).stat().st_mode) & 0o077 for name in names]
    assert modes == [0] * 4


def test_a_peer_is_known_by_the_kernel(server):
    """Another user who got to the socket is refused before he says a word, and it is logged.

    Fails without ``ControlSocket._may_talk``.
    """
    Path(server.socket).chmod(0o777)
    script = (
        "import os, socket, sys; os.setgid(65534); os.setuid(65534); "
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        "s.settimeout(20); print(repr(s.recv(100)))"
    )
    argv = [sys.executable, "-c", script, server.socket]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "b''"
    server.wait_for(lambda: any(f"user id {NOBODY}" in line for line in server.log()))


def swap(make):
    """Replace the log, as the service's user can in his folder."""

    def change(log):
        log.rename(log.with_name("old.log"))
        make(log)

    return change


TRAPS = {
    "fifo": swap(os.mkfifo),
    "directory": swap(Path.mkdir),
    "socket": swap(lambda log: socket.socket(socket.AF_UNIX).bind(str(log))),
    "device": swap(lambda log: os.mknod(log, stat.S_IFCHR | 0o666, os.makedev(1, 5))),
    "link to a device": swap(lambda log: log.symlink_to("/dev/zero")),
    "ring of links": swap(lambda log: log.symlink_to(log)),
}


@pytest.mark.filterwarnings("ignore:unclosed")
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_what_is_put_in_the_place_of_a_log_does_no_harm(server, trap):
    """It is not read, blocks nobody, and when a log is there again it is followed.

    Fails without ``_Walk._check`` in ``sources/opening.py`` (a device is read then).
    """
    log = server.folder / LOG
    watcher = server.watcher
    trap(log)
    server.wait_for(lambda: any(str(log) in line and "ERROR" in line for line in server.log()))
    if log.is_dir():
        log.rmdir()
    else:
        log.unlink()
    server.append("fail from 192.0.2.3", name=LOG)
    server.wait_for_found("web", "192.0.2.3")
    assert server.watcher == watcher


def test_a_link_of_the_service_leads_to_no_file_of_others(server):
    """A link of the service's user to a file of root is not followed, and the log says why.

    Fails without the owners in ``_Walk._check`` of ``sources/opening.py``.
    """
    log = server.folder / LOG
    data = log.read_bytes()
    log.rename(log.with_name("old.log"))
    secret = server.folder / "secret"
    secret.write_bytes(data.replace(b"192.0.2.1", b"192.0.2.99"))
    log.symlink_to(secret)
    os.chown(log, NOBODY, NOBODY, follow_symlinks=False)
    server.wait_for(lambda: any("is a link of user" in line for line in server.log()))
    log.unlink()
    server.append("fail from 192.0.2.3", name=LOG)
    server.wait_for_found("web", "192.0.2.3")
    assert "192.0.2.99" not in server.found("web")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_locked_down(tmp_path):
    """The judge of systemd gives the unit an exposure below 3.0.

    Fails without ``CapabilityBoundingSet`` in ``packaging/banward.service``.
    """
    unit = tmp_path / "banward.service"
    unit.write_text(UNIT.read_text().replace("@PREFIX@", "/usr"))
    argv = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level for banward.service: ([\d.]+)", done.stdout)
    if not found:
        pytest.skip(f"systemd-analyze can't judge a file: {done.stderr.strip()}")
    assert float(found[1]) < 3.0
