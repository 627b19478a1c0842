"""Those that ban and those that only tell of bans have queues of their own."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from banward.settings import ActionSettings
from banward.warden import backlog
from warden.wardens import scene

WHO = "192.0.2.1"
OTHER = "192.0.2.2"
LONGER = (OTHER, 610)


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


def since_start(s, name):
    """What an action was told since its last start."""
    calls = of(s, name)
    return calls[len(calls) - calls[::-1].index(("start",)) :]


def play(story):
    asyncio.run(asyncio.wait_for(story(), 30))


def test_bans_and_unbans_go_on_while_a_mail_hangs():
    """Those who wait for an order do not wait for the mail, which learns of all in order.

    Fails if ``ActionGroups.of`` gives all actions the same group.
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
    """Whom logs get banned beyond it is told later if his ban holds still; it is logged once.

    Fails without ``self._backlog.admit`` in ``ActionGroup.put``.
    """
    monkeypatch.setattr(backlog, "_MOST", 3_000)
    late = [f"198.51.100.{n}" for n in range(6)]

    async def story():
        async with hanging() as s:
            for who in late:
                await s.watcher.tell(s.failures(who, times=3))
                await turn(s)
            await s.run("set", "j", "banip", OTHER)
            assert of(s, "act")[1:] == [("ban", who) for who in (WHO, *late, OTHER)]
            await s.run("set", "j", "unbanip", *late[:5])
            s.backends.released.set()
            await s.settle()
            told = of(s, "mail")[2:]
            assert told == [("ban", *late[:2], OTHER), ("unban", *late[:2]), ("ban", late[5])]

    play(story)
    assert caplog.text.count("Too many bans wait for actions that only tell of bans") == 1


@asynccontextmanager
async def hanging_command(*, native=True):
    """A scene like that of ``hanging``, but it is the command ``wall`` that hangs."""
    async with scene() as s:
        if native:
            await s.add(action=[["keeps", "yes"], ["x", "1"]])
        else:
            await s.add(action=[["waits", "yes"], ["actionunban", "free"]])
        await s.run("set", "j", "addaction", "mail")
        if native:
            await add_command(s, "wall", ["waits", "yes"])
        await s.watcher.tell(s.failures(WHO, times=3))
        try:
            yield s
        finally:
            s.backends.released.set()


async def add_command(s, name, *settings):
    """Let the jail have a command that bans."""
    await s.run("set", "j", "addaction", name)
    await s.run("multi-set", "j", "action", name, [["actionunban", "free"], *settings])


def test_native_bans_and_mails_go_on_while_a_command_hangs():
    """Who fails is banned in the kernel and told at once; the command has its turns later.

    Fails if ``ActionGroups.of`` gives commands the group of native actions, and if those who tell
    follow the commands in ``ActionGroups._lead``.
    """

    async def story():
        async with hanging_command() as s:
            await s.watcher.tell(s.failures(OTHER, times=3))
            s.clock.advance(10)
            await s.watcher.tell(s.failures(OTHER, times=3))
            assert of(s, "act") == [
                ("start",),
                ("ban", WHO),
                ("ban", OTHER),
                ("retime", LONGER),
                ("check",),
            ]
            assert of(s, "mail") == [("start",), ("ban", WHO), ("ban", OTHER), ("check",)]
            assert since_start(s, "wall") == [("ban", WHO)]
            order = asyncio.create_task(s.run("set", "j", "unbanip", WHO))
            for _ in range(50):
                await asyncio.sleep(0)
            assert of(s, "act")[-1] == of(s, "mail")[-1] == ("unban", WHO)
            assert not order.done()
            s.backends.released.set()
            assert await order == 1
            assert since_start(s, "wall")[1:] == [("ban", OTHER), ("check",), ("unban", WHO)]

    play(story)


def test_without_native_actions_who_tells_follows_the_commands():
    """Nobody is told of a ban that a command has not done yet, nor of its end before.

    Fails without ``wait`` in ``Worker._work``.
    """

    async def story():
        async with hanging_command(native=False) as s:
            await s.watcher.tell(s.failures(OTHER, times=3))
            assert of(s, "mail") == [("start",)]
            s.backends.released.set()
            await s.settle()
            assert of(s, "mail") == [("start",), ("ban", WHO, OTHER)]

    play(story)


def test_a_stop_ends_native_actions_and_mails_while_a_command_hangs():
    """They wait for the end of no command.

    Fails if ``Actions.stop`` waits for one group after the other.
    """

    async def story():
        async with hanging_command() as s:
            stopping = asyncio.create_task(s.run("stop", "j"))
            for _ in range(50):
                await asyncio.sleep(0)
            assert of(s, "act")[-1] == of(s, "mail")[-1] == ("stop", "lift")
            assert since_start(s, "wall") == [("ban", WHO)]
            assert not stopping.done()
            s.backends.released.set()
            await stopping
            assert since_start(s, "wall")[1:] == [("unban", WHO), ("stop", "lift")]

    play(story)


def test_what_waits_for_a_command_has_a_limit_and_nothing_is_lost(monkeypatch):
    """Whom logs get banned beyond it is in force later, and not before said to be.

    Who is free again by then was never banned. Fails without ``self._backlog.done`` in
    ``ActionGroup._do``.
    """
    monkeypatch.setattr(backlog, "_MOST", 3_000)
    late = [f"198.51.100.{n}" for n in range(6)]

    async def story():
        async with hanging_command(native=False) as s:
            for who in late:
                await s.watcher.tell(s.failures(who, times=3))
            assert s.warden.jails["j"].bans() == []
            order = asyncio.create_task(s.run("set", "j", "unbanip", late[0], late[5]))
            await asyncio.sleep(0)
            s.backends.released.set()
            await order
            await s.settle()
            (enforcer, *_) = s.warden.jails["j"].actions.enforcers
            assert enforcer.held == {WHO, *late[1:5]}
            assert of(s, "act")[2:] == [
                ("ban", *late[:2]),
                ("unban", late[0]),
                ("ban", *late[4:1:-1]),
            ]
            assert len(s.warden.jails["j"].bans()) == 5

    play(story)


def test_what_failed_is_repeated_without_what_has_its_turn_still_before_it():
    """A command that bans somebody twice makes a second rule, which nobody removes.

    Fails without ``_settled`` in ``ActionGroup.retry``.
    """

    async def story():
        async with scene() as s:
            await s.add(action=[["waits", "yes"], ["fails", "yes"], ["actionunban", "free"]])
            await s.watcher.tell(s.failures(WHO, times=3))
            actions = s.warden.jails["j"].actions
            s.backends.released.set()
            await s.settle()
            s.backends.released.clear()
            await s.watcher.tell(s.failures("192.0.2.3", times=3))
            s.clock.advance(1)
            actions.retry(s.clock.now())
            await s.watcher.tell(s.failures(OTHER, times=3))
            s.backends.released.set()
            await s.settle()
            bans = [call for call in of(s, "act") if call[0] == "ban"]
            assert bans[2:4] == [("ban", WHO, "192.0.2.3"), ("ban", OTHER)]

    play(story)


def test_a_command_that_is_added_while_another_hangs_bans_each_once():
    """It takes over what was decided before its turn, and no part of what comes behind it.

    Fails without ``settled`` in ``ActionGroup.begin``.
    """

    async def story():
        async with hanging_command(native=False) as s:
            await s.watcher.tell(s.failures("192.0.2.3", times=3))
            jail = s.warden.jails["j"]
            new = ActionSettings("new", {"actionunban": "free"})
            adding = asyncio.create_task(jail.change(actions=(*jail.settings.actions, new)))
            for _ in range(20):
                await asyncio.sleep(0)
            await s.watcher.tell(s.failures(OTHER, times=3))
            s.backends.released.set()
            await adding
            await s.settle()
            assert since_start(s, "new") == [("ban", WHO, "192.0.2.3"), ("ban", OTHER)]

    play(story)


def test_a_ban_that_a_new_command_has_still_to_do_is_not_said_to_be_in_force():
    """Until the command has taken it over.

    Fails without ``owe`` in ``Actions._add``.
    """

    async def story():
        async with scene() as s:
            await s.add(action=[["actionunban", "free"]])
            await s.run("set", "j", "banip", WHO)
            jail = s.warden.jails["j"]
            new = ActionSettings("new", {"actionunban": "free", "waits": "yes"})
            adding = asyncio.create_task(jail.change(actions=(*jail.settings.actions, new)))
            for _ in range(20):
                await asyncio.sleep(0)
            assert jail.bans() == []
            s.backends.released.set()
            await adding
            assert [ban.subject for ban in jail.bans()] == [WHO]

    play(story)


def test_a_command_that_is_removed_while_it_hangs_lifts_what_it_was_told_to_ban():
    """Also the ban that is lifted before its last turn, of which it hears no more.

    Fails if ``Actions._remove`` asks for the bans that hold in that turn.
    """

    async def story():
        async with hanging_command() as s:
            removing = asyncio.create_task(s.run("set", "j", "delaction", "wall"))
            for _ in range(20):
                await asyncio.sleep(0)
            assert await s.run("set", "j", "unbanip", WHO) == 1
            s.backends.released.set()
            await removing
            assert since_start(s, "wall")[1:] == [("unban", WHO), ("stop", "lift")]

    play(story)
