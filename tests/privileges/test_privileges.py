"""What a process can do after it gave up its rights; each probe runs in a child of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from banward.testing.rights import is_root

pytestmark = pytest.mark.skipif(not is_root(), reason="needs root, to have rights to give up")

PREAMBLE = """
import json, os, socket, subprocess, sys
from banward.privileges import drop
folder = sys.argv[1]
steps = drop("banward", [f"{folder}/logs", "/usr", sys.prefix, sys.base_prefix])
def attempt(action):
    try:
        return repr(action())
    except OSError as error:
        return type(error).__name__
print(json.dumps({PROBE}))
"""


@pytest.fixture
def folder(tmp_path):
    """A directory that others may enter, with a log that only root may read."""
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "secret.log"
    log.write_text("line\n")
    log.chmod(0o600)
    (tmp_path / "elsewhere").write_text("other\n")
    return tmp_path


@pytest.fixture
def probe(folder):
    def run(expression, preamble=PREAMBLE):
        done = subprocess.run(
            [sys.executable, "-c", preamble.replace("{PROBE}", expression), str(folder)],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_a_log_of_root_can_be_read(probe):
    """The right that stays is the one to read logs."""
    assert probe("open(f'{folder}/logs/secret.log').read()") == "line\n"


def test_it_is_not_root(probe):
    """The process runs as another user, without groups, with one capability at most."""
    uid, groups, status = probe(
        "[os.getuid(), os.getgroups(), open('/proc/self/status').read()]",
        # Landlock would hide /proc.
        PREAMBLE.replace('"/usr",', '"/usr", "/proc",'),
    )
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert (uid != 0, groups) == (True, [])
    assert int(lines["CapEff"], 16) == int(lines["CapPrm"], 16) == int(lines["CapBnd"], 16) == 4
    assert (lines["CapInh"], lines["CapAmb"], lines["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1")


@pytest.mark.parametrize(
    "action",
    [
        "lambda: open('/etc/banward-test', 'w')",
        "lambda: open(f'{folder}/logs/secret.log', 'a')",
        "lambda: os.unlink(f'{folder}/logs/secret.log')",
        "lambda: os.mkdir(f'{folder}/new')",
        "lambda: os.chmod(f'{folder}/elsewhere', 0o777)",
        "lambda: os.setuid(0)",
        "lambda: os.kill(os.getppid(), 0)",
        "lambda: os.fork()",
        "lambda: subprocess.run(['/bin/true'])",
        "lambda: os.execv('/bin/true', ['true'])",
        "lambda: socket.create_connection(('127.0.0.1', 1), 1)",
        "lambda: socket.create_server(('127.0.0.1', 0))",
        "lambda: socket.socket(socket.AF_UNIX)",
        "lambda: os.chroot(folder)",
    ],
)
def test_what_is_forbidden(probe, action):
    """Writing, running programs, other users, other processes and the network are out of reach."""
    assert probe(f"attempt({action})") == "PermissionError"


def test_other_files_can_not_be_read(probe):
    """Where the kernel has Landlock, only the directories of logs can be read."""
    steps, result = probe("[steps, attempt(lambda: open(f'{folder}/elsewhere').read())]")
    if "has Landlock" not in " ".join(steps):
        pytest.skip("the kernel has no Landlock")
    assert result == "PermissionError"


def test_the_network_is_empty(probe):
    """Alone the namespace is enough: it has only its own loopback, down."""
    without = PREAMBLE.replace(
        "from banward.privileges import drop",
        "import banward.privileges; banward.privileges.forbid_calls = lambda: None\n"
        "banward.privileges.restrict_to = lambda _: 0\n"
        "from banward.privileges import drop",
    )
    names = "[name for _, name in socket.if_nameindex()]"
    names, result = probe(
        f"[{names}, attempt(lambda: socket.create_connection(('127.0.0.1', 1), 1))]", without
    )
    assert (names, result) == (["lo"], "OSError")


def test_landlock_alone_keeps_network_and_processes_out_of_reach(probe):
    """A kernel with a newer Landlock refuses connections and signals to others without seccomp."""
    alone = PREAMBLE.replace(
        "from banward.privileges import drop",
        "import banward.privileges; banward.privileges.forbid_calls = lambda: None\n"
        "banward.privileges.unshare = lambda _: None\n"
        "from banward.privileges import drop",
    )
    steps, network, signal = probe(
        "[steps, attempt(lambda: socket.create_connection(('127.0.0.1', 1), 1)), "
        "attempt(lambda: os.kill(os.getppid(), 0))]",
        alone,
    )
    version = re.search(r"has Landlock \(version (\d+)\)", " ".join(steps))
    if not version or int(version[1]) < 6:
        pytest.skip("the kernel has no Landlock, or an older one")
    assert (network, signal) == ("PermissionError", "PermissionError")


def test_a_shared_socket_still_works(probe):
    """The link to the warden was made before, and is not touched."""
    before = "a, b = socket.socketpair()\n"
    preamble = PREAMBLE.replace("steps = drop", before + "steps = drop")
    assert probe("[a.send(b'x'), b.recv(9).decode()]", preamble) == [1, "x"]


def test_each_step_is_told(probe):
    """There is one sentence for each step, done or not."""
    steps = probe("steps")
    assert len(steps) == 5
    assert all(step.startswith(("has ", "could not have ")) for step in steps)


def test_without_rights_nothing_breaks(probe):
    """A process that may not take a step says so and goes on."""
    as_nobody = PREAMBLE.replace("steps = drop", "os.setgid(65534); os.setuid(65534)\nsteps = drop")
    steps = probe("steps", as_nobody)
    assert "could not have an empty network of its own: [Errno 1] Operation not permitted" in steps
    assert "has no new rights" in steps


def test_a_missing_library_is_told(probe):
    """Where libseccomp is missing the other steps are taken all the same."""
    without = PREAMBLE.replace(
        "from banward.privileges import drop",
        "from banward.privileges import drop, seccomp; seccomp._LIBRARY = 'libnothing.so.0'",
    )
    steps = probe("steps", without)
    assert steps[-1].startswith("could not have fewer system calls: libnothing.so.0")
    assert any(step.startswith("has another user") for step in steps)
