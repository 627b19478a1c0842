"""The part of ``banward status`` that tells what is amiss with the reading of logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from banward.printable import harmless
from banward.timespan import human

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["health_lines", "print_health"]


def print_health(health: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Print what is amiss; nothing if all is well.

    Args:
        health: the answer to ``get banward health``.
    """
    for line in health_lines(health):
        print(line)


def health_lines(health: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """The lines that ``print_health`` prints; texts out of logs can do no harm on a terminal."""
    if health["quarantine"]:
        yield "In quarantine, not tried any more, since it ran too long on a line:"
    for regex in health["quarantine"]:
        yield harmless(f"  [{regex['jail']}] {regex['pattern']}")
        yield harmless(f"    {regex['source']}: {regex['line'] or 'the line is not known'}")
        yield harmless(
            f"    Write it so that it can't run away, then: fail2ban-client reload {regex['jail']}"
        )
    if health["lag"]:
        yield "Not read to its end yet:"
    for lag in health["lag"]:
        age = human(int(lag["age"]))
        yield harmless(f"  {lag['source']}: {lag['size']} bytes, the oldest for {age}")
