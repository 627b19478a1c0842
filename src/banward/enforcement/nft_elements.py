"""The commands that put elements into sets of nftables and take them out, and which set is whose.

Pure; the text grows with the number of elements, and nothing but parsed addresses gets into it.
"""

from __future__ import annotations

import functools
import math
import re
import socket
from typing import TYPE_CHECKING, Final

from banward.enforcement.cover import Span, flatten, span_of, text_of
from banward.enforcement.nft_layout import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["add", "fill_networks", "kind_of", "network_spans", "remove", "renew", "seconds_left"]

# Numbers of families, since the members of an enumeration are slow keys.
_FAMILIES: Final = {False: int(socket.AF_INET), True: int(socket.AF_INET6)}
_KINDS: Final = {
    (is_version_6, is_network): Kind(6 if is_version_6 else 4, is_network)
    for is_version_6 in (False, True)
    for is_network in (False, True)
}

_LONGEST: Final = {False: 32, True: 128}
_LENGTH: Final = re.compile(r"[0-9]{1,3}\Z")

_CENTURY: Final = 100 * 365 * 86_400
"""What lasts longer than this, in seconds, is as good as endless: nft takes no such number."""


def kind_of(subject: str) -> Kind | None:
    """The kind of set that a canonical subject belongs to, None for an id that is no address."""
    address, slash, length = subject.partition("/") if "/" in subject else (subject, "", "")
    is_version_6 = ":" in address
    try:
        socket.inet_pton(_FAMILIES[is_version_6], address)
    except (OSError, ValueError):
        return None
    if slash and not (_LENGTH.match(length) and int(length) <= _LONGEST[is_version_6]):
        return None
    return _KINDS[is_version_6, bool(slash)]


def add(where: str, ends: Mapping[str, float], now: float) -> list[str]:
    """Add addresses that are not in the set.

    Args:
        where: the set, with family and table.
        ends: addresses to the moment at which they end.
        now: the present moment.
    """
    left = seconds_left(ends, now)
    timeouts = {seconds: _timeout_text(seconds) for seconds in set(left.values())}
    items = [f"{text}{timeouts[seconds]}" for text, seconds in left.items()]
    return [f"add element {where} {{ {', '.join(items)} }}"] if items else []


def remove(where: str, texts: Iterable[str]) -> list[str]:
    """Take addresses out of the set, whether they are in it or not.

    Deleting what is not there would refuse the whole transaction, so each is added first.
    """
    items = ", ".join(texts)
    return [f"{verb} element {where} {{ {items} }}" for verb in ("add", "delete")] if items else []


def renew(where: str, ends: Mapping[str, float], now: float) -> list[str]:
    """Set the end of addresses, whether they are in the set or not.

    Kernels before 6.12 leave an element that exists as it is, so it is replaced.
    """
    return [*remove(where, ends), *add(where, ends, now)]


def seconds_left(ends: Mapping[str, float], now: float) -> dict[str, int | None]:
    """Those that have not ended, to the seconds that they last, None for those without end."""
    left = {end: _seconds(end - now) for end in set(ends.values())}
    return {text: left[end] for text, end in ends.items() if end > now}


def network_spans(ends: Mapping[str, float], now: float) -> list[Span]:
    """The ranges that stand for networks which have not ended."""
    return flatten(span_of(text, end) for text, end in ends.items() if end > now)


def fill_networks(where: str, kind: Kind, ends: Mapping[str, float], now: float) -> list[str]:
    """Make a set hold just these networks, in one step.

    The whole set is written each time (5 µs a network), since a single network may split the
    ranges of others.
    """
    spans = network_spans(ends, now)
    items = [
        f"{text_of(span, kind.version)}{_timeout_text(_seconds(span.until - now))}"
        for span in spans
    ]
    lines = [f"add element {where} {{ {', '.join(items)} }}"] if items else []
    return [f"flush set {where}", *lines]


def _seconds(left: float) -> int | None:
    return None if left > _CENTURY else math.ceil(left)


@functools.lru_cache(maxsize=1024)
def _timeout_text(seconds: int | None) -> str:
    if seconds is None:
        return ""
    # Split into units: nft takes no more than eight digits for one of them.
    days, rest = divmod(seconds, 86_400)
    return f" timeout {days}d{rest}s" if days else f" timeout {rest}s"
