"""A real sshd on a host of a world, with one user who may log in by password.

The user exists only for this sshd: it runs in a mount namespace where ``/etc/passwd`` and
``/etc/shadow`` are copies. It logs to a file of its own.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from banward.testing.world import World

__all__ = ["PASSWORD", "USER", "login", "start_sshd"]

USER: Final = "friend"
PASSWORD: Final = "correct horse"  # noqa: S105  (of a user who exists in tests only)
# The SHA-512 crypt of PASSWORD (crypt(5)): no library of Python 3.13 computes it.
_HASH: Final = (
    "$6$rounds=1000$HoAHATEEG8TDwUBr$NlGoBQ.Xw6C2hlP8/0ofZWnr7uR2Sxl2Srs5cuju2LuL1Zt"
    "H5cSibd5KY4Qpim7vIFWZazFDdCkV36bhjpqY6."
)

_CONFIG = """\
Port 22
ListenAddress 0.0.0.0
ListenAddress ::
HostKey {folder}/host_key
PidFile none
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
UseDNS no
MaxStartups 100
LogLevel VERBOSE
{more}
"""

# Mounts are private to sshd: nobody else sees the changed files.
_START = """\
mount --make-rprivate /
mount --bind {folder}/passwd /etc/passwd
mount --bind {folder}/shadow /etc/shadow
mount -t tmpfs none /run
mkdir -m 755 /run/sshd
exec /usr/sbin/sshd -D -f {folder}/sshd_config {log}
"""


def start_sshd(
    world: World, host: str, folder: Path, *, log: Path | None = None, more: str = ""
) -> None:
    """Start an sshd on port 22 of a host and wait until it listens.

    Args:
        world: where.
        host: name of the host in that world.
        folder: an existing folder for its files.
        log: the file it logs to; None for syslog.
        more: further lines of its configuration.

    Raises:
        subprocess.CalledProcessError: no host key could be made.
        TimeoutError: it did not begin to listen within ten seconds.
    """
    key = folder / "host_key"
    make_key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(make_key, check=True, stdin=subprocess.DEVNULL)
    (folder / "sshd_config").write_text(_CONFIG.format(folder=folder, more=more))
    _add_line("passwd", folder, f"{USER}:x:54321:54321::/:/bin/sh")
    _add_line("shadow", folder, f"{USER}:{_HASH}:19000:0:99999:7:::")
    logging = f"-e -E {log}" if log else ""
    script = _START.format(folder=folder, log=logging)
    world.start(host, "unshare", "-m", "sh", "-ec", script, stdout=subprocess.DEVNULL)
    _wait_until_listening(world, host)


def login(world: World, host: str, address: str, password: str, *, patience: int = 5) -> bool:
    """Whether a login from a host works.

    Args:
        world: where.
        host: the host that logs in.
        address: whom it calls.
        password: what it says.
        patience: seconds to wait for the connection.
    """
    options = {
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "NumberOfPasswordPrompts": "1",
        "PreferredAuthentications": "password",
        "ConnectTimeout": str(patience),
        "LogLevel": "ERROR",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    # ssh asks a helper for the password, so that no terminal is needed (ssh(1), SSH_ASKPASS).
    environment = {
        **os.environ,
        "SSH_ASKPASS": str(_asker()),
        "SSH_ASKPASS_REQUIRE": "force",
        "BANWARD_ANSWER": password,
    }
    argv = ["ssh", *words, f"{USER}@{address}", "echo", "welcome"]
    try:
        done = world.run(host, *argv, env=environment, timeout=patience + 25)
    except subprocess.TimeoutExpired:
        return False
    return done.stdout.strip() == "welcome"


def _asker() -> Path:
    return Path(__file__).with_name("askpass.sh")


def _add_line(name: str, folder: Path, line: str) -> None:
    text = Path("/etc", name).read_text(encoding="utf-8").rstrip("\n")
    copy = folder / name
    copy.write_text(f"{text}\n{line}\n", encoding="utf-8")
    copy.chmod(0o600 if name == "shadow" else 0o644)


def _wait_until_listening(world: World, host: str) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if ":22 " in world.run(host, "ss", "-Hltn").stdout:
            return
        time.sleep(0.02)
    raise TimeoutError(f"sshd on {host} did not begin to listen")
