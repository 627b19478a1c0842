"""Keeps memory out of our processes that they would never use.

OpenSSL is the heavy part: ``asyncio`` imports ``ssl``, and ``hashlib`` its digests, though Python
has those of its own. Neither of our processes encrypts anything.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["share_heap", "without"]

_ARENA_MAX: Final = -8  # M_ARENA_MAX of <malloc.h>


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports find no module of these names meanwhile, as on a Python built without them.

    Whoever imports one of them later gets it; a module that is there already stays.

    Args:
        names: names of modules that their users can do without.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None hides a module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def share_heap() -> None:
    """Let all threads share one heap (mallopt(3)), where the C library gives each its own.

    Threads of Python take turns, so they seldom wait for each other there.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_ARENA_MAX, 1)
