"""Which of many subjects lie within a network, quickly: a hundred thousand in a blink."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.subject import Network

__all__ = ["lying_within"]

_FAMILIES: Final = {4: (socket.AF_INET, 32, "."), 6: (socket.AF_INET6, 128, ":")}


def lying_within(subjects: Iterable[str], network: Network) -> list[str]:
    """The subjects that lie within a network, in their order; the network itself is one of them.

    Args:
        subjects: canonical texts (``subject.py``); those that are no addresses are passed over.
        network: where they have to lie.
    """
    family, bits, mark = _FAMILIES[network.version]
    shift = bits - network.prefixlen
    prefix = int(network.network_address) >> shift

    def is_within(subject: str) -> bool:
        if mark not in subject:
            return False
        if "/" in subject:
            inner = Subject.parse(subject).network
            return inner is not None and inner.subnet_of(network)  # type: ignore[arg-type]
        try:
            packed = socket.inet_pton(family, subject)
        except (OSError, ValueError):  # ValueError: a NUL within
            return False
        return int.from_bytes(packed) >> shift == prefix

    return [subject for subject in subjects if is_within(subject)]
