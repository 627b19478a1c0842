"""What every source of lines is to those who read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.link import SourceEvent
    from banward.records import Batch
    from banward.sources.open_file import Since

__all__ = ["Source"]


class Source(Protocol):
    """A log, a journal: whole lines in batches. Waits for nothing: somebody says when to look."""

    name: str
    """The path of the log, or ``systemd-journal``."""

    catching_up: bool
    """Whether what is read was there before it was followed."""

    starts: Mapping[str, Since]
    """Where jails begin to read and to count, for the batch that was read last."""

    events: list[SourceEvent]
    """What happened to it, until somebody takes it."""

    @property
    def is_idle(self) -> bool:
        """Whether all that was there was given out."""

    @property
    def lag(self) -> int:
        """Bytes that were not given out yet; 0 where that is not known."""

    def look(self, now: float) -> None:
        """See whether there is something new.

        Args:
            now: the present moment, in seconds since the epoch.
        """

    def read(self, now: float) -> Batch | None:
        """Read at most one block; None if it holds no whole line. Go on until ``is_idle``.

        Args:
            now: the present moment, in seconds since the epoch.
        """

    def deadline(self) -> float:
        """When ``look`` is to be called even if nothing happens, in seconds since the epoch."""

    def close(self) -> None:
        """Let all go."""
