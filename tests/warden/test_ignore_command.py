"""The command of a user that says whom to spare waits for the DNS, and nobody waits for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from banward.records import Match
from banward.warden.ignore_command import IgnoreCommand

WHO = Match.of("j", "192.0.2.1", 0, ("line",))


class Facts:
    """A jail whose name server answers once the event loop has had its turn."""

    name = "j"
    bantime = 600.0

    def __init__(self):
        self.has_turn = threading.Event()

    def reverse_name(self, address):
        """Nothing if the event loop waits for this."""
        return f"host-of-{address}" if self.has_turn.wait(2) else None


@pytest.mark.parametrize(("asked", "ignored"), [("host-of-192.0.2.1", True), ("other", False)])
def test_a_name_server_that_does_not_answer_holds_up_only_the_match(asked, ignored):
    """The name of the host is looked up in a thread, and the command gets it.

    Fails if ``IgnoreCommand.ignores`` fills the command with ``ticket.text``.
    """
    facts = Facts()

    async def ask():
        asking = asyncio.create_task(
            IgnoreCommand("j", facts).ignores(f"test <ip-host> = {asked}", WHO)
        )
        await asyncio.sleep(0)
        facts.has_turn.set()
        return await asking

    assert asyncio.run(ask()) is ignored


def test_the_key_of_an_answer_asks_no_name_server():
    """Where the key names the host, the address stands for it.

    Fails if ``IgnoreCommand.key`` fills the template with ``ticket.text``.
    """
    assert IgnoreCommand("j", Facts()).key("<ip-host> <jail.name>", WHO) == "192.0.2.1 j"
