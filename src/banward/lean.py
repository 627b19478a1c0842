"""How our processes use memory: nothing of what they would never need, and no page twice.

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

__all__ = ["tune_heap", "without"]

_KEPT: Final = 4 * 1024 * 1024  # bytes
_HEAP: Final = {
    -1: _KEPT,  # M_TRIM_THRESHOLD
    -3: _KEPT,  # M_MMAP_THRESHOLD
    -8: 1,  # M_ARENA_MAX
}
"""Parameters of <malloc.h>."""


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


def tune_heap() -> None:
    """Let all threads share one heap, which keeps some of what it frees (mallopt(3)).

    Threads of Python take turns, so they seldom wait for each other there. What a block of a log
    needs is needed again for the next one, and memory that comes new from the kernel costs a fault
    for each of its pages.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:  # it is glibc's
        for parameter, value in _HEAP.items():
            mallopt(parameter, value)
