from __future__ import annotations

import asyncio

from banward.enforcement.base import Synced
from banward.enforcement.recorder import NullAction, RecorderAction
from banward.settings import ActionSettings
from enforcement.enforcing import Facts, ban, unban


def run(*steps):
    async def all_of_them():
        return [await step for step in steps]

    return asyncio.run(all_of_them())


def test_the_recorder_tells_what_it_was_told():
    """Every call stands in order, and it holds whom a firewall would hold."""
    act = RecorderAction(ActionSettings("r"), Facts())
    run(act.start(), act.ban([ban(), ban("192.0.2.2")]), act.unban([unban()]), act.stop(keep=True))
    assert act.told == [
        ("start", ""),
        ("ban", "192.0.2.1"),
        ("ban", "192.0.2.2"),
        ("unban", "192.0.2.1"),
        ("keep", ""),
    ]
    assert run(act.present()) == [frozenset({"192.0.2.2"})]


def test_the_recorder_is_synced_like_a_kernel():
    """It says what was missing, what nobody wanted, and whose end differed."""
    act = RecorderAction(ActionSettings("r"), Facts())
    run(act.ban([ban(), ban("192.0.2.2"), ban("192.0.2.3")]))
    wanted = [ban(), ban("192.0.2.2", bantime=9000), ban("192.0.2.4")]
    first, second = run(act.sync(wanted), act.sync(wanted))
    assert first == Synced(added=("192.0.2.4",), removed=("192.0.2.3",), retimed=("192.0.2.2",))
    assert not second.is_change
    assert run(act.flush(), act.present()) == [True, frozenset()]


def test_the_null_action_succeeds_and_holds_nothing():
    """It is what a dry run uses."""
    act = NullAction(ActionSettings("n"), Facts())
    told, lifted, present, synced = run(
        act.ban([ban()]), act.unban([unban()]), act.present(), act.sync([ban()])
    )
    assert [outcome.error for outcome in (*told, *lifted)] == ["", ""]
    assert (present, synced) == (None, None)
