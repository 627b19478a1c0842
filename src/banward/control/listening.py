"""The listening socket of the control protocol: its file, its rights, its removal; no protocol.

Only the owner may connect, or the members of one group. The file has these rights from the
moment it exists, whatever the umask is (server-and-client.md 1.1, 6.1).
"""

from __future__ import annotations

import errno
import grp
import logging
import os
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from banward.errors import BanwardError

__all__ = ["ListenError", "Listener", "Peer", "inherited"]

_log_server = logging.getLogger("fail2ban.server")

_OWNER_ONLY: Final = 0o700
_WITH_GROUP: Final = 0o770
_GROUP_PASSES: Final = 0o710
_BACKLOG: Final = 128
_FIRST_INHERITED: Final = 3  # sd_listen_fds(3)
_SO_PEERGROUPS: Final = 59  # socket(7), Linux 4.13
_MOST_GROUPS: Final = 65536


class ListenError(BanwardError):
    """The control socket can't be opened; its text says why."""


def inherited(environ: dict[str, str] | os._Environ[str]) -> socket.socket | None:
    """The socket that systemd listens on for us: named ``fail2ban``, else the first (1.4).

    Its variables are removed, so that no child takes them for its own.
    """
    pid, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdecimal() or int(count) < 1:
        return None
    index = names.index("fail2ban") if "fail2ban" in names[: int(count)] else 0
    return socket.socket(fileno=_FIRST_INHERITED + index)


class Peer:
    """Who is at the other end of a connection, as the kernel says.

    Args:
        connection: a connected Unix socket.
    """

    def __init__(self, connection: socket.socket) -> None:
        form = struct.Struct("iII")
        data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)
        self.pid, self.uid, self.gid = form.unpack(data)
        try:
            more = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 4 * _MOST_GROUPS)
        except OSError:
            more = b""
        self.groups = {self.gid, *struct.unpack(f"{len(more) // 4}I", more)}

    def may_connect(self, group: int | None) -> bool:
        """Root, the user of the server, and members of the group may."""
        return self.uid in {0, os.geteuid()} or group in self.groups


class Listener:
    """The listening socket.

    Args:
        path: where its file is to be.
        group: name of the group whose members may connect, or an empty text.
    """

    def __init__(self, path: str, group: str = "") -> None:
        self.path = path
        self.group = _group(group)
        self._inode: tuple[int, int] | None = None

    def open(self, *, force: bool = False, given: socket.socket | None = None) -> socket.socket:
        """Listen.

        Args:
            force: remove the file of a server that is gone.
            given: a socket that listens already; its file is not ours to make or remove.

        Raises:
            ListenError: there is a file already, or it can't be made.
        """
        if given:
            name = given.getsockname()
            _log_server.info("Using socket activation, inherited socket %r", name)
            return given
        try:
            return self._bind(force=force)
        except OSError as error:
            reason = error.strerror or error
            raise ListenError(f"Unable to open the socket {self.path}: {reason}") from error

    def _bind(self, *, force: bool) -> socket.socket:
        folder = Path(self.path).parent
        if folder.is_absolute() and not folder.is_dir():
            folder.mkdir(_OWNER_ONLY)
        self._let_group_in(folder)
        self._make_room(force=force)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._prepare(made)
        except OSError:
            made.close()
            raise
        return made

    def _prepare(self, made: socket.socket) -> None:
        # On Linux the file gets the rights that the socket has when it is bound.
        os.fchmod(made.fileno(), _OWNER_ONLY)
        made.bind(self.path)
        status = Path(self.path).lstat()
        self._inode = (status.st_dev, status.st_ino)
        if self.group is not None:
            _give(Path(self.path), self.group, _WITH_GROUP)
        made.listen(_BACKLOG)

    def _let_group_in(self, folder: Path) -> None:
        """Let the group pass through a folder that is its owner's alone."""
        status = folder.stat()
        is_private = stat.S_IMODE(status.st_mode) == _OWNER_ONLY and status.st_uid == os.geteuid()
        if self.group is not None and is_private:
            _give(folder, self.group, _GROUP_PASSES)

    def _make_room(self, *, force: bool) -> None:
        """Remove what an earlier server left."""
        path = Path(self.path)
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(mode):
            raise ListenError(f"Unable to open the socket {self.path}: it is another kind of file")
        if not force:
            raise ListenError("Fail2ban seems to be already running")
        _log_server.error("Fail2ban seems to be already running")
        _log_server.warning("Forcing execution of the server")
        path.unlink()

    def remove(self) -> None:
        """Remove the file, if it still is the one that was made here."""
        try:
            status = Path(self.path).lstat()
        except OSError:
            return
        if (status.st_dev, status.st_ino) == self._inode:
            Path(self.path).unlink()


def _give(path: Path, group: int, mode: int) -> None:
    """Give a file of ours to a group; for a member that takes no capability."""
    before = os.getgroups()
    try:
        os.setgroups([*before, group])
    except PermissionError:
        os.chown(path, -1, group, follow_symlinks=False)
    else:
        os.chown(path, -1, group, follow_symlinks=False)
        os.setgroups(before)
    path.chmod(mode)


def _group(name: str) -> int | None:
    if not name:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        text = f"There is no group {name!r} that could use the socket"
        raise ListenError(text) from OSError(errno.EINVAL, name)
