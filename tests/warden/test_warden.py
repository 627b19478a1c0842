from __future__ import annotations

import asyncio
import logging

import pytest

from banward.errors import DuplicateJailError, UnknownJailError
from banward.records import Match, Position, Progress
from banward.warden.resolver import Answer
from warden.wardens import scene

WHO = "192.0.2.1"


def lines(caplog, *words):
    """The lines of the log that hold all of these words."""
    return [r.getMessage() for r in caplog.records if all(w in r.getMessage() for w in words)]


@pytest.fixture(autouse=True)
def _log(caplog):
    caplog.set_level(logging.DEBUG, "fail2ban")


def play(story):
    """Run a story in an event loop."""
    asyncio.run(story)


def test_failures_lead_to_a_ban_and_its_end(caplog):
    """The third failure bans; when the time is over the ban is lifted; the log tells of all."""

    async def story():
        async with scene() as s:
            await s.add()
            await s.fail(WHO, times=2)
            assert s.calls == [("act", "start")]

            await s.fail(WHO)
            assert s.calls[-1] == ("act", "ban", WHO)
            assert await s.run("get", "j", "banip") == [WHO]

            s.clock.advance(601)
            await s.warden._timers.tick()
            await s.settle()
            assert s.calls[-1] == ("act", "unban", WHO)
            assert await s.run("get", "j", "banip") == []

    play(story())
    assert len(lines(caplog, "[j] Found 192.0.2.1 - 2023-11-1")) == 3
    assert lines(caplog, "[j] Ban 192.0.2.1") == ["[j] Ban 192.0.2.1"]
    assert lines(caplog, "[j] Unban 192.0.2.1") == ["[j] Unban 192.0.2.1"]


def test_the_ignored_are_never_counted(caplog):
    """Addresses on the ignore list, in any form, do not even count as failed."""

    async def story():
        async with scene() as s:
            await s.add("j", ("addignoreip", "192.0.2.0/24"))
            await s.fail(WHO, times=9)
            status = await s.run("status", "j")
            assert status[0][1][1] == ("Total failed", 0)

    play(story())
    assert lines(caplog, "[j] Ignore 192.0.2.1 by ip")


def test_own_addresses_are_spared(caplog):
    """``ignoreself`` is on unless it is switched off."""

    async def story():
        async with scene() as s:
            await s.add()
            await s.fail("127.0.0.1", times=3)
            assert await s.run("get", "j", "banip") == []

            await s.run("set", "j", "ignoreself", "false")
            await s.fail("127.0.0.1", times=3)
            assert await s.run("get", "j", "banip") == []

    play(story())
    assert lines(caplog, "Ignore 127.0.0.1 by ignoreself rule")
    assert lines(caplog, "Refuse to ban 127.0.0.1: 127.0.0.1 ")


def test_an_order_bans_what_a_log_may_not(caplog):
    """An operator's order is done with a warning, unless it is too broad."""

    async def story():
        async with scene() as s:
            await s.add()
            assert await s.run("set", "j", "banip", "127.0.0.1") == 1
            assert await s.run("set", "j", "banip", "10.0.0.0/8") == 0

    play(story())
    assert lines(caplog, "Warning about the order to ban 127.0.0.1")
    assert lines(caplog, "Refuse to ban 10.0.0.0/8: 10.0.0.0/8 is broader than /16")


def test_a_look_at_the_host_forgets_no_bans(caplog):
    """How many bans a minute are allowed still counts when the addresses are looked up anew."""

    async def story():
        async with scene() as s:
            await s.run("set", "banward", "max_ban_rate", "1")
            await s.add("j", ("maxretry", 1))
            s.clock.advance(280)
            await s.fail("198.51.100.1")
            s.clock.advance(30)
            await s.fail("198.51.100.2")
            assert await s.run("get", "j", "banip") == ["198.51.100.1"]

    play(story())
    assert lines(caplog, "Hold back the ban of 198.51.100.2: 1 bans were put in force")


def test_names_in_logs_are_looked_up():
    """A match that only has a name counts for its addresses."""

    async def story():
        async with scene() as s:
            await s.add("j", ("maxretry", 1))
            s.warden._shared.resolver._answers["host.example"] = Answer((WHO,), 4e9)
            await s.fail("", name="host.example")
            for _ in range(200):
                await asyncio.sleep(0.01)
                if await s.run("get", "j", "banip"):
                    break
            assert await s.run("get", "j", "banip") == [WHO]
            assert s.warden._shared.store.pending() == []

    play(story())


def test_bans_outlive_a_restart_with_the_time_that_is_left(tmp_path, caplog):
    """A new process restores bans from the database, and they end when they would have."""

    async def story():
        async with scene(tmp_path / "db") as first:
            await first.add()
            await first.run("set", "j", "banip", WHO)
        async with scene(tmp_path / "db") as second:
            second.clock.advance(300)
            await second.add()
            assert ("act", "ban", WHO) in second.calls
            second.clock.advance(301)
            await second.warden._timers.tick()
            await second.settle()
            assert second.calls[-1] == ("act", "unban", WHO)

    play(story())
    assert lines(caplog, "[j] Restore Ban 192.0.2.1")


def test_failures_before_a_restart_are_counted_once(tmp_path):
    """Counters and positions are stored together: what was read is neither lost nor read again."""

    async def story():
        async with scene(tmp_path / "db") as first:
            await first.add()
            await first.fail(WHO, times=2)
        async with scene(tmp_path / "db") as second:
            await second.add()
            await second.run("set", "j", "idle", "off")
            for _ in range(10):
                await asyncio.sleep(0)
            assert second.watcher.positions["j", "/log"].offset == 100
            await second.fail(WHO)
            assert ("act", "ban", WHO) in second.calls

    play(story())


def test_stop_lifts_all_bans(caplog):
    """A stop repeals each ban, or flushes where the action can, and then stops the action."""

    async def story():
        async with scene() as s:
            await s.add("j")
            await s.add("k", action=[["flushes", "yes"], ["x", "1"]])
            await s.run("set", "j", "banip", WHO)
            await s.run("set", "k", "banip", WHO)
        assert ("act", "unban", WHO) in s.calls
        assert ("act", "flush") in s.calls
        assert s.calls[-1] == ("act", "stop", "lift")

    play(story())
    assert lines(caplog, "[j] Repeal Ban 192.0.2.1")
    assert lines(caplog, "[k] Flush ticket(s) with act")


def test_a_restart_keeps_what_the_kernel_can_keep():
    """With ``keep`` an action that can leaves its bans in force; others are lifted."""

    async def story():
        async with scene(keep=True) as s:
            await s.add("j", action=[["keeps", "yes"], ["x", "1"]])
            await s.add("k")
            await s.run("set", "j", "banip", WHO)
            await s.run("set", "k", "banip", "192.0.2.2")
        assert ("act", "unban", WHO) not in s.calls
        assert ("act", "unban", "192.0.2.2") in s.calls
        assert s.calls.count(("act", "stop", "keep")) == 2

    play(story())


def test_a_failing_action_harms_nobody_else(caplog):
    """The failure is told, and the address counts as banned."""

    async def story():
        async with scene() as s:
            await s.add("j", action=[["fails", "yes"], ["x", "1"]])
            await s.run("set", "j", "banip", WHO)
            assert await s.run("get", "j", "banip") == [WHO]

    play(story())
    assert lines(caplog, "Failed to execute ban jail 'j' action 'act' info", "Error banning IP")


def test_a_permanent_ban_never_ends():
    """``bantime = -1`` has no end."""

    async def story():
        async with scene() as s:
            await s.add("j", ("bantime", "-1"))
            await s.fail(WHO, times=3)
            s.clock.advance(10**9)
            await s.warden._timers.tick()
            assert await s.run("get", "j", "banip") == [WHO]

    play(story())


def test_ban_times_grow_for_those_who_come_again(tmp_path, caplog):
    """The second ban is twice as long, and failures of an offender weigh more."""

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add("j", ("bantime.increment", "true"))
            await s.fail(WHO, times=3)
            s.clock.advance(601)
            await s.warden._timers.tick()
            await s.fail(WHO, times=2)
            (ban,) = s.warden.jails["j"].bans()
            assert (ban.bantime, ban.bancount) == (1200, 2)

    play(story())
    assert lines(caplog, "[j] Found 192.0.2.1, bad -", "1 # -> 2.0")
    assert lines(caplog, "[j] Increase Ban 192.0.2.1 (2 # 20m -> ")


def test_repeated_failures_prolong_a_ban(caplog):
    """Failures of a banned address move the end, in the kernel too."""

    async def story():
        async with scene() as s:
            await s.add(action=[["keeps", "yes"], ["x", "1"]])
            await s.fail(WHO, times=3)
            s.clock.advance(100)
            await s.fail(WHO, times=3)
            assert ("act", "retime", (WHO, 700)) in s.calls
            assert ("act", "check") in s.calls

    play(story())
    assert lines(caplog, "[j] 192.0.2.1 already banned")


def test_bans_that_a_block_prolongs_are_told_after_it_and_together():
    """The kernel gets a ban before its later end, and all new ends of a block at once."""

    async def story():
        async with scene() as s:
            await s.add(action=[["keeps", "yes"], ["x", "1"]])
            now = s.clock.now()
            whos = (WHO, "192.0.2.2")
            times = (now - 50, now - 50, now - 50, now, now, now)
            matches = tuple(Match.of("j", who, at) for at in times for who in whos)
            await s.watcher.tell(Progress("/log", ("j",), Position(1, 1, "mark", 1), matches))
            await s.settle()
            done = [call for call in s.calls if call[1] in {"ban", "retime"}]
            assert done == [
                ("act", "ban", *whos),
                ("act", "retime", *((who, 650) for who in whos)),
            ]

    play(story())


def test_a_reload_keeps_bans_and_counters():
    """A reload without options changes parameters, and loses nothing."""

    async def story():
        async with scene() as s:
            await s.add()
            await s.run("set", "j", "banip", WHO)
            await s.fail("192.0.2.9", times=2)
            commands = [
                ["add", "j", "polling"],
                ["set", "j", "addfailregex", "^worse <HOST>$"],
                ["set", "j", "maxretry", 9],
                ["set", "j", "addaction", "act"],
                ["start", "j"],
            ]
            assert await s.run("reload", "--all", [], commands) == "OK"
            await s.settle()
            jail = s.warden.jails["j"]
            assert jail.settings.maxretry == 9
            assert jail.settings.filter.failregex == ("^worse <HOST>$",)
            assert [ban.subject for ban in jail.bans()] == [WHO]
            assert jail.counts.failed == 1
            assert ("act", "stop", "lift") not in s.calls
            assert s.calls.count(("act", "ban", WHO)) == 1

    play(story())


def test_a_reload_starts_new_actions_with_the_bans_that_hold():
    """An added action takes over the present bans; a removed one lifts them and stops."""

    async def story():
        async with scene() as s:
            await s.add()
            await s.run("set", "j", "banip", WHO)
            commands = [
                ["add", "j", "polling"],
                ["set", "j", "addaction", "other"],
                ["start", "j"],
            ]
            await s.run("reload", "--all", [], commands)
            await s.settle()
            assert ("other", "ban", WHO) in s.calls
            assert ("act", "unban", WHO) in s.calls
            assert ("act", "stop", "lift") in s.calls

    play(story())


def test_an_action_that_is_removed_by_command_leaves_nothing_behind():
    """``delaction`` lifts its bans and stops it; fail2ban forgets both (8, row 18)."""

    async def story():
        async with scene() as s:
            await s.add()
            await s.run("set", "j", "banip", WHO)
            await s.run("set", "j", "delaction", "act")
            assert s.calls[-2:] == [("act", "unban", WHO), ("act", "stop", "lift")]
            assert await s.run("get", "j", "banip") == [WHO]

    play(story())


def test_a_jail_that_is_not_named_again_is_stopped(caplog):
    """After a reload only the jails of the new configuration run."""

    async def story():
        async with scene() as s:
            await s.add("j")
            await s.add("k")
            await s.run("reload", "--all", [], [["add", "k", "polling"], ["start", "k"]])
            assert list(s.warden.jails) == ["k"]

    play(story())
    assert lines(caplog, "Jail 'j' stopped")


BROKEN = ["set", "j", "addfailregex", "^broken ( <HOST>$"]


@pytest.mark.parametrize("options", [[], ["--restart"]], ids=["plain", "restart"])
@pytest.mark.parametrize("backend", ["polling", "pyinotify", "nonsense"])
def test_a_jail_that_is_broken_at_reload_goes_on_as_it_was(options, backend):
    """The others take their new form; one that is new is left out; the answer tells of both."""

    async def story():
        async with scene() as s:
            await s.add("j")
            await s.add("k")
            await s.run("set", "j", "banip", "192.0.2.8")
            commands = [
                ["add", "j", backend],
                ["set", "j", "maxretry", 1],
                BROKEN,
                ["add", "k", "polling"],
                ["set", "k", "maxretry", 7],
                ["add", "new", "polling"],
                ["set", "new", "maxretry", "x"],
                *(["start", name] for name in ("j", "k", "new")),
            ]
            with pytest.raises(RuntimeError, match=r"(?s)Jail 'j' skipped.*'new' skipped"):
                await s.run("reload", "--all", options, commands)
            await s.settle()
            assert sorted(s.warden.jails) == ["j", "k"]
            jail = s.warden.jails["j"]
            assert (jail.settings.maxretry, s.warden.jails["k"].settings.maxretry) == (3, 7)
            assert jail.settings.filter.failregex == ("^bad <HOST>$",)
            assert [ban.subject for ban in jail.bans()] == ["192.0.2.8"]
            await s.fail(WHO, times=3)
            assert ("act", "ban", WHO) in s.calls

    play(story())


def test_a_jail_that_does_not_run_can_not_be_reloaded(caplog):
    """Reloading an unknown jail is an error, unless it is said to be fine."""

    async def story():
        async with scene() as s:
            with pytest.raises(UnknownJailError):
                await s.run("reload", "nosuch", [], [])
            assert await s.run("reload", "nosuch", ["--if-exists"], []) == "OK"

    play(story())
    assert len(lines(caplog, "Reload finished.")) == 2


def test_a_jail_is_made_once():
    """Adding a jail that runs is an error."""

    async def story():
        async with scene() as s:
            await s.add()
            with pytest.raises(DuplicateJailError):
                await s.run("add", "j", "polling")

    play(story())


def test_unbanning_forgets(tmp_path):
    """What is unbanned by order is not restored, and its next ban is a first one."""

    async def story():
        async with scene(tmp_path / "db") as s:
            await s.add()
            await s.run("set", "j", "banip", WHO, "198.51.100.7", "198.51.100.0/24")
            assert await s.run("set", "j", "unbanip", WHO) == 1
            assert await s.run("set", "j", "unbanip", WHO) == 0
            assert await s.run("set", "j", "unbanip", "198.51.100.0/24") == 1
            assert await s.run("set", "j", "unbanip", "198.51.100.0/24") == 1
        async with scene(tmp_path / "db") as again:
            await again.add()
            assert await again.run("get", "j", "banip") == []

    play(story())


def test_many_bans_are_one_call_of_the_action():
    """Bans that are ordered together reach the action together."""

    async def story():
        async with scene() as s:
            await s.add()
            assert await s.run("set", "j", "banip", *(f"198.51.100.{n}" for n in range(200))) == 200
            bans = [call for call in s.calls if call[1] == "ban"]
            assert len(bans) == 1
            assert len(bans[0]) == 202

    play(story())


def test_an_attempt_counts_like_a_failure(caplog):
    """``attempt`` counts one failure for each text, and is told in the log."""

    async def story():
        async with scene() as s:
            await s.add()
            assert await s.run("set", "j", "attempt", WHO, "one", "two") == 1
            assert await s.run("set", "j", "attempt", WHO) == 1
            assert await s.run("get", "j", "banip") == [WHO]

    play(story())
    assert lines(caplog, "[j] Attempt 192.0.2.1 -")


def test_an_idle_jail_is_not_followed():
    """``idle on`` takes a jail from the watcher, ``idle off`` gives it back."""

    async def story():
        async with scene() as s:
            await s.add()
            assert [w.jail for w in s.watcher.jails] == ["j"]
            await s.run("set", "j", "idle", "on")
            await s.settle()
            assert s.watcher.jails == ()
            await s.run("set", "j", "idle", "off")
            await s.settle()
            assert [w.jail for w in s.watcher.jails] == ["j"]

    play(story())
