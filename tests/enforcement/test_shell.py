from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

import pytest

from banward.enforcement.base import PastBan
from banward.enforcement.shell import ShellAction
from banward.errors import ActionError
from banward.records import Origin
from banward.settings import ActionSettings
from banward.testing.clock import TestClock
from enforcement.enforcing import NOW, Facts, ban, unban, until


@pytest.fixture
def note(tmp_path):
    """A file to which the commands of a test write, and its lines."""
    return tmp_path / "note"


def action(note, *, facts=None, allow_ipv6=True, **params):
    """An action whose commands may use ``<note>``."""
    named = {key.replace("__", "?family="): value for key, value in params.items()}
    settings = ActionSettings("act", {"name": "web", "note": str(note), **named})
    return ShellAction(settings, facts or Facts(), TestClock(NOW), allow_ipv6=allow_ipv6)


def say(text):
    """A command that notes a text."""
    return f'printf "%s\\n" "{text}" >> <note>'


def lines(note):
    return note.read_text().splitlines() if note.exists() else []


def run(*steps):
    """Run calls of an action one after the other, and give their results."""

    async def all_of_them():
        return [await step() for step in steps]

    return asyncio.run(all_of_them())


def errors(outcomes):
    return [outcome.error for outcome in outcomes]


def test_the_life_of_an_action_runs_its_commands_in_order(note):
    """Start, ban, unban and stop each run once, with the values of the ban."""
    act = action(
        note,
        actionstart=say("start <name> [<ip>] <failures> <bantime>"),
        actionban=say("ban <ip> <family> <time> <bantime> <failures> <F-USER>"),
        actionunban=say("unban <ip>"),
        actionstop=say("stop"),
    )
    attack = ban(failures=5, fields={"user": "root"})
    run(
        act.start,
        lambda: act.ban([attack]),
        lambda: act.unban([unban()]),
        act.stop,
    )
    assert lines(note) == [
        "start web [] 0 600",
        "ban 192.0.2.1 inet4 1700000000.0 600 5 root",
        "unban 192.0.2.1",
        "stop",
    ]


def test_history_and_counters_of_the_jail_are_tags(note):
    """Tags about earlier bans and about the jail's counters are filled."""
    facts = Facts(past=[PastBan(("one", "two"), 2), PastBan(("three",), 7)], host="evil.example")
    text = "<ip-host> <ipfailures> <ipjailfailures> <jail.banned> <jail.found_total>|<ipmatches>"
    act = action(note, facts=facts, actionban=say(text))
    run(lambda: act.ban([ban()]))
    assert lines(note) == ["evil.example 9 2 1 4|one", "two", "three"]


def test_without_a_history_its_tags_speak_of_the_present_ban(note):
    """With no database ``<ipmatches>`` and ``<ipfailures>`` are those of this ticket."""
    act = action(note, actionban=say("<ipfailures> <ipmatches> <ip-host>"))
    run(lambda: act.ban([ban(failures=3, lines=("l1", "l2"))]))
    assert lines(note) == ["3 l1", "l2 None"]


HOSTILE = [
    "$(touch {mark})",
    "`touch {mark}`",
    "'; touch {mark}; '",
    '"; touch {mark}; "',
    "\ntouch {mark}\n",
    "\rtouch {mark}",
    "; touch {mark} #",
    "| touch {mark}",
    "&& touch {mark}",
    "-rf --help",
    "--exec=touch {mark}",
    "\\$(touch {mark})",
    "$'\\x60touch {mark}\\x60'",
    "a\0;touch {mark}",
    "\udc80;touch {mark}",
    "<matches>$(touch {mark})",
    "x > {mark}",
]


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("quotes", ['"{}"', "{}", "'{}'"], ids=["double", "bare", "single"])
def test_no_foreign_value_runs_a_command(tmp_path, note, pattern, quotes):
    """Whatever an attacker's name holds and however the tag is quoted, nothing of it is run.

    Without the check for unsafe characters in tags.py the file ``mark`` is made.
    """
    mark = tmp_path / "mark"
    value = pattern.format(mark=mark)
    text = " ".join(quotes.format(tag) for tag in ("<F-USER>", "<matches>", "<fid>", "<ip-host>"))
    act = action(note, facts=Facts(host=value), actionban=f"printf '%s.' {text} >> <note>")
    attack = ban(subject=value, fields={"user": value}, lines=(value,))
    [outcomes] = run(lambda: act.ban([attack]))
    assert not mark.exists()
    assert errors(outcomes) == [""]


def test_a_quoted_hostile_value_arrives_unchanged(note):
    """In double quotes the command sees just what the attacker wrote."""
    value = "a$(id)`id`'\"\\ ;|&<x>"
    act = action(note, actionban=say("<F-USER>"))
    run(lambda: act.ban([ban(fields={"user": value})]))
    assert lines(note) == [value]


def test_a_family_starts_right_before_its_first_ban(note):
    """With values of its own for IPv6, each family starts on demand and stops if it started."""
    act = action(
        note,
        kind="four",
        kind__inet6="six",
        actionstart=say("start <kind>"),
        actionban=say("ban <kind> <ip>"),
        actionstop=say("stop <kind>"),
    )
    run(act.start, lambda: act.ban([ban("2001:db8::1"), ban("2001:db8::2")]), act.stop)
    assert lines(note) == [
        "start six",
        "ban six 2001:db8::1",
        "ban six 2001:db8::2",
        "stop six",
    ]


def test_families_with_the_same_command_start_once(note):
    """A start that reads the same for both families runs once, at the jail's start if told so."""
    act = action(
        note,
        kind="four",
        kind__inet6="six",
        actionstart_on_demand="false",
        actionstart=say("start"),
        actionstop=say("stop <kind>"),
    )
    run(act.start, act.stop)
    assert lines(note) == ["start", "stop four", "stop six"]


def test_ipv6_is_not_started_where_it_is_not_allowed(note):
    """With ``allowipv6 = no`` an action that starts with the jail starts IPv4 alone."""
    act = action(
        note,
        allow_ipv6=False,
        kind="four",
        kind__inet6="six",
        actionstart_on_demand="no",
        actionstart=say("start <kind>"),
    )
    run(act.start)
    assert lines(note) == ["start four"]


def test_an_action_without_families_stops_for_each_family_it_saw(note):
    """Only if its stop names the family, since otherwise the command reads the same (4.4)."""
    act = action(note, actionban="true", actionstop=say("stop [<family>]"))
    run(act.start, lambda: act.ban([ban(), ban("2001:db8::1")]), act.stop)
    assert lines(note) == ["stop []", "stop [inet4]", "stop [inet6]"]


def test_a_start_that_fails_keeps_the_ban_from_running_and_is_tried_again(note):
    """The ban tells why, and the next one starts again."""
    act = action(note, actionstart="test -e <note>.ok", actionban=say("ban <ip>"))
    with pytest.raises(ActionError, match=r"Error starting action Jail\('web'\)/act: 'Script"):
        run(act.start)
    [first] = run(lambda: act.ban([ban()]))
    note.with_suffix(".ok").touch()
    [second] = run(lambda: act.ban([ban()]))
    assert errors(first) == ["Error starting action Jail('web')/act: 'Script error'"]
    assert errors(second) == [""]
    assert lines(note) == ["ban 192.0.2.1"]


def test_a_failed_ban_is_tried_once_more(note):
    """Without a check the command runs a second time; a second failure is told."""
    act = action(note, actionban=say("try <ip>") + "; false")
    [outcomes] = run(lambda: act.ban([ban(), ban("192.0.2.2")]))
    assert errors(outcomes) == ["Error banning 192.0.2.1", "Error banning 192.0.2.2"]
    assert lines(note) == ["try 192.0.2.1"] * 2 + ["try 192.0.2.2"] * 2


def broken(note, **more):
    """An action whose state is a file: the check misses it once it is gone."""
    return action(
        note,
        actionstart=say("start") + "; touch <note>.state",
        actionstop=say("stop"),
        actioncheck="test -e <note>.state",
        actionban="test -e <note>.state && " + say("ban <ip>"),
        actionunban="test -e <note>.state && " + say("unban <ip>"),
        **more,
    )


def test_a_failed_check_is_repaired_by_stop_and_start(note, caplog):
    """The interrupted ban is run again; the bans before it are outdated until they are repeated."""
    act = broken(note)
    state = note.with_suffix(".state")
    run(act.start, lambda: act.ban([ban()]))
    state.unlink()
    [outcomes, again] = run(lambda: act.ban([ban("192.0.2.2")]), lambda: act.reban([]))
    assert errors(outcomes) == [""]
    assert (act.outdated("192.0.2.1"), act.outdated("192.0.2.2")) == (True, False)
    run(lambda: act.reban([ban()]))
    assert not act.outdated("192.0.2.1")
    assert lines(note) == [
        "start",
        "ban 192.0.2.1",
        "stop",
        "start",
        "ban 192.0.2.2",
        "ban 192.0.2.1",
    ]
    assert "Invariant check failed. Trying to restore a sane environment" in caplog.messages
    assert again == []


def test_a_repair_of_its_own_goes_before_stop_and_start(note):
    """``actionrepair`` is run instead, and ``actionreban`` instead of ``actionban``."""
    repair = say("repair") + "; touch <note>.state"
    act = broken(note, actionrepair=repair, actionreban=say("reban <ip>"))
    run(act.start, lambda: act.ban([ban()]))
    note.with_suffix(".state").unlink()
    [sane, _] = run(act.check, lambda: act.reban([ban()]))
    assert sane
    assert lines(note) == ["start", "ban 192.0.2.1", "repair", "reban 192.0.2.1"]


def test_what_can_not_be_repaired_is_told_and_started_again_later(note, caplog):
    """If the check fails after the repair too, the ban fails and its family counts as stopped."""
    act = broken(note, actionrepair="true")
    run(act.start, lambda: act.ban([ban()]))
    note.with_suffix(".state").unlink()
    [outcomes] = run(lambda: act.ban([ban("192.0.2.2")]))
    assert errors(outcomes) == ["Error banning 192.0.2.2"]
    assert ("fail2ban.CommandAction", logging.CRITICAL, "Unable to restore environment") in (
        caplog.record_tuples
    )
    [later] = run(lambda: act.ban([ban("192.0.2.3")]))
    assert errors(later) == [""]


def test_an_unban_does_not_repair_unless_it_is_told_to(note, caplog):
    """A failed check makes an unban fail; ``actionrepair_on_unban`` repairs it."""
    act = broken(note)
    run(act.start, lambda: act.ban([ban()]))
    note.with_suffix(".state").unlink()
    [outcomes] = run(lambda: act.unban([unban()]))
    assert errors(outcomes) == ["Error unbanning 192.0.2.1"]
    assert "Invariant check failed. Unban is impossible." in caplog.messages

    willing = broken(note, actionrepair_on_unban="yes")
    run(lambda: willing.ban([ban()]))
    note.with_suffix(".state").unlink()
    [repaired] = run(lambda: willing.unban([unban()]))
    assert errors(repaired) == [""]


def test_a_flush_takes_the_place_of_single_unbans(note):
    """It runs once for each family that has bans; afterwards there is nothing to unban."""
    act = action(
        note,
        kind="four",
        kind__inet6="six",
        actionban="true",
        actionflush=say("flush <kind>"),
        actionunban=say("unban <ip>"),
    )
    [_, flushed, again, _] = run(
        lambda: act.ban([ban()]), act.flush, act.flush, lambda: act.unban([unban()])
    )
    assert (flushed, again) == (True, True)
    assert lines(note) == ["flush four"]


def test_without_a_flush_command_nothing_is_flushed(note):
    """The warden then unbans one by one."""
    act = action(note, actionban="true")
    assert run(lambda: act.ban([ban()]), act.flush)[1] is False


def test_a_failed_flush_is_told(note, caplog):
    """With a check that fails too, nothing is repaired on the way out."""
    act = action(note, actionban="true", actionflush="false", actioncheck="false")
    run(lambda: act.ban([ban()]))
    with pytest.raises(ActionError, match="Error flushing"):
        run(act.flush)
    assert "Invariant check failed. Flush is impossible." in caplog.messages


def test_restored_bans_are_left_out_where_the_action_says_so(note):
    """``norestored`` skips ban and prolong of restored tickets, but not their unban."""
    act = action(
        note,
        norestored="1",
        actionban=say("ban <ip> <restored>"),
        actionprolong=say("prolong <ip>"),
        actionunban=say("unban <ip>"),
    )
    restored = ban(origin=Origin.RESTORED)
    run(
        lambda: act.ban([restored, ban("192.0.2.2")]),
        lambda: act.prolong([restored]),
        lambda: act.unban([unban(origin=Origin.RESTORED)]),
    )
    assert lines(note) == ["ban 192.0.2.2 0", "unban 192.0.2.1"]


def test_a_parameter_named_bantime_does_not_hide_the_tickets(note):
    """``<bantime>`` is the time of this ban, whatever the action was given (4.1)."""
    act = action(note, bantime="86400", actionban=say("<bantime>"))
    run(lambda: act.ban([ban(bantime=300)]))
    assert lines(note) == ["300"]


def test_prolong_carries_the_final_ban_time(note):
    """``actionprolong`` sees the ban time that was incremented."""
    act = action(note, actionprolong=say("<ip> <bantime> <bancount>"))
    run(lambda: act.prolong([ban(bantime=1200, bancount=2)]))
    assert lines(note) == ["192.0.2.1 1200 2"]


def test_reload_runs_the_actions_own_reload(note):
    """An action with ``actionreload`` keeps its bans and brings new parameters in by itself."""
    params = {"actionban": "true", "actionreload": say("reload <port>"), "port": "1"}
    act = action(note, **params)
    run(
        lambda: act.ban([ban()]),
        lambda: act.reload(ActionSettings("act", {**params, "note": str(note), "port": "2"})),
    )
    assert lines(note) == ["reload 2"]
    assert not act.outdated("192.0.2.1")


FIREWALL = {
    "actionstart": say("start <port>"),
    "actionstop": say("stop <port>"),
    "actionban": say("ban <ip> <port>"),
    "actionunban": say("unban <ip> <port>"),
}


def test_changed_ports_are_stopped_and_started_without_an_unban(note):
    """The old ports are stopped as they were started; the bans are to be made again."""
    act = action(note, port="22", **FIREWALL)
    changed = ActionSettings("act", {**FIREWALL, "note": str(note), "port": "2222"})
    run(act.start, lambda: act.ban([ban()]), lambda: act.reload(changed))
    assert act.outdated("192.0.2.1")
    run(lambda: act.reban([ban()]), lambda: act.unban([unban()]), act.stop)
    assert lines(note) == [
        "start 22",
        "ban 192.0.2.1 22",
        "stop 22",
        "start 2222",
        "ban 192.0.2.1 2222",
        "unban 192.0.2.1 2222",
        "stop 2222",
    ]


def test_a_reload_with_the_same_commands_runs_nothing(note):
    """What did not change is left alone."""
    act = action(note, port="22", **FIREWALL)
    same = ActionSettings("act", {**FIREWALL, "note": str(note), "port": "22", "other": "x"})
    run(act.start, lambda: act.ban([ban()]), lambda: act.reload(same))
    assert lines(note) == ["start 22", "ban 192.0.2.1 22"]
    assert not act.outdated("192.0.2.1")


def test_a_notice_is_not_sent_again_by_a_reload(note):
    """An action that has no unban keeps nothing: new parameters repeat neither start nor bans."""
    params = {"actionstart": say("start <dest>"), "actionban": say("mail <dest> <ip>")}
    act = action(note, dest="root", **params)
    changed = ActionSettings("act", {**params, "note": str(note), "dest": "admin"})
    run(act.start, lambda: act.ban([ban()]), lambda: act.reload(changed))
    assert lines(note) == ["start root", "mail root 192.0.2.1"]
    assert not act.outdated("192.0.2.1")


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie that nobody has collected is gone too.
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def test_a_command_that_hangs_is_ended_with_all_its_children(note, caplog):
    """At the limit the whole process group gets SIGTERM and, where that is ignored, SIGKILL."""
    hang = "trap '' TERM; sleep 600 & echo $! >> <note>; wait; sleep 600"
    act = action(note, timeout="0.2", actionban=hang)
    [outcomes] = run(lambda: act.ban([ban()]))
    assert errors(outcomes) == [
        "Error banning 192.0.2.1: its command did not end within 0.2 seconds"
    ]
    assert any("timed out after 0 seconds." in text for text in caplog.messages)
    assert any("killed with SIGKILL (return code: -9)" in text for text in caplog.messages)
    children = [int(line) for line in lines(note)]
    asyncio.run(until(lambda: all(map(gone, children))))
    assert len(children) == 1  # what hangs is not tried at once again


def hanging(note, **params):
    """An action whose ban and unban hang for the addresses whose file is there."""
    hang = "test -e <note>.<ip> && exec sleep 600; "
    act = action(note, timeout="0.2", actionban=hang + say("ban <ip>"), **params)
    return act, [ban(f"192.0.2.{n}") for n in (1, 2, 3)]


def test_a_ban_that_hangs_costs_one_limit_and_comes_last_the_next_time(note):
    """The others of its batch wait for the next attempt, and do not have to wait for it again.

    Fails without ``hung or`` in ``ShellAction._all``, and without the ``key`` of its ``sorted``.
    """
    act, bans = hanging(note, actionunban="true")
    Path(f"{note}.192.0.2.1").touch()
    [first, second] = run(lambda: act.ban(bans), lambda: act.reban(bans))

    hung = "Error banning 192.0.2.1: its command did not end within 0.2 seconds"
    assert errors(first) == [hung, *[f"not tried after: {hung}"] * 2]
    assert errors(second) == [hung, "", ""]
    assert lines(note) == ["ban 192.0.2.2", "ban 192.0.2.3"]


def test_a_notice_that_hangs_keeps_no_other_from_being_sent(note):
    """An action that can't lift bans only tells of them: each is told once.

    Fails without ``self.is_retried and`` in ``ShellAction._all``.
    """
    act, bans = hanging(note)
    Path(f"{note}.192.0.2.1").touch()
    run(lambda: act.ban(bans))

    assert not act.is_retried
    assert lines(note) == ["ban 192.0.2.2", "ban 192.0.2.3"]


def test_an_action_that_always_fails_is_not_tried_for_everybody(note):
    """After twenty failures in a row the rest waits for the next attempt, and comes first then.

    Fails without ``failures >= _MOST_FAILURES`` in ``ShellAction._all``.
    """
    act = action(note, actionban=say("ban <ip>") + "; false", actionunban="true")
    bans = [ban(f"192.0.2.{n}") for n in range(1, 31)]
    [outcomes] = run(lambda: act.ban(bans))
    assert all(errors(outcomes))
    assert lines(note) == [f"ban 192.0.2.{n}" for n in range(1, 21) for _ in (1, 2)]
    run(lambda: act.reban(bans[15:]))
    assert lines(note)[40:42] == ["ban 192.0.2.21"] * 2


def test_an_unban_that_hangs_is_tried_again_by_the_check(note):
    """Nobody stays banned because the command hung at the end of his ban.

    Fails without ``_lift_stuck`` in ``ShellAction.check``.
    """
    hang = "test -e <note>.hang && exec sleep 600; "
    act, bans = hanging(note, actionunban=hang + say("unban <ip>"))
    Path(f"{note}.hang").touch()
    unbans = [unban(ban.subject) for ban in bans]
    [_, outcomes, sane] = run(lambda: act.ban(bans), lambda: act.unban(unbans), act.check)
    assert all(errors(outcomes))
    assert not sane
    assert act.needs_look

    Path(f"{note}.hang").unlink()
    assert run(act.check) == [True]
    assert lines(note)[3:] == [f"unban 192.0.2.{n}" for n in (1, 2, 3)]
    assert not act.needs_look


def test_who_is_banned_again_before_his_unban_worked_is_unbanned_first(note):
    """Else a firewall would hold two rules for him, of which one would stay.

    Fails without ``self._unban`` in ``ShellAction._ban``.
    """
    hang = "test -e <note>.hang && exec sleep 600; "
    act, [one, *_] = hanging(note, actionunban=hang + say("unban <ip>"))
    Path(f"{note}.hang").touch()
    run(lambda: act.ban([one]), lambda: act.unban([unban()]))
    Path(f"{note}.hang").unlink()
    run(lambda: act.ban([one]))

    assert lines(note) == ["ban 192.0.2.1", "unban 192.0.2.1", "ban 192.0.2.1"]


def test_a_child_that_stays_does_not_hold_the_command_up(note):
    """A program that was put into the background keeps our pipes open, and is not waited for."""
    act = action(note, timeout="30", actionban="sleep 20 & echo $! > <note>")
    [outcomes] = run(lambda: act.ban([ban()]))
    child = int(lines(note)[0])
    assert errors(outcomes) == [""]
    assert not gone(child)
    os.kill(child, 9)


def test_a_failed_command_is_told_with_all_it_said(note, caplog):
    """The lines of server-and-client.md 1.10; what foreigners wrote stands there as a repr."""
    act = action(note, actionban='printf "%s\\n" "<F-USER>"; echo bad >&2; exit 3')
    run(lambda: act.ban([ban(fields={"user": "x;\nforged line"})]))
    texts = [t for n, level, t in caplog.record_tuples if (n, level) == ("fail2ban.utils", 40)]
    mark = texts[0].split(" ")[0]
    assert texts[1:5] == [
        f"{mark} -- stdout: 'x;'",
        f"{mark} -- stdout: 'forged line'",
        f"{mark} -- stderr: 'bad'",
        f"{mark} -- returned 3",
    ]
    assert int(mark, 16)
    assert not any("\n" in text for text in texts)


def test_a_missing_program_is_hinted_at(note, caplog):
    """Exit code 127 means that the shell found no such command."""
    caplog.set_level(logging.INFO)
    run(lambda: action(note, actionban="no-such-program-here").ban([ban()]))
    assert any(text.startswith('HINT on 127: "Command not found".') for text in caplog.messages)


def test_output_without_end_is_cut(note, caplog):
    """A command that writes megabytes neither blocks nor fills the log."""
    act = action(note, actionban="head -c 3000000 /dev/zero | tr '\\0' x; exit 1")
    run(lambda: act.ban([ban()]))
    told = [text for text in caplog.messages if "stdout" in text]
    assert all(len(text) < 70_000 for text in told)
    assert told


def test_a_command_reads_nothing_and_makes_files_for_us_alone(note):
    """Standard input is empty and the umask is 077 (server-and-client.md 4.2)."""
    act = action(
        note, actionban="cat; umask >> <note>; ps -o sid= -p $$ >> <note>; echo $$ >> <note>"
    )
    run(lambda: act.ban([ban()]))
    mask, session, process = lines(note)
    assert mask == "0077"
    assert session.strip() == process


def test_bans_of_different_actions_run_side_by_side(note):
    """A command that waits for another jail's command does not keep it from running."""
    waits = action(note, timeout="20", actionban="while ! test -e <note>; do sleep 0.01; done")
    frees = action(note, actionban="touch <note>")

    async def both():
        return await asyncio.gather(waits.ban([ban()]), frees.ban([ban()]))

    assert [errors(outcomes) for outcomes in asyncio.run(both())] == [[""], [""]]


def test_a_cancelled_ban_ends_its_command(note):
    """What was started does not outlive the one who waits for it."""

    async def cancel():
        task = asyncio.create_task(
            action(note, actionban="echo $$ > <note>; exec sleep 600").ban([ban()])
        )
        await until(lambda: lines(note))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: gone(int(lines(note)[0])))

    asyncio.run(asyncio.wait_for(cancel(), 20))


def test_clients_call_methods_by_name(note):
    """``set JAIL action ACT METHOD JSON`` runs the command for what it names."""
    act = action(note, actionban=say("ban <ip> <F-USER>"), actionunban=say("unban <ip>"))
    info = {"aInfo": {"ip": "192.0.2.9", "F-USER": "eve"}}
    run(lambda: act.call("ban", info), lambda: act.call("unban", info))
    assert lines(note) == ["ban 192.0.2.9 eve", "unban 192.0.2.9"]
    assert run(lambda: act.call("executeCmd", {"realCmd": "exit 1"})) == [False]
    with pytest.raises(AttributeError, match="no method 'fly'"):
        run(lambda: act.call("fly", {}))


def test_a_time_limit_that_is_none_is_refused():
    """The message names the action, the option and what was found."""
    settings = ActionSettings("act", {"timeout": "soon"})
    with pytest.raises(ActionError, match=r"action act: option timeout: .*soon"):
        ShellAction(settings, Facts(), TestClock(NOW))
