"""Orders to ban and unban, and who is banned (5.3)."""

import pytest

from banward.records import Ban


def test_bans_are_counted_once(ask) -> None:
    """The answer is how many are new; forms of one address are one."""
    assert ask("set", "j1", "banip", "192.0.2.1") == 1
    assert ask("set", "j1", "banip", "::ffff:192.0.2.1") == 0
    assert ask("set", "j1", "banip", "192.0.2.1", "[2001:DB8::1]", "198.51.100.7/24", "an-id") == 3
    assert ask("set", "j1", "banip") == 0
    assert ask("get", "j1", "banned") == [
        "192.0.2.1",
        "2001:db8::1",
        "198.51.100.0/24",
        "an-id",
    ]


@pytest.mark.parametrize("words", [["banip", ""], ["banip", "192.0.2.1", " "], ["attempt", ""]])
def test_nobody_can_not_be_banned(ask, desk, words) -> None:
    """An empty id is refused, and so is the whole order (8, row 17)."""
    assert "empty id" in ask("set", "j1", *words).text
    assert (desk.jails["j1"].held, desk.jails["j1"].calls) == ([], [])


def test_bans_are_lifted(ask) -> None:
    """The answer is how many were."""
    ask("set", "j1", "banip", "192.0.2.1", "192.0.2.2")
    assert ask("set", "j1", "unbanip", "192.0.2.1") == 1
    assert ask("set", "j1", "unbanip", "192.0.2.1") == 0
    assert ask("set", "j1", "unbanip").name == "IndexError"


def test_absent_ones_are_reported_after_the_others_were_lifted(ask) -> None:
    """With the option it is an error, though what could be done is done."""
    ask("set", "j1", "banip", "192.0.2.2")
    failure = ask("set", "j1", "unbanip", "--report-absent", "192.0.2.2", "192.0.2.99")
    assert (failure.name, failure.text) == ("ValueError", "not banned: ['192.0.2.99']")
    assert ask("get", "j1", "banned") == []
    assert ask("set", "j1", "unbanip", "--report-absent") == 0


def test_failures_are_counted_by_order(ask, desk) -> None:
    """The texts become lines; 0 says that the subject is ignored."""
    desk.jails["j1"].ignored = {"192.0.2.2"}
    assert ask("set", "j1", "attempt", "192.0.2.1", "one", "two") == 1
    assert ask("set", "j1", "attempt", "192.0.2.2") == 0
    assert ask("set", "j1", "attempt").name == "IndexError"
    assert desk.jails["j1"].calls == [("192.0.2.1", ["one", "two"]), ("192.0.2.2", [])]


def test_one_answer_for_one_question(ask) -> None:
    """A number for one address, a list for more."""
    ask("set", "j1", "banip", "192.0.2.1")
    assert ask("get", "j1", "banned", "192.0.2.1") == 1
    assert ask("get", "j1", "banned", "192.0.2.9") == 0
    assert ask("get", "j1", "banned", "192.0.2.1", "192.0.2.9") == [1, 0]


def test_the_list_by_end_of_ban(ask, desk, monkeypatch) -> None:
    """The first to end first, the endless last; with the option, times are shown."""
    monkeypatch.setenv("TZ", "UTC")
    at = 1_700_000_000.5
    desk.jails["j1"].held = [
        Ban("j1", "192.0.2.1", at, -1),
        Ban("j1", "192.0.2.2", at, 600),
        Ban("j1", "192.0.2.3", at - 500, 604.2),
    ]
    assert ask("get", "j1", "banip") == ["192.0.2.3", "192.0.2.2", "192.0.2.1"]
    assert ask("get", "j1", "banip", ",") == ["192.0.2.3", "192.0.2.2", "192.0.2.1"]
    assert ask("get", "j1", "banip", "--with-time") == [
        "192.0.2.3 \t2023-11-14 22:05:00 + 604 = 2023-11-14 22:15:04",
        "192.0.2.2 \t2023-11-14 22:13:20 + 600 = 2023-11-14 22:23:20",
        "192.0.2.1 \t2023-11-14 22:13:20 + -1 = 9999-12-31 23:59:59",
    ]
