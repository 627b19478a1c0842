"""Compares what the kernel holds with what the ledger says: what to add, to remove, to retime.

Pure: the ends of both sides come in as moments of one clock, infinity for never.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Difference", "compare"]

TOLERANCE = 3.0
"""Seconds by which two ends may differ: the kernel tells whole seconds, and some time passes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be done so that the kernel holds just what is wanted.

    Args:
        add: what is missing.
        remove: what nobody wants.
        retime: what ends at another moment.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    retime: tuple[str, ...] = ()


def compare(
    kernel: Mapping[str, float | None],
    wanted: Mapping[str, float],
    *,
    tolerance: float = TOLERANCE,
) -> Difference:
    """Compare by text and end.

    Args:
        kernel: what is there, to its end; None where the kernel keeps no ends.
        wanted: what has to be there, to its end.
        tolerance: seconds by which ends may differ.
    """
    differing = []
    for text, end in wanted.items():
        there = kernel.get(text)
        # Two infinities differ by no number, so equality comes first.
        if there is not None and there != end and abs(there - end) > tolerance:
            differing.append(text)
    return Difference(
        add=tuple(text for text in wanted if text not in kernel),
        remove=tuple(text for text in kernel if text not in wanted),
        retime=tuple(differing),
    )
