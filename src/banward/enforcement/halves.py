"""Does something for many; where that is refused, for each half, so that the others get theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from banward.errors import ActionError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

__all__ = ["in_halves"]

_MOST_REFUSALS: Final = 40
"""After so many refusals the rest is tried in the parts that there are."""

_Item = TypeVar("_Item")


async def in_halves(
    items: Sequence[_Item], do: Callable[[Sequence[_Item]], Awaitable[None]]
) -> dict[_Item, str]:
    """Do something for all of them, or for as many as is possible.

    Args:
        items: for whom.
        do: does it for some of them, or for none if it raises an ``ActionError``.

    Returns:
        Those for whom it was refused, with the reason.
    """
    refused: dict[_Item, str] = {}
    refusals = 0
    waiting = [items]
    while waiting:
        part = waiting.pop()
        try:
            await do(part)
        except NoAnswerError as error:
            for untried in (part, *waiting):
                refused |= dict.fromkeys(untried, str(error))
            break
        except ActionError as error:
            refusals += 1
            if len(part) <= 1 or refusals > _MOST_REFUSALS:
                refused |= dict.fromkeys(part, str(error))
                continue
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
    return refused
