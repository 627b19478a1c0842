"""How our processes use memory: nothing of what they would never need, and no page twice.

OpenSSL is the heavy part: ``asyncio`` imports ``ssl``, and ``hashlib`` its digests, though Python
has those of its own. Neither of our processes encrypts anything.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["make_whole", "tune", "without"]

_GENERATIONS: Final = (50_000, 20, 20)  # see gc.set_threshold
_KEPT: Final = 4 * 1024 * 1024  # bytes
_HEAP: Final = {
    -1: _KEPT,  # M_TRIM_THRESHOLD
    -3: _KEPT,  # M_MMAP_THRESHOLD
    -8: 1,  # M_ARENA_MAX
}
"""Parameters of <malloc.h>."""

_left_out: Final[set[str]] = set()


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Let imports find no module of these names meanwhile, as on a Python built without them.

    Whoever imports one of them later gets it; a module that is there already stays.

    Args:
        names: names of modules that their users can do without.
    """
    hidden = [name for name in names if name not in sys.modules]
    _left_out.update(hidden)
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None hides a module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def make_whole() -> None:
    """Give modules what they were imported without, for code that is not ours; at most once."""
    if not _left_out:
        return
    _left_out.clear()
    try:
        import ssl  # noqa: PLC0415  (only such code needs it)
    except ImportError:  # a Python that was built without it
        return
    importlib.reload(importlib.import_module("hashlib"))
    if protocol := sys.modules.get("asyncio.sslproto"):
        importlib.reload(protocol)
        for name in ("asyncio.base_events", "asyncio.selector_events"):
            vars(sys.modules[name])["ssl"] = ssl


def tune() -> None:
    """Let memory be managed as suits work that comes in blocks.

    All threads share one heap, for Python's take turns; it keeps some of what it frees, for what a
    block needs is needed again for the next, and each page that comes new from the kernel costs a
    fault (mallopt(3)). Thousands of objects live as long as a block does and are in no cycle, so
    the garbage collector looks seldom.
    """
    gc.set_threshold(*_GENERATIONS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:  # it is glibc's
        for parameter, value in _HEAP.items():
            mallopt(parameter, value)
