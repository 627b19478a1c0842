"""Which rights a test has: whether it is root of a whole system, or of a namespace alone."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["is_root", "needs_root"]


def is_root() -> bool:
    """Whether this process may give away files, become somebody else and mount what it likes.

    In ``unshare -Ur`` one is root too, but nobody else is there (user_namespaces(7)).
    """
    rows = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    return os.geteuid() == 0 and sum(int(row.split()[2]) for row in rows) > 1


def needs_root() -> list[str]:
    """What is missing for a test that needs such rights: one entry for the reason, or none."""
    return [] if is_root() else ["root of a whole system"]
