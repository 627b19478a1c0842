"""Going through many things in pieces."""

from __future__ import annotations

import asyncio

from banward.pieces import pieces


def test_pieces_are_all_of_it_in_order():
    """Every item comes once, in order, in parts of the size that was asked for."""

    async def collect(count: int) -> list[list[int]]:
        return [list(part) async for part in pieces(list(range(count)), 3)]

    assert asyncio.run(collect(7)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert asyncio.run(collect(3)) == [[0, 1, 2]]
    assert asyncio.run(collect(0)) == []


def test_others_run_between_two_pieces():
    """A task that waits for its turn gets it after the first piece."""

    async def story() -> list[str]:
        seen: list[str] = []

        async def other() -> None:
            seen.append("other")

        task = asyncio.create_task(other())
        async for part in pieces(["a", "b"], 1):
            seen += part
        await task
        return seen

    assert asyncio.run(story()) == ["a", "other", "b"]
