"""Commands are found, checked in the right order, run, and their errors worded."""

import asyncio
import logging

import pytest

from banward.control.commands import TABLE, Dispatcher, jail_of_command
from banward.control.desk import Desk, JailDesk
from banward.control.failure import Failure
from banward.control.table import Kind
from control.desks import FakeDesk

INVALID_SET = "Invalid command 'foo' (no set action or not yet implemented)"
INVALID_GET = "Invalid command (no get action or not yet implemented)"
INDEX = Failure("builtins.IndexError", ("list index out of range",))

WRONG = [
    ([], INDEX),
    (["foo"], Failure("builtins.Exception", ("Invalid command",))),
    ([None], Failure("builtins.Exception", ("Invalid command",))),
    ([["ping"]], Failure("builtins.Exception", ("Invalid command",))),
    ([b"ping"], Failure("builtins.Exception", ("Invalid command",))),
    (["start"], INDEX),
    (["help"], Failure("builtins.Exception", ("Invalid command",))),
    (["get"], INDEX),
    (["set"], INDEX),
    (["get", "j1"], INDEX),
    (["set", "j1"], INDEX),
    (["get", "allowipv6"], INDEX),
    (["set", "loglevel"], INDEX),
    (["set", "j1", "foo"], Failure("builtins.Exception", (INVALID_SET,))),
    (["set", "nosuch", "foo", "bar"], Failure("builtins.Exception", (INVALID_SET,))),
    (["get", "nosuch", "foo"], Failure("builtins.Exception", (INVALID_GET,))),
    (["get", "j1", ["bantime"]], Failure("builtins.Exception", (INVALID_GET,))),
    (["set", "nosuch", "bantime"], INDEX),
    (
        ["set", "nosuch", "bantime", "5"],
        Failure("fail2ban.exceptions.UnknownJailException", ("nosuch",)),
    ),
    (
        ["get", "nosuch", "bantime"],
        Failure("fail2ban.exceptions.UnknownJailException", ("nosuch",)),
    ),
    (["get", ["x"], "bantime"], Failure("fail2ban.exceptions.UnknownJailException", ("['x']",))),
]


@pytest.mark.parametrize(("words", "failure"), WRONG, ids=lambda v: str(v)[:40])
def test_wrong_commands_are_examined_in_the_order_of_the_reference(ask, words, failure) -> None:
    """The word after the jail before the number of words, and both before the jail (5.4)."""
    assert ask(*words) == failure


@pytest.mark.parametrize(
    ("request_", "name"),
    [("ping", "Exception"), (5, "TypeError"), (None, "TypeError"), ({"a": 1}, "KeyError")],
)
def test_what_is_no_list_is_an_error(runner, desk, request_, name) -> None:
    """Any plain value may come over the wire."""
    code, failure = runner.run(Dispatcher(desk).answer(request_))
    assert (code, failure.name) == (1, name)


def test_a_tuple_is_as_good_as_a_list(runner, desk) -> None:
    """Some clients send one (6.3)."""
    assert runner.run(Dispatcher(desk).answer(("ping",))) == (0, "pong")


def test_every_failure_is_logged(ask, caplog: pytest.LogCaptureFixture) -> None:
    """With the words of the command and the error as the reference shows it."""
    ask("set", "nosuch", "bantime", "5")
    assert caplog.record_tuples == [
        (
            "fail2ban.transmitter",
            logging.ERROR,
            "Command ['set', 'nosuch', 'bantime', '5'] has failed. "
            "Received UnknownJailException('nosuch')",
        )
    ]


def test_a_huge_command_is_cut_in_the_log(ask, caplog: pytest.LogCaptureFixture) -> None:
    """A stream of a whole configuration does not fill the disk."""
    ask("foo", "x" * 100_000)
    assert len(caplog.messages[0]) < 11_000


VIEWS = [
    ["ping"],
    ["version"],
    ["status"],
    ["status", "j1"],
    ["stats"],
    ["banned"],
    ["get", "loglevel"],
    ["get", "banward", "health"],
    ["get", "banward", "metrics"],
    ["get", "j1", "failregex"],
    ["get", "j1", "banip"],
]
CHANGES = [
    ["stop"],
    ["stop", "j1"],
    ["add", "x"],
    ["start", "j1"],
    ["unban", "--all"],
    ["flushlogs"],
    ["reload", "--all", [], []],
    ["server-stream", []],
    ["multi-set", "j1", "addfailregex", []],
    ["set", "loglevel", "DEBUG"],
    ["set", "j1", "bantime", "1"],
    ["set", "j1", "banip", "192.0.2.1"],
    ["set", "j1", "attempt", "192.0.2.1"],
    ["config-error", "x"],
]


@pytest.mark.parametrize("words", VIEWS, ids=" ".join)
def test_a_read_only_socket_shows(runner, desk, words) -> None:
    """Everything that only looks is allowed there."""
    assert runner.run(Dispatcher(desk).answer(words, readonly=True))[0] == 0


@pytest.mark.parametrize("words", CHANGES, ids=lambda words: words[0])
def test_a_read_only_socket_changes_nothing(runner, desk, words) -> None:
    """Everything else is refused by name."""
    code, failure = runner.run(Dispatcher(desk).answer(words, readonly=True))
    assert code == 1
    assert "is refused on a read-only socket" in failure.text
    assert (desk.told, sorted(desk.jails), desk.stopping) == ([], ["j1", "j2"], False)


def test_only_views_are_open_to_all() -> None:
    """No row that begins with ``set`` is a view, and every ``get`` is one."""
    for row in TABLE.rows:
        assert (row.kind is Kind.VIEW) == (row.key[0] == "get" or row.key[0] in {
            *("status", "stats", "statistics", "statistic", "banned", "ping", "echo", "sleep", "why"),
            *("server-status", "version", "help"),
        }), row.usage  # fmt: skip


# Streams and reload ---------------------------------------------------------------------------


def test_a_bad_jail_of_a_stream_harms_only_itself(ask, desk, caplog) -> None:
    """It is stopped and told about; what comes before, between and after is done."""
    problems = ask(
        "server-stream",
        [
            ["set", "dbmaxmatches", 7],
            ["set", "j1", "maxretry", "x"],
            ["set", "j1", "findtime", 5],
            ["set", "j2", "maxretry", 7],
            ["start", "j1"],
            ["start", "j2"],
        ],
    )
    text = "invalid literal for int() with base 10: 'x'"
    assert problems == [f"Jail 'j1' skipped, because of wrong configuration: {text}"]
    assert caplog.messages[1] == problems[0]
    assert list(desk.jails) == ["j2"]
    assert desk.told == [("start", "j2")]
    assert (desk.settings.dbmaxmatches, desk.jails["j2"].settings.maxretry) == (7, 7)


def test_a_bad_option_of_the_server_harms_no_jail(ask, desk) -> None:
    """The rest of the stream is done."""
    problems = ask("server-stream", [["set", "dbmaxmatches", "x"], ["set", "j1", "maxretry", 7]])
    assert problems == ["invalid literal for int() with base 10: 'x'"]
    assert desk.jails["j1"].settings.maxretry == 7


def test_a_stream_without_errors_answers_none(ask) -> None:
    """The results of its commands are of no interest."""
    assert ask("server-stream", [["ping"], ["status"]]) is None
    assert ask("server-stream") == Failure("builtins.IndexError", ("list index out of range",))
    assert ask("server-stream", "x").text == "Invalid command"
    assert ask("server-stream", 5).name == "TypeError"


def test_a_reload_goes_on_past_a_bad_jail_and_tells_of_it(ask, desk) -> None:
    """The others take their new form, and the errors are the answer."""
    stream = [
        ["set", "j1", "maxretry", "x"],
        ["set", "j2", "maxretry", 7],
        ["set", "dbmaxmatches", "y"],
        ["start", "j1"],
        ["start", "j2"],
    ]
    failure = ask("reload", "--all", [], stream)
    assert failure.name == "RuntimeError"
    assert [line.rpartition(" ")[2] for line in failure.text.splitlines()] == ["'x'", "'y'"]
    assert list(desk.jails) == ["j2"]
    assert desk.jails["j2"].settings.maxretry == 7
    assert desk.told[2:] == [("start", "j2"), "reloaded"]


@pytest.mark.parametrize(
    ("command", "jail"),
    [
        (["add", "x", "auto"], "x"),
        (["start", "x"], "x"),
        (["set", "x", "maxretry", 1], "x"),
        (["multi-set", "x", "addfailregex", []], "x"),
        (["set", "loglevel", "INFO"], ""),
        (["config-error", "x"], ""),
        ([], ""),
        (["set", "x", ["y"], 1], ""),
    ],
)
def test_the_jail_of_a_command(command, jail) -> None:
    """Where one is named."""
    assert jail_of_command(command) == jail


def test_a_stream_may_set_several_values_at_once(ask, desk) -> None:
    """``multi-set`` is ``set`` with a list."""
    assert ask("multi-set", "j1", "addfailregex", ["<F-ID>a</F-ID>", "<F-ID>b</F-ID>"]) is True
    assert desk.jails["j1"].settings.filter.failregex == ("<F-ID>a</F-ID>", "<F-ID>b</F-ID>")
    assert ask("multi-set", "j1", "foo").text == INVALID_SET
    assert ask("multi-set", "j1", "addfailregex") == INDEX
    assert ask("multi-set", "j1", "maxretry", ["3"]).name == "TypeError"


def test_a_broken_jail_is_told_in_the_log(ask, caplog: pytest.LogCaptureFixture) -> None:
    """``config-error`` writes its text (1.4)."""
    assert ask("config-error", "Jail 'x' skipped, because ...") is None
    assert caplog.messages == ["Jail 'x' skipped, because ..."]


def test_a_reload_runs_its_stream_within(ask, desk) -> None:
    """The desk hears the beginning, the stream and the end."""
    answer = ask("reload", "j1", ["--unban", "--restart"], [["start", "j1"]])
    assert answer == "OK"
    assert desk.told == [("j1", True, True, False), "reload", ("start", "j1"), "reloaded"]


def test_a_reload_of_all_names_no_jail(ask, desk) -> None:
    """``--all`` stands where a jail would."""
    assert ask("reload", "--all", ["--if-exists"], []) == "OK"
    assert desk.told[0] == (None, False, False, True)


def test_a_reload_of_an_unknown_jail_fails(ask) -> None:
    """Unless the option says that it may be missing."""
    assert ask("reload", "nope", [], []).name == "UnknownJailException"
    assert ask("reload", "nope", ["--if-exists"], []) == "OK"
    assert ask("reload", "--all").name == "TypeError"


def test_one_reload_at_a_time(runner, desk) -> None:
    """A second one is refused, and the next one is possible again (1.5)."""
    dispatcher = Dispatcher(desk)

    async def twice() -> list[tuple[int, object]]:
        desk.released.clear()
        first = asyncio.create_task(dispatcher.answer(["reload", "--all", [], []]))
        await asyncio.sleep(0)
        second = await dispatcher.answer(["reload", "--all", [], []])
        desk.released.set()
        return [await first, second, await dispatcher.answer(["reload", "--all", [], []])]

    first, second, third = runner.run(twice())
    assert first == third == (0, "OK")
    assert second[1].text == "Reload already in progress"  # type: ignore[attr-defined]


# Many clients ---------------------------------------------------------------------------------


def test_a_slow_command_keeps_no_reader_waiting(runner, desk) -> None:
    """While a ban takes its time, others look and ban elsewhere."""
    dispatcher = Dispatcher(desk)

    async def meanwhile() -> tuple[object, object]:
        desk.jails["j1"].slow.clear()
        slow = asyncio.create_task(dispatcher.answer(["set", "j1", "banip", "192.0.2.1"]))
        await asyncio.sleep(0)
        found = (
            await dispatcher.answer(["status", "j1"]),
            await dispatcher.answer(["set", "j2", "banip", "192.0.2.1"]),
        )
        assert not slow.done()
        desk.jails["j1"].slow.set()
        assert await slow == (0, 1)
        return found

    status, ban = runner.run(meanwhile())
    assert status[0] == 0  # type: ignore[index]
    assert ban == (0, 1)


def test_two_changes_of_one_list_are_both_kept(runner, desk) -> None:
    """Changes of a jail go one by one, even if each takes its time."""
    dispatcher = Dispatcher(desk)

    async def both() -> None:
        desk.jails["j1"].slow.clear()
        words = [["set", "j1", "addignoreip", f"192.0.2.{i}"] for i in range(5)]
        tasks = [asyncio.create_task(dispatcher.answer(w)) for w in words]
        await asyncio.sleep(0)
        desk.jails["j1"].slow.set()
        await asyncio.gather(*tasks)

    runner.run(both())
    assert desk.jails["j1"].settings.ignoreip == tuple(f"192.0.2.{i}" for i in range(5))


def test_a_failure_of_ours_is_answered_too(ask, monkeypatch) -> None:
    """A defect in one command does not end the server."""
    monkeypatch.setattr(FakeDesk, "flush_logs", lambda _: 1 / 0)
    assert ask("flushlogs") == Failure("builtins.Exception", ("division by zero",))


def test_the_desk_of_the_tests_is_a_desk() -> None:
    """What stands in for the warden has all that the protocol asks for."""
    for protocol, fake in ((Desk, FakeDesk), (JailDesk, type(FakeDesk("x").jails["x"]))):
        names = {name for name in vars(protocol) if not name.startswith("_")}
        fields = {"settings", "backend", "counts", "jails", "stopping", "health", "vitals"}
        assert names - set(dir(fake)) <= fields


def test_each_usage_is_there_once() -> None:
    """No row hides another."""
    usages = [row.usage for row in TABLE.rows]
    assert len(usages) == len(set(usages))
