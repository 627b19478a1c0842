"""What a server answers to ``why ADDRESS``, asked as a client does and read as a user does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from banward.cli.layout import layout
from warden.wardens import scene

if TYPE_CHECKING:
    from warden.wardens import Scene

WHO = "192.0.2.1"


async def why(s: Scene, subject: str) -> str:
    return layout(["why", subject], await s.run("why", subject))


@pytest.fixture(autouse=True)
def _universal_time(utc: None) -> None:
    """The texts have times of day."""


def test_a_ban_is_told_with_its_lines_and_its_end() -> None:
    """The failures that led to it, as they stood in the log, and the limit that they reached."""

    async def story() -> None:
        async with scene() as s:
            await s.add()
            await s.fail(WHO, times=3)
            assert (await why(s, WHO)).splitlines() == [
                WHO,
                "[j]",
                "  Banned since 2023-11-14 22:13:20 until 2023-11-14 22:23:20: "
                "3 failures, where 3 within 10m are allowed.",
                *[f"    line of {WHO}"] * 3,
            ]

    asyncio.run(story())


def test_who_is_not_banned_yet_is_told_too() -> None:
    """How many failures there were, of how many, and when."""

    async def story() -> None:
        async with scene() as s:
            await s.add()
            await s.fail(WHO, times=2)
            assert (await why(s, WHO)).splitlines() == [
                WHO,
                "[j]",
                "  Failures: 2, from 2023-11-14 22:13:20 to 2023-11-14 22:13:20; "
                "3 within 10m lead to a ban.",
                *[f"    line of {WHO}"] * 2,
            ]

    asyncio.run(story())


def test_the_ban_of_a_network_holds_for_its_addresses() -> None:
    """It is told for each of them; an order has no failures."""

    async def story() -> None:
        async with scene() as s:
            await s.add()
            await s.run("set", "j", "banip", "192.0.2.0/24")
            assert (
                "  Banned as 192.0.2.0/24 since 2023-11-14 22:13:20 until 2023-11-14 22:23:20: "
                "ordered by an operator."
            ) in (await why(s, WHO)).splitlines()

    asyncio.run(story())


def test_what_is_over_is_remembered() -> None:
    """A ban that was, and that it ended."""

    async def story() -> None:
        async with scene() as s:
            await s.add()
            await s.fail(WHO, times=3)
            s.clock.advance(700)
            await s.warden._timers.tick()
            await s.settle()
            assert (await why(s, WHO)).splitlines()[2:] == [
                "  2023-11-14 22:25:00: ban time is over.",
                "  Was banned at 2023-11-14 22:13:20, for 10m, after 3 failures.",
            ]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("203.0.113.254", "No log can get it banned: 203.0.113.254 is the gateway."),
        ("198.51.100.9", "Its failures are ignored (ip)."),
        ("198.51.100.9", "2023-11-14 22:13:20: on the ignore list, 2 times (ip)."),
        ("203.0.113.254", "protected address (203.0.113.254 is the gateway)."),
    ],
)
def test_why_somebody_is_spared(subject: str, told: str) -> None:
    """Ignore lists and fuses, and what they have refused."""

    async def story() -> None:
        async with scene() as s:
            await s.add("j", ("addignoreip", "198.51.100.0/24"))
            await s.fail("198.51.100.9", times=2)
            await s.fail("203.0.113.254", times=3)
            assert told in await why(s, subject)

    asyncio.run(story())


def test_nobody_knows_a_stranger() -> None:
    """That is said, too."""

    async def story() -> None:
        async with scene() as s:
            await s.add()
            assert await why(s, WHO) == f"{WHO}\n  No jail knows anything of it."

    asyncio.run(story())


def test_lines_of_logs_tell_the_terminal_nothing() -> None:
    """What does not print is shown as an escape."""

    async def story() -> None:
        async with scene() as s:
            await s.add()
            await s.run("set", "j", "attempt", WHO, "\x1b[2Jx\u202e")
            assert r"    \x1b[2Jx\u202e" in (await why(s, WHO)).splitlines()

    asyncio.run(story())
