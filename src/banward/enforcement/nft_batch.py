"""Puts addresses into sets of nftables and takes them out, straight by netlink.

It does in a third of the time what ``libnftables`` does with a text, but knows no more than
addresses of sets that are there. All messages of a batch are one transaction of the kernel.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.enforcement import netlink
from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["Order", "Sender", "add", "remove"]

# NFNL_SUBSYS_NFTABLES in the upper byte, NFT_MSG_… below it.
_SUBSYSTEM: Final = 10
_NEWSETELEM: Final = (_SUBSYSTEM << 8) | 12
_DELSETELEM: Final = (_SUBSYSTEM << 8) | 14
_BATCH_BEGIN: Final = 16  # NFNL_MSG_BATCH_BEGIN
_BATCH_END: Final = 17

_NLMSG_ERROR: Final = 2  # an acknowledgement is an error of number 0
_REQUEST: Final = 0x0001
_ACK: Final = 0x0004
_CREATE: Final = 0x0400

# enum nft_set_elem_list_attributes, nft_set_elem_attributes and nft_data_attributes
_LIST_TABLE: Final = 1
_LIST_SET: Final = 2
_LIST_ELEMENTS: Final = 3
_LIST_ELEMENT: Final = 1  # NFTA_LIST_ELEM
_KEY: Final = 1
_TIMEOUT: Final = 4
_VALUE: Final = 1

_LONGEST: Final = 0xFFFF - netlink.ATTRIBUTE.size
"""Bytes that an attribute holds: its length has 16 bits."""

_SOL_NETLINK: Final = 270
_CAP_ACK: Final = 10  # NETLINK_CAP_ACK: answers do not repeat what was sent
_SO_SNDBUFFORCE: Final = 32
_MOST: Final = 4 << 20
"""Bytes that a batch may have, if the kernel lets us: 5,000 addresses need a fifth of that."""

_LIMIT: Final = 30.0
_BUFFER: Final = 1 << 16


class Order(NamedTuple):
    """One message of a batch, without its number."""

    kind: int
    body: bytes


def add(where: str, timeouts: Mapping[str, int | None]) -> list[Order]:
    """Add addresses; one that is in the set already stays as it is, or gets the new end.

    Args:
        where: family, table and name of the set; its addresses have one version.
        timeouts: addresses to the seconds that they stay, None for ever.

    Raises:
        OSError: a text is no address.
    """
    return _orders(_NEWSETELEM, where, timeouts)


def remove(where: str, texts: Iterable[str]) -> list[Order]:
    """Take addresses out of the set, whether they are in it or not.

    Deleting what is not there would refuse the whole batch, so each is added first.

    Raises:
        OSError: a text is no address.
    """
    endless = dict.fromkeys(texts)
    return [*_orders(_NEWSETELEM, where, endless), *_orders(_DELSETELEM, where, endless)]


def _orders(kind: int, where: str, timeouts: Mapping[str, int | None]) -> list[Order]:
    """What is done with addresses, in as few messages as can hold them."""
    family, table, name = where.split()
    is_version_6 = any(":" in text for text in timeouts)
    family_of_keys = socket.AF_INET6 if is_version_6 else socket.AF_INET
    pton, size = socket.inet_pton, 16 if is_version_6 else 4
    forms = {seconds: _around(size, seconds) for seconds in set(timeouts.values())}
    elements = [
        forms[seconds][0] + pton(family_of_keys, text) + forms[seconds][1]
        for text, seconds in timeouts.items()
    ]
    begin = netlink.families_header(netlink.FAMILIES[family])
    begin += netlink.text(_LIST_TABLE, table) + netlink.text(_LIST_SET, name)
    most = _LONGEST // max(map(len, elements), default=1)
    return [
        Order(kind, begin + netlink.attribute(_LIST_ELEMENTS | netlink.NESTED, b"".join(part)))
        for part in (elements[at : at + most] for at in range(0, len(elements), most))
    ]


def _around(size: int, seconds: int | None) -> tuple[bytes, bytes]:
    """What stands before and after the bytes of an address in its element."""
    pack = netlink.ATTRIBUTE.pack
    timeout = b"" if seconds is None else (seconds * 1000).to_bytes(8, "big")
    after = netlink.attribute(_TIMEOUT, timeout) if timeout else b""
    key = pack(8 + size, _KEY | netlink.NESTED) + pack(4 + size, _VALUE)
    return pack(12 + size + len(after), _LIST_ELEMENT | netlink.NESTED) + key, after


class Sender:
    """A socket to the packet filter of the network namespace in which it is made.

    Raises:
        OSError: the kernel has no such socket.
    """

    def __init__(self) -> None:
        self._number = 0
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.NETFILTER)
        self._socket.settimeout(_LIMIT)
        self._socket.bind((0, 0))
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        with contextlib.suppress(OSError):  # then batches are as long as the host allows
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _MOST)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

    def __del__(self) -> None:
        # A thread that hangs may use it still, and is the last to let go of it.
        if hasattr(self, "_socket"):
            self._socket.close()

    def send(self, orders: Sequence[Order]) -> None:
        """Carry out orders, all of them or none.

        Raises:
            ActionError: the kernel refused them, or it is not known whether it did.
        """
        if not orders:
            return
        first = self._number = (self._number + 1) & 0x7FFF_FFFF
        last = self._number = first + len(orders)
        try:
            self._socket.sendto(b"".join(_batch(orders, first)), (0, 0))
            errors = list(self._answers(first, last))
        except OSError as error:
            raise ActionError(f"netlink: {error}") from error
        if errors:
            raise ActionError(f"netlink: {os.strerror(errors[0])}")

    def _answers(self, first: int, last: int) -> Iterator[int]:
        """The numbers of the errors, until the whole batch is answered.

        The kernel answers the last message, which asks for it, after all that failed; a batch that
        it refuses as a whole is answered at its beginning (nfnetlink.c).
        """
        while True:
            data = self._socket.recv(_BUFFER)
            for kind, _, number, start, _ in netlink.messages(data):
                if kind != _NLMSG_ERROR or not first <= number <= last:
                    continue  # what was left of a batch before this one
                (error,) = struct.unpack_from("=i", data, start)
                if error:
                    yield -error
                if number == last or (error and number == first):
                    return


def _batch(orders: Sequence[Order], first: int) -> Iterator[bytes]:
    """The messages of a batch, numbered; the last one asks for an answer."""
    around = netlink.families_header(0, _SUBSYSTEM)
    yield netlink.message(_BATCH_BEGIN, _REQUEST, first, around)
    last = first + len(orders)
    for number, order in enumerate(orders, first + 1):
        flags = _REQUEST | (_CREATE if order.kind == _NEWSETELEM else 0)
        yield netlink.message(
            order.kind, flags | (_ACK if number == last else 0), number, order.body
        )
    yield netlink.message(_BATCH_END, _REQUEST, last + 1, around)
