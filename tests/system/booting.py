"""A host that boots: the system's own systemd as process 1 of a private world over this one's files."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from banward.testing.rights import is_root

REPO = Path(__file__).parent.parent.parent
SYSTEMD = Path("/lib/systemd/systemd")
# The base interpreter: the tests' own virtual environment is no place to install from.
PYTHON = Path(sys.base_prefix, "bin")
_PATH = f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{PYTHON}"
_SECONDS = 60

# What is written goes to the layer; the kernel's own settings and the devices stay out of reach.
_BOOT = """
mount --make-rprivate /
root={layer}/root
mkdir -p {layer}/upper {layer}/work $root
mount -t overlay none -o lowerdir=/,upperdir={layer}/upper,workdir={layer}/work $root
mount -t proc proc $root/proc
mount --bind $root/proc/sys $root/proc/sys
mount -o remount,bind,ro $root/proc/sys
mount -t sysfs -o ro sysfs $root/sys
mount -t cgroup2 cgroup2 $root/sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs none $root/$folder; done
for path in {bound}; do mkdir -p $root$path; mount --bind $path $root$path; done
for name in null zero full random urandom tty; do
    touch $root/dev/$name
    mount --bind /dev/$name $root/dev/$name
done
mkdir $root/dev/pts $root/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 none $root/dev/pts
ln -s pts/ptmx $root/dev/ptmx
cd $root/etc/systemd/system
ln -sf /lib/systemd/system/multi-user.target default.target
for unit in timesyncd udevd modules-load sysctl binfmt; do ln -sf /dev/null systemd-$unit.service; done
ip link set lo up
export container=test
exec chroot $root {systemd} --system --log-target=null
"""


class BootingHost:
    """A host of its own; what it writes is kept until it is removed, over any number of boots."""

    def __init__(self) -> None:
        # No part of the file system that the host is made of.
        self.layer = Path(tempfile.mkdtemp(prefix="bw-host-", dir="/dev/shm"))
        self._init: subprocess.Popen[bytes] | None = None

    def boot(self, *bound: Path) -> None:
        """Start systemd, and wait until it has reached its target.

        Args:
            bound: folders of this machine that the host sees too.
        """
        paths = " ".join(map(str, (REPO, Path(sys.base_prefix), *bound)))
        script = _BOOT.format(layer=self.layer, bound=paths, systemd=SYSTEMD)
        with (self.layer / "said").open("wb") as said:
            self._init = subprocess.Popen(
                ["unshare", "-pfmnuiC", "--kill-child", "sh", "-ec", script],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        end = time.monotonic() + _SECONDS
        while self.run("systemctl is-system-running").stdout not in ("running\n", "degraded\n"):
            assert self._init.poll() is None, (self.layer / "said").read_text()
            assert time.monotonic() < end, self.run("systemctl list-jobs").stdout
            time.sleep(0.1)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script there, in the project's folder."""
        assert self._init
        children = Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children")
        words = ["nsenter", "-t", children.read_text().strip(), "-p", "-m", "-n", "-C", "-r"]
        with contextlib.suppress(ValueError):
            return subprocess.run(
                [*words, "sh", "-ec", f"cd {REPO}\n{script}"],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=_SECONDS * 2,
                check=False,
                cwd="/",
                env={"PATH": _PATH, "LANG": "C.UTF-8", "HOME": "/root"},
            )
        raise AssertionError("there is no process 1")

    def halt(self) -> None:
        """Cut the power."""
        if self._init:
            self._init.send_signal(signal.SIGKILL)
            self._init.wait()
        self._init = None

    def remove(self) -> None:
        """Cut the power, and remove all that was written."""
        self.halt()
        shutil.rmtree(self.layer)


def reason_to_skip() -> str:
    """Why no host can boot here; empty if one can."""
    if not is_root():
        return "only root can boot a host"
    return "" if SYSTEMD.exists() else f"there is no {SYSTEMD}"
