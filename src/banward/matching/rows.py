"""What a sweep tells of a block: rows, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.evidence import UNSURE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banward.matching.captures import Captures, Data

__all__ = ["END", "ODD", "Reading", "Row", "Swept", "Way"]

ODD: Final = 0
"""The mask of an odd line, which has to be shown to the filter."""

END: Final = "\0"
"""What is between the parts of what is told of a line; no line that is not odd holds it."""

_OF_SESSION: Final = ("mlfid", "user", "nofail", "mlfgained", "mlfforget")
_ADDRESSES: Final = ("ip4", "ip6")
_OTHERS: Final = {"fid", "cidr", "dns"}


@dataclass(frozen=True, slots=True)
class Way:
    """A failregex, and those of its groups that took part.

    Places are those in the last part of a ``Row``, cut at ``END``; 0 for a group that took no part.

    Args:
        mask: bit of the failregex, or ``ODD``.
        names: the name of the group at each place, empty for one that took no part.
        unsure: those that took no part where nothing stands at their place.
        fill: fills in what follows from them, if something does.
        label: the names, as ``evidence.note`` takes them.
        is_plain: whether addresses alone say who failed, and nothing is to be filled in where the
            groups of ``filled`` captured something.
        filled: places of groups that have alternates.
        ip4: place of an address of IPv4.
        ip6: place of one of IPv6.
        mlfid: place of the id of a session.
        user: place of the user.
        nofail: place of what says that the line only helps.
        mlfgained: place of what says that access was gained.
        mlfforget: place of what says that the session is over.
    """

    mask: int
    names: tuple[str, ...]
    unsure: frozenset[str]
    fill: Callable[[Data], None] | None
    label: str
    is_plain: bool
    filled: tuple[int, ...]
    ip4: int
    ip6: int
    mlfid: int
    user: int
    nofail: int
    mlfgained: int
    mlfforget: int

    @classmethod
    def of(
        cls,
        mask: int,
        names: tuple[str, ...],
        captures: Captures | None = None,
        unsure: frozenset[str] = frozenset(),
    ) -> Way:
        """A way to read rows.

        Args:
            mask: bit of the failregex.
            names: the name of the group at each place, empty for one that took no part.
            captures: joins them.
            unsure: those of them of which only what they capture tells whether they took part.
        """
        places = {name: place for place, name in enumerate(names, 1) if name}
        filled = captures.alternatives(places) if captures else ()
        return cls(
            mask,
            names,
            unsure,
            captures.fill if captures and captures.has_more else None,
            ",".join(f"{UNSURE}{name}" if name in unsure else name for name in names).rstrip(","),
            filled is not None and _OTHERS.isdisjoint(places),
            tuple(map(places.__getitem__, filled or ())),
            *(places.get(name, 0) for name in (*_ADDRESSES, *_OF_SESSION)),
        )

    def data(self, caught: str) -> Data:
        """What was captured, by name.

        Args:
            caught: the last part of a row.
        """
        data: Data = {
            name: value
            for name, value in zip(self.names, caught.split(END)[1:], strict=True)
            if value or (name and name not in self.unsure)
        }
        if self.fill:
            self.fill(data)
        return data


Row = tuple[int, str, Way, str]
"""Index of the first byte of a line in its block; the line (of an odd one each byte a character);
the failregex that matches; what its groups captured, before each of them ``END``."""


class Reading(NamedTuple):
    """What holds for all lines of a block.

    Args:
        now: the present moment, in seconds since the epoch.
        in_operation: false while the old part of the source is read (3.6).
        source: name of the source.
    """

    now: float
    in_operation: bool
    source: str = ""


class Swept(NamedTuple):
    """The lines of a block of which a sweep told what they capture, and the odd ones.

    Args:
        rows: the lines.
        reading: what holds for all lines of the block.
        start: where the block begins within the source, in bytes.
    """

    rows: Sequence[Row]
    reading: Reading
    start: int
