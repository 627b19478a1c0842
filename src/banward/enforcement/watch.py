"""Notices when somebody else changes the packet filter, by the kernel's own word (netlink).

It tells that something changed, not what: whoever asks reads the tables and compares. A change by
iptables-nft is one of nftables and is noticed too; the kernel tells of none of iptables-legacy and
ipset, which are looked at from time to time (``warden/looks.py``).
"""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FilterWatch", "Writer", "read_writers"]

_NETLINK_NETFILTER: Final = 12
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_GROUP_NFTABLES: Final = 7  # NFNLGRP_NFTABLES
_SO_ATTACH_FILTER: Final = 26

_NEWGEN: Final = (10 << 8) | 15  # NFNL_SUBSYS_NFTABLES, NFT_MSG_NEWGEN
_GEN_PROC_PID: Final = 2
_GEN_PROC_NAME: Final = 3

_HEADER: Final = struct.Struct("=IHHII")  # struct nlmsghdr
_ATTRIBUTE: Final = struct.Struct("=HH")  # struct nlattr
_GENERIC: Final = 4  # bytes of struct nfgenmsg

_SETTLE: Final = 0.2
"""Seconds to wait after a change: others come in bursts, and our children's ids get known."""


class Writer(NamedTuple):
    """Who made a change: the kernel tells the id and the name of the thread."""

    pid: int
    name: str


def read_writers(data: bytes) -> Iterator[Writer]:
    """The writers in a datagram of netlink messages; other messages are passed over."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        if kind == _NEWGEN:
            yield _writer(data[at + _HEADER.size + _GENERIC : at + length])
        at += (length + 3) & ~3


def _writer(attributes: bytes) -> Writer:
    pid, name, at = 0, "", 0
    while at + _ATTRIBUTE.size <= len(attributes):
        length, kind = _ATTRIBUTE.unpack_from(attributes, at)
        if length < _ATTRIBUTE.size:
            break
        value = attributes[at + _ATTRIBUTE.size : at + length]
        if kind == _GEN_PROC_PID:
            pid = int.from_bytes(value, "big")
        elif kind == _GEN_PROC_NAME:
            name = value.rstrip(b"\0").decode("utf-8", "replace")
        at += (length + 3) & ~3
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
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
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
