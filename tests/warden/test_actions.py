"""Those that ban and those that only tell of bans have queues of their own."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from banward.warden import backlog
from warden.wardens import scene

WHO = "192.0.2.1"
OTHER = "192.0.2.2"


@asynccontextmanager
async def hanging():
    """A scene whose jail has a firewall ``act`` and a mail that hangs at the ban of ``WHO``."""
    async with scene() as s:
        await s.add(action=[["keeps", "yes"], ["x", "1"]])
        await add_mail(s)
        await s.settle()
        await s.run("set", "j", "banip", WHO)
        await turn(s)
        assert of(s, "mail") == [("start",), ("ban", WHO)]
        yield s
        s.backends.released.set()


async def add_mail(s):
    """Let the jail have a mail that waits."""
    await s.run("set", "j", "addaction", "mail")
    await s.run("multi-set", "j", "action", "mail", [["waits", "yes"], ["x", "1"]])


async def turn(s):
    """Let those that ban do all that was decided, and the others what they can."""
    await s.warden.jails["j"].actions.enforced()
    for _ in range(20):
        await asyncio.sleep(0)


def of(s, name):
    """What an action was told, without reloads."""
    return [call[1:] for call in s.calls if call[0] == name and call[1] != "reload"]


def play(story):
    asyncio.run(asyncio.wait_for(story(), 30))


def test_bans_and_unbans_go_on_while_a_mail_hangs():
    """Those who wait for an order do not wait for the mail, which learns of all in order.

    Fails if ``Actions._group_of`` gives all actions the same group.
    """

    async def story():
        async with hanging() as s:
            await s.run("set", "j", "banip", OTHER)
            await s.run("set", "j", "unbanip", WHO)
            assert of(s, "act") == [("start",), ("ban", WHO), ("ban", OTHER), ("unban", WHO)]
            assert of(s, "mail") == [("start",), ("ban", WHO)]
            s.backends.released.set()
            await s.settle()
            assert of(s, "mail") == [("start",), ("ban", WHO), ("ban", OTHER), ("unban", WHO)]

    play(story)


def test_a_stop_lifts_bans_while_a_mail_hangs_and_leaves_nothing_out():
    """The mail is told what waits, and stopped last.

    Fails if ``Actions.stop`` ends the groups in the other order.
    """

    async def story():
        async with hanging() as s:
            await s.run("set", "j", "banip", OTHER)
            stopping = asyncio.create_task(s.run("stop", "j"))
            await turn(s)
            assert of(s, "act")[-1] == ("stop", "lift")
            assert of(s, "mail") == [("start",), ("ban", WHO)]
            s.backends.released.set()
            await stopping
            assert of(s, "mail")[2:] == [("ban", OTHER), ("unban", WHO, OTHER), ("stop", "lift")]

    play(story)


def test_a_flush_of_all_bans_waits_for_no_mail():
    """``unban --all`` is over when the firewall is free; the mail is told in its turn.

    Fails if ``Actions.lift_all`` waits for the group of those that tell.
    """

    async def story():
        async with hanging() as s:
            await s.run("unban", "--all")
            assert of(s, "act")[-1] == ("unban", WHO)
            await s.run("set", "j", "banip", OTHER)
            s.backends.released.set()
            await s.settle()
            assert of(s, "mail")[2:] == [("unban", WHO), ("ban", OTHER)]

    play(story)


def test_an_action_that_is_removed_and_comes_again_while_it_hangs_begins_anew():
    """Its last turn is over before its first one, and the new one takes over the bans.

    Fails if ``Actions._configure`` asks the groups, not the roster, which actions are there.
    """

    async def story():
        async with hanging() as s:
            await s.run("set", "j", "delaction", "mail")
            await add_mail(s)
            await turn(s)
            assert of(s, "mail") == [("start",), ("ban", WHO)]
            s.backends.released.set()
            await s.settle()
            again = [("unban", WHO), ("stop", "lift"), ("start",), ("ban", WHO)]
            assert of(s, "mail")[2:] == again

    play(story)


def test_an_action_that_bans_from_now_on_waits_for_mails_no_more():
    """With an ``actionunban`` it is another action, and takes over the bans that hold.

    Fails without ``_goes_on`` in ``Roster.gone``.
    """

    async def story():
        async with hanging() as s:
            await s.run("set", "j", "addaction", "wall")
            await turn(s)
            assert of(s, "wall") == []
            await s.run("set", "j", "action", "wall", "actionunban", "free")
            assert of(s, "wall") == [("start",), ("ban", WHO)]
            await s.run("set", "j", "banip", OTHER)
            assert of(s, "wall") == [("start",), ("ban", WHO), ("ban", OTHER)]

    play(story)


def test_failures_of_who_is_banned_do_not_pile_up_behind_a_mail_that_hangs():
    """One check waits, however often somebody fails who is banned.

    Fails without ``_is_check_queued`` in ``ActionGroup.check_all``.
    """

    async def story():
        async with hanging() as s:
            for _ in range(5):
                s.clock.advance(10)
                await s.watcher.tell(s.failures(WHO, times=3))
                await turn(s)
            assert of(s, "act").count(("check",)) == 5
            s.backends.released.set()
            await s.settle()
            assert of(s, "mail") == [("start",), ("ban", WHO), ("check",)]

    play(story)


def test_what_waits_to_be_told_has_a_limit(monkeypatch, caplog):
    """Whom logs get banned beyond it is banned, but not told, nor is his unban; it is logged once.

    Fails without ``self._backlog.admit`` in ``Actions._hand_on``.
    """
    monkeypatch.setattr(backlog, "_MOST", 3_000)
    late = [f"198.51.100.{n}" for n in range(5)]

    async def story():
        async with hanging() as s:
            for who in late:
                await s.watcher.tell(s.failures(who, times=3))
                await turn(s)
            await s.run("set", "j", "banip", OTHER)
            assert of(s, "act")[1:] == [("ban", who) for who in (WHO, *late, OTHER)]
            await s.run("set", "j", "unbanip", *late)
            s.backends.released.set()
            await s.settle()
            told = of(s, "mail")[2:]
            assert told == [("ban", *late[:2], OTHER), ("unban", *late[:2])]
            await s.run("set", "j", "banip", late[4])
            await s.settle()
            assert of(s, "mail")[-1] == ("ban", late[4])

    play(story)
    assert caplog.text.count("Too many bans wait to be told") == 1
    assert "[j] Bans are told again, 3 were not" in caplog.text
