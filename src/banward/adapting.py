"""Which shipped paths file fits a host, and how the shipped rules come to use it.

The rules name ``paths-debian.conf``; distributors change that line (spec config-and-filters.md
6.1), and so does the installer: to ``paths-host.conf``, a file that is made here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["adapt", "paths_of"]

_BY_SYSTEM: Final = {"FreeBSD": "freebsd", "Darwin": "osx"}
# ID and ID_LIKE of os-release(5); what is not here is told by those that it says it is like.
_BY_ID: Final = {
    "debian": "debian",
    "ubuntu": "debian",
    "fedora": "fedora",
    "rhel": "fedora",
    "centos": "fedora",
    "amzn": "fedora",
    "ol": "fedora",
    "suse": "opensuse",
    "opensuse": "opensuse",
    "opensuse-leap": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "sles": "opensuse",
    "arch": "arch",
    "alpine": "alpine",
}
_BEFORE: Final = re.compile(r"^before = paths-\S+\.conf$", re.MULTILINE)
_HOST: Final = """\
# Where this host logs, and the firewall that works here: made by `banward adapt`.

[INCLUDES]
before = paths-{paths}.conf
after  = paths-overrides.local
"""
_IPTABLES: Final = """
[DEFAULT]
banaction = iptables-multiport
banaction_allports = iptables-allports
"""


def paths_of(os_release: Mapping[str, str], system: str) -> str:
    """The NAME of the ``paths-NAME.conf`` that fits a host; ``debian`` if none is made for it.

    Args:
        os_release: what os-release(5) says; empty where there is no such file.
        system: name of the kernel, as ``uname`` tells it.
    """
    if system in _BY_SYSTEM:
        return _BY_SYSTEM[system]
    words = [os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split()]
    return next((_BY_ID[word] for word in words if word in _BY_ID), "debian")


def adapt(rules: Path, paths: str, *, with_iptables: bool) -> Path:
    """Make the shipped rules use the paths of a distribution.

    Args:
        rules: the shipped rules.
        paths: the NAME of ``paths-NAME.conf``.
        with_iptables: whether bans are to be done through iptables in place of what it says.

    Returns:
        The file that was written.

    Raises:
        OSError: the rules can't be read or written.
    """
    made = rules / "paths-host.conf"
    made.write_text(
        _HOST.format(paths=paths) + (_IPTABLES if with_iptables else ""), encoding="utf-8"
    )
    jails = rules / "jail.conf"
    text = jails.read_text(encoding="utf-8")
    jails.write_text(_BEFORE.sub(f"before = {made.name}", text, count=1), encoding="utf-8")
    return made
