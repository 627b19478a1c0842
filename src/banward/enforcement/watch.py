"""Notices when somebody else changes the packet filter, by the kernel's own word (netlink).

It tells that something changed, not what: whoever asks reads the tables and compares. A change by
iptables-nft is one of nftables and is noticed too; the kernel tells of none of iptables-legacy and
ipset, which are looked at from time to time (``warden/looks.py``).
"""

from __future__ import annotations

import asyncio
import ctypes
import socket
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.enforcement import netlink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FilterWatch", "Writer", "read_writers"]

_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_GROUP_NFTABLES: Final = 7  # NFNLGRP_NFTABLES
_SO_ATTACH_FILTER: Final = 26

_NEWGEN: Final = (10 << 8) | 15  # NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN
_GEN_PROC_PID: Final = 2
_GEN_PROC_NAME: Final = 3

_SETTLE: Final = 0.2
"""Seconds to wait after a change: others come in bursts, and our children's ids get known."""


class Writer(NamedTuple):
    """Who made a change: the kernel tells the id and the name of the thread."""

    pid: int
    name: str


def read_writers(data: bytes) -> Iterator[Writer]:
    """The writers in a datagram of netlink messages; other messages are passed over."""
    for kind, _, _, start, end in netlink.messages(data):
        if kind == _NEWGEN:
            yield _writer(data[start + netlink.GENERIC : end])


def _writer(message: bytes) -> Writer:
    pid, name = 0, ""
    for kind, start, end in netlink.attributes(message, 0, len(message)):
        if kind == _GEN_PROC_PID:
            pid = int.from_bytes(message[start:end], "big")
        elif kind == _GEN_PROC_NAME:
            name = message[start:end].rstrip(b"\0").decode("utf-8", "replace")
    return Writer(pid, name)


class FilterWatch:
    """Calls somebody when a foreign hand changed the packet filter of this network namespace.

    Args:
        is_own: tells whether a writer is one of ours.
        changed: is called in the event loop, once for changes that come together.
        settle: seconds within which changes belong together.

    Raises:
        OSError: the kernel has no such socket.
    """

    def __init__(
        self,
        is_own: Callable[[Writer], bool],
        changed: Callable[[], None],
        *,
        settle: float = _SETTLE,
    ) -> None:
        self._is_own = is_own
        self._changed = changed
        self._settle = settle
        self._writers: list[Writer] = []
        self._missed = False
        self._timer: asyncio.TimerHandle | None = None
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.NETFILTER)
        try:
            self._socket.settimeout(0)
            self._socket.bind((0, 0))
            _let_only_generations_pass(self._socket)
            self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP_NFTABLES)
        except OSError:
            self._socket.close()
            raise
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        """Look no longer."""
        if self._timer:
            self._timer.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        while True:
            try:
                self._writers += read_writers(self._socket.recv(65_536))
            except BlockingIOError:
                break
            except OSError:  # ENOBUFS: more came than the socket could hold
                self._missed = True
        if self._timer is None and (self._writers or self._missed):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settle, self._tell)

    def _tell(self) -> None:
        self._timer = None
        foreign = self._missed or not all(map(self._is_own, self._writers))
        self._writers.clear()
        self._missed = False
        if foreign:
            self._changed()


class _Instruction(ctypes.Structure):
    """``struct sock_filter`` (linux/filter.h)."""

    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    """``struct sock_fprog`` (linux/filter.h)."""

    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def _let_only_generations_pass(listener: socket.socket) -> None:
    """Let the kernel drop all but the one message that ends each transaction and names its writer.

    Otherwise each element of 100,000 bans would come back to us as an event.
    """
    load_kind = _Instruction(0x28, 0, 0, 4)  # BPF_LD | BPF_H | BPF_ABS: nlmsg_type
    is_generation = _Instruction(0x15, 0, 1, socket.htons(_NEWGEN))  # BPF_JMP | BPF_JEQ | BPF_K
    take, drop = _Instruction(0x06, 0, 0, 0xFFFF_FFFF), _Instruction(0x06, 0, 0, 0)  # BPF_RET
    code = (_Instruction * 4)(load_kind, is_generation, take, drop)
    program = _Program(4, code)
    listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
