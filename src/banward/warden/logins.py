"""From where administrators are logged in: by utmp, by logind, and by sshd's own processes.

Each source alone has gaps (no utmp on newer systems, no logind in containers), so all are asked.
"""

from __future__ import annotations

import grp
import ipaddress
import pwd
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.warden.host import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["admin_peers"]

_ADMIN_GROUPS: Final = ("sudo", "wheel", "admin")

_UTMP: Final = Path("/run/utmp")
# utmp(5): type, pid, line, id, user, host, …, address, …; 384 bytes an entry on every Linux.
_ENTRY: Final = struct.Struct("=h2xi32x4x32s256s16x16s20x")
_USER_PROCESS: Final = 7
_IPV4_SIZE: Final = 4

# sd_session_get_remote_host(3) reads the same files; they are shell-like assignments.
_LOGIND: Final = Path("/run/systemd/sessions")

# The process that serves a session once the user is known names itself "sshd: USER@TTY";
# since OpenSSH 9.8 "sshd-session: USER@TTY".
_TITLE: Final = re.compile(r"sshd(?:-session)?: ([^\s@]+)@")
_ESTABLISHED: Final = "01"


def admin_peers() -> frozenset[str]:
    """The addresses from which root and members of sudo, wheel and admin are logged in."""
    admins = _admins()
    found = {*_by_utmp(admins), *_by_logind(admins), *_by_sshd(admins)}
    return frozenset(peer for peer in found if peer)


def _admins() -> dict[str, int]:
    """The names of administrators to their user ids."""
    groups = [group for group in grp.getgrall() if group.gr_name in _ADMIN_GROUPS]
    members = {name for group in groups for name in group.gr_mem}
    ids = {group.gr_gid for group in groups}
    return {
        user.pw_name: user.pw_uid
        for user in pwd.getpwall()
        if user.pw_uid == 0 or user.pw_name in members or user.pw_gid in ids
    }


def _by_utmp(admins: dict[str, int]) -> Iterator[str]:
    try:
        data = _UTMP.read_bytes()
    except OSError:
        return
    whole = len(data) - len(data) % _ENTRY.size
    for kind, pid, user, host, address in _ENTRY.iter_unpack(data[:whole]):
        if kind == _USER_PROCESS and _c_text(user) in admins and Path(f"/proc/{pid}").exists():
            yield _c_text(host)
            if any(address):
                is_short = not any(address[_IPV4_SIZE:])
                yield str(ipaddress.ip_address(address[:_IPV4_SIZE] if is_short else address))


def _by_logind(admins: dict[str, int]) -> Iterator[str]:
    for path in _entries(_LOGIND):
        known = dict(line.partition("=")[::2] for line in text_of(path).splitlines())
        if known.get("USER") in admins and known.get("STATE") != "closing":
            yield known.get("REMOTE_HOST", "")


def _by_sshd(admins: dict[str, int]) -> Iterator[str]:
    peers: dict[str, str] = {}
    for path in _entries(Path("/proc")):
        if not path.name.isdecimal():
            continue
        title = _TITLE.match(text_of(path / "cmdline"))
        if title is None or title[1] not in admins:
            continue
        peers = peers or dict(_connections())
        try:
            # Any user may give his processes such a name, but not the user id of another.
            if path.stat().st_uid == admins[title[1]]:
                yield from (peers.get(str(fd.readlink()), "") for fd in _entries(path / "fd"))
        except OSError:  # it has ended, or its descriptors are hidden from us
            continue


def _connections() -> Iterator[tuple[str, str]]:
    """The established TCP connections: the socket as a descriptor's link names it, the peer."""
    for name in ("tcp", "tcp6"):
        for line in text_of(Path("/proc/net") / name).splitlines()[1:]:
            words = line.split()
            if words[3] == _ESTABLISHED:
                yield f"socket:[{words[9]}]", _peer(words[2].partition(":")[0])


def _peer(digits: str) -> str:
    """An address as /proc/net/tcp writes it: words of four bytes in the host's order."""
    words = (bytes.fromhex(digits[at : at + 8]) for at in range(0, len(digits), 8))
    packed = b"".join(int.from_bytes(word).to_bytes(4, "little") for word in words)
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _c_text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
