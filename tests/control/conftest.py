"""What tests of commands share: a server that remembers, and a way to ask it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from banward.control.commands import Dispatcher
from banward.control.failure import Failure
from control.desks import FakeDesk

pytest.register_assert_rewrite("control.jail_values")


@pytest.fixture
def runner():
    """An event loop for the length of a test."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def desk(runner: asyncio.Runner) -> FakeDesk:
    """A server with two jails."""

    async def make() -> FakeDesk:
        return FakeDesk("j1", "j2")

    return runner.run(make())


@pytest.fixture
def ask(runner: asyncio.Runner, desk: FakeDesk) -> Callable[..., Any]:
    """Run one command; the answer is its result, or the ``Failure``."""
    dispatcher = Dispatcher(desk)

    def ask_one(*words: Any) -> Any:
        code, result = runner.run(dispatcher.answer(list(words)))
        assert (code == 1) == isinstance(result, Failure)
        return result

    return ask_one
