"""Goes through very many things so that all others in the event loop have their turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

__all__ = ["PIECE", "beside", "neighbours", "pieces"]

PIECE: Final = 500
"""How many are done at a stretch: a ban costs some 20 µs, so this is a hundredth of a second."""

_RUN: Final = 10_000
"""How many are sorted at once, in some milliseconds."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def pieces(items: Sequence[_Item], size: int = PIECE) -> AsyncIterator[Sequence[_Item]]:
    """The items in parts; between two of them others may run."""
    for start in range(0, len(items), size):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + size]


async def neighbours(subjects: Sequence[str]) -> AsyncIterator[Sequence[str]]:
    """Subjects in pieces that lie side by side in an index, each subject once.

    A piece of random ones would touch nearly every page of the database's index, one of neighbours
    touches few. What fits into one piece keeps its order.
    """
    chosen = list(dict.fromkeys(subjects))
    async for run in pieces(chosen, _RUN):
        async for part in pieces(run if len(chosen) <= PIECE else sorted(run)):
            yield part


async def beside(call: Callable[[Sequence[_Item]], _Result], items: Sequence[_Item]) -> _Result:
    """What a function makes of items that nobody changes: of many it is made in a thread."""
    return await asyncio.to_thread(call, items) if len(items) > PIECE else call(items)
