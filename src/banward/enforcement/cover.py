"""Turns networks that may lie within each other into ranges that do not overlap.

The kernel refuses an interval that overlaps another one, and merging them in the kernel would lose
their ends. So each range here ends when the last of the networks that cover it ends. Pure: numbers
in, numbers out.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Span", "covers", "flatten", "is_covered", "span_of", "text_of"]


class Span(NamedTuple):
    """A range of addresses, both ends included, and when its ban ends (infinity for never)."""

    low: int
    high: int
    until: float = float("inf")


@functools.lru_cache(maxsize=16_384)
def _bounds(network: str) -> tuple[int, int]:
    parsed = ipaddress.ip_network(network, strict=False)
    return int(parsed.network_address), int(parsed.broadcast_address)


def span_of(network: str, until: float) -> Span:
    """The range of one network, given by its canonical text."""
    return Span(*_bounds(network), until)


def flatten(spans: Iterable[Span]) -> list[Span]:
    """Ranges in ascending order that cover the same addresses for the same time.

    Args:
        spans: networks: of any two, one lies within the other or they share no address.
    """
    found: list[Span] = []
    around: list[Span] = []  # the networks that lie around the present place, outermost first
    at = 0

    def write(high: int, until: float) -> None:
        """Write the range from the present place on, joined to a neighbour of the same end."""
        nonlocal at
        last = found[-1] if found else None
        if last and last.high + 1 == at and last.until == until and at <= high:
            found[-1] = last._replace(high=high)
        elif at <= high:
            found.append(Span(at, high, until))
        at = high + 1

    def leave(place: int) -> None:
        """Write the rest of the networks that end before a place."""
        while around and around[-1].high < place:
            ended = around.pop()
            write(ended.high, ended.until)

    for span in sorted(spans, key=lambda span: (span.low, -span.high)):
        leave(span.low)
        if around:
            write(span.low - 1, around[-1].until)
        at = span.low
        longest = max(span.until, around[-1].until) if around else span.until
        around.append(span._replace(until=longest))
    leave(1 << 129)
    return found


def covers(spans: Sequence[Span], low: int, high: int) -> bool:
    """Tell whether ascending ranges hold every address of a range."""
    for span in spans:
        if span.high < low:
            continue
        if span.low > low:
            return False
        low = span.high + 1
        if low > high:
            return True
    return False


def is_covered(text: str, spans: Sequence[Span]) -> bool:
    """Tell whether ascending ranges hold every address of a network."""
    return covers(spans, *_bounds(text))


def text_of(span: Span, version: int) -> str:
    """The range as nft writes it: a network, else its first and last address.

    Args:
        span: the range.
        version: 4 or 6.
    """
    kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address  # noqa: PLR2004
    low, size = kind(span.low), span.high - span.low + 1
    if size & (size - 1) or span.low % size:
        return f"{low}-{kind(span.high)}"
    return f"{low}/{low.max_prefixlen - size.bit_length() + 1}"
