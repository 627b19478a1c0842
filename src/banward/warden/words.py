"""The words of the warden's log that other programs read (server-and-client.md 1.10)."""

from __future__ import annotations

import time
from typing import Final

from banward.records import ENDLESS
from banward.timespan import human

__all__ = ["NEVER", "duration", "end_of", "moment"]

NEVER: Final = "9999-12-31 23:59:59"
"""The end that is shown of a ban that never ends."""


def moment(at: float) -> str:
    """A moment in local time: ``YYYY-MM-DD HH:MM:SS``."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def duration(span: float) -> str:
    """How long a ban is, in words."""
    return "permanent" if span == ENDLESS else human(span)


def end_of(at: float, bantime: float) -> str:
    """When a ban ends, in words."""
    return "infinite" if bantime == ENDLESS else moment(at + bantime)
