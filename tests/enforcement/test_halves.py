from __future__ import annotations

import asyncio

import pytest

from banward.enforcement.halves import in_halves
from banward.errors import ActionError, NoAnswerError


def attempt(items, is_refused, error=ActionError):
    """Which items were done, which refused, and how many calls it took."""
    done, calls = [], []

    async def do(part):
        calls.append(len(part))
        if any(map(is_refused, part)):
            raise error("refused")
        done.extend(part)

    refused = asyncio.run(in_halves(items, do))
    return done, refused, len(calls)


@pytest.mark.parametrize("bad", [set(), {0}, {99}, {3, 50}, set(range(10))])
def test_only_those_are_refused_that_have_to_be(bad):
    """One that is refused does not take the others with it; the order stays."""
    done, refused, _ = attempt(range(100), bad.__contains__)

    assert done == [n for n in range(100) if n not in bad]
    assert refused == dict.fromkeys(sorted(bad), "refused")


def test_a_full_place_takes_as_many_as_fit():
    """The first that fit are in, and it takes few attempts to find out."""
    room = 37
    held = []

    async def do(part):
        if len(held) + len(part) > room:
            raise ActionError("full")
        held.extend(part)

    refused = asyncio.run(in_halves(range(5000), do))
    assert held == list(range(room))
    assert len(refused) == 5000 - room


def test_where_all_is_refused_the_attempts_are_limited():
    """Five thousand that are all refused take less than a hundred attempts."""
    _, refused, calls = attempt(range(5000), lambda _: True)

    assert len(refused) == 5000
    assert calls < 100


def test_what_does_not_answer_is_asked_once():
    """A program that is missing or hangs is not asked for each half."""
    _, refused, calls = attempt(range(100), lambda _: True, NoAnswerError)

    assert (len(refused), calls) == (100, 1)
