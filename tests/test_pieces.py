"""Going through many things in pieces."""

from __future__ import annotations

import asyncio
import threading

from banward.pieces import PIECE, beside, neighbours, pieces


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


def test_much_is_done_in_a_thread_and_little_at_once():
    """The event loop is kept by no more than a piece."""

    def made(items: list[int]) -> tuple[int, bool]:
        return len(items), threading.current_thread() is threading.main_thread()

    async def story() -> list[tuple[int, bool]]:
        return [await beside(made, list(range(count))) for count in (PIECE, PIECE + 1)]

    assert asyncio.run(story()) == [(PIECE, True), (PIECE + 1, False)]


def test_pieces_of_very_many_hold_neighbours():
    """Each subject comes once; what lies between two of a piece is in no other of its run."""
    many = [str(number * 7919 % 30_000) for number in range(30_000)]

    async def collect(subjects: list[str]) -> list[list[str]]:
        return [list(part) async for part in neighbours(subjects)]

    parts = asyncio.run(collect([*many, *many]))
    assert sorted(subject for part in parts for subject in part) == sorted(many)
    assert all(len(part) == PIECE for part in parts)
    run = parts[: 10_000 // PIECE]
    assert [subject for part in run for subject in part] == sorted(many[:10_000])
    assert asyncio.run(collect(["b", "a", "b"])) == [["b", "a"]]
