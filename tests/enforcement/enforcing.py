"""What the tests of this folder share: a jail's facts, bans, and a network of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from banward.records import Ban, Reason, Unban

NOW = 1_700_000_000.0


@dataclass
class Facts:
    """A jail as its actions see it."""

    name: str = "web"
    banned: int = 1
    banned_total: int = 2
    found: int = 3
    found_total: int = 4
    bantime: float = 600
    past: list = field(default_factory=list)
    host: str | None = None

    def history(self, subject, *, all_jails):
        return self.past if all_jails else self.past[:1]

    def reverse_name(self, address):
        return self.host


def ban(subject="192.0.2.1", bantime=600.0, at=NOW, **more):
    """A ban of the jail ``web``."""
    return Ban(jail="web", subject=subject, at=at, bantime=bantime, **more)


def unban(subject="192.0.2.1", reason=Reason.EXPIRED, **more):
    """The end of a ban of the jail ``web``."""
    return Unban(ban=ban(subject, **more), reason=reason)


async def until(condition, limit=20.0):
    """Wait for something that another process or the kernel does.

    Raises:
        TimeoutError: it did not come.
    """
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.005)
