"""Commands for the whole server answer in the shapes that clients know (5.1, 6.4)."""

import logging

import pytest
from msgspec.structs import replace

from banward.control import cymru
from banward.settings import LogPath

EMPTY = [
    ("Filter", [("Currently failed", 0), ("Total failed", 0), ("File list", ["/a.log"])]),
    ("Actions", [("Currently banned", 0), ("Total banned", 0), ("Banned IP list", [])]),
]


@pytest.fixture(autouse=True)
def files(desk) -> None:
    """Each jail has a file."""
    for jail in desk.jails.values():
        jail.settings = replace(jail.settings, logpaths=(LogPath("/a.log"),))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["ping"], "pong"),
        (["ping", "100"], "pong"),
        (["version"], "1.1.2.dev1"),
        (["version", "extra"], "1.1.2.dev1"),
        (["echo", "a", 1, {"b": [2]}], ["a", 1, {"b": [2]}]),
        (["echo"], []),
        (["server-status"], "Server ready"),
        (["sleep", "0"], None),
        (["flushlogs"], "rolled over"),
    ],
)
def test_signs_of_life(ask, words, answer) -> None:
    """What monitors ask for."""
    assert ask(*words) == answer


def test_sleep_wants_a_number(ask) -> None:
    """In Python's words."""
    assert ask("sleep").name == "IndexError"
    assert ask("sleep", "x").text == "could not convert string to float: 'x'"


def test_the_status_names_the_jails_sorted(ask, desk) -> None:
    """Count and names, joined as one text."""
    desk.jails = dict(reversed(desk.jails.items()))
    assert ask("status") == [("Number of jail", 2), ("Jail list", "j1, j2")]


def test_the_status_of_a_jail(ask) -> None:
    """Counters and files in their fixed places."""
    assert ask("status", "j1") == EMPTY
    assert ask("status", "j1", "basic") == EMPTY


def test_the_status_shows_bans_in_their_order(ask) -> None:
    """The order of banning."""
    ask("set", "j1", "banip", "192.0.2.2", "192.0.2.1")
    assert ask("status", "j1")[1] == (
        "Actions",
        [
            ("Currently banned", 2),
            ("Total banned", 2),
            ("Banned IP list", ["192.0.2.2", "192.0.2.1"]),
        ],
    )


def test_flavors_of_the_status(ask) -> None:
    """``short`` leaves out the list, ``stats`` is one line of the table."""
    assert ask("status", "j1", "short")[1] == (
        "Actions",
        [("Currently banned", 0), ("Total banned", 0)],
    )
    assert ask("status", "j1", "stats") == ["polling", (0, 0), (0, 0)]


def test_an_unknown_flavor_is_basic(ask, caplog: pytest.LogCaptureFixture) -> None:
    """With a warning in the log."""
    assert ask("status", "j1", "foo") == EMPTY
    assert caplog.record_tuples == [
        (
            "fail2ban.actions",
            logging.WARNING,
            "Unsupported extended jail status flavor 'foo'. "
            "Supported: ['short', 'basic', 'stats', 'cymru']",
        )
    ]


def test_the_status_of_all_jails(ask) -> None:
    """The third element holds them; with ``stats`` only that is there."""
    assert ask("status", "--all") == [
        ("Number of jail", 2),
        ("Jail list", "j1, j2"),
        {"j1": EMPTY, "j2": EMPTY},
    ]
    assert ask("status", "--all", "stats") == {
        "j1": ["polling", (0, 0), (0, 0)],
        "j2": ["polling", (0, 0), (0, 0)],
    }


@pytest.mark.parametrize("words", [["j1", "basic", "extra"], ["--all", "short", "extra"]])
def test_a_status_with_too_many_words(ask, words) -> None:
    """The text is that of the reference."""
    assert ask("status", *words).text == "Invalid command (no status)"


def test_journal_jails_show_their_matches(ask, desk) -> None:
    """In place of files, joined as they were written."""
    jail = desk.jails["j1"]
    jail.backend = "systemd"
    jail.settings = replace(jail.settings, journalmatch=(("_A=1", "_B=2"), ("_C=3",)))
    assert ask("status", "j1")[0][1][2] == ("Journal matches", ["_A=1 _B=2 + _C=3"])


def test_the_flavor_cymru_adds_three_lists(ask, monkeypatch) -> None:
    """One entry for each banned address, from DNS."""

    async def origins(subjects: list[str]) -> list[tuple[str, list[str]]]:
        return [(label, subjects) for label in cymru.LABELS]

    monkeypatch.setattr(cymru, "origins", origins)
    ask("set", "j1", "banip", "192.0.2.1")
    assert ask("status", "j1", "cymru")[1][1][2:] == [
        ("Banned IP list", ["192.0.2.1"]),
        ("Banned ASN list", ["192.0.2.1"]),
        ("Banned Country list", ["192.0.2.1"]),
        ("Banned RIR list", ["192.0.2.1"]),
    ]


@pytest.mark.parametrize("word", ["stats", "statistics", "statistic"])
def test_statistics(ask, word) -> None:
    """Three spellings of one table."""
    assert ask(word) == {"j1": ["polling", (0, 0), (0, 0)], "j2": ["polling", (0, 0), (0, 0)]}
    assert ask(word, "j1").text == "Invalid command"


# Jails ----------------------------------------------------------------------------------------


def test_a_jail_is_added_with_a_backend(ask, desk) -> None:
    """``auto`` if none is named; options in brackets are of no concern here."""
    assert ask("add", "a") == "a"
    assert ask("add", "b", "polling", "extra") == "b"
    assert ask("add", "c", "systemd[journalpath=/x]") == "c"
    assert [desk.jails[name].settings.backend for name in "abc"] == [
        "auto",
        "polling",
        "systemd[journalpath=/x]",
    ]


def test_wrong_jails_are_not_added(ask, desk, caplog: pytest.LogCaptureFixture) -> None:
    """Names and backends are checked first."""
    assert ask("add").name == "IndexError"
    assert ask("add", "j1", "polling").name == "DuplicateJailException"
    assert ask("add", "--all", "polling").text == "Reserved name '--all'"
    text = "Unknown backend foo. Must be among ['pyinotify', 'polling', 'systemd'] or 'auto'"
    caplog.clear()
    caplog.set_level(logging.INFO)
    assert ask("add", "j8", "foo").text == text
    assert caplog.record_tuples[:2] == [
        ("fail2ban.jail", logging.INFO, "Creating new jail 'j8'"),
        ("fail2ban.jail", logging.ERROR, text),
    ]
    assert sorted(desk.jails) == ["j1", "j2"]


def test_jails_start_and_stop(ask, desk) -> None:
    """One by one, or all."""
    assert ask("start", "j1") is None
    assert ask("start", "j1", "more") is None
    assert desk.told == [("start", "j1"), ("start", "j1")]
    assert ask("stop", "j1") is None
    assert ask("stop", "j1").text == "Sorry but the jail 'j1' does not exist"
    assert ask("start", "j1").name == "UnknownJailException"
    assert ask("stop", "--all") is None
    assert desk.jails == {}
    assert not desk.stopping


def test_stop_ends_the_server(ask, desk) -> None:
    """Without a jail; bans are lifted unless the server is to start again."""
    assert ask("stop") is None
    assert desk.stopping
    assert ask("stop", "--keep-bans") is None
    assert desk.told == [("shutdown", False), ("shutdown", True)]


# Bans of all jails ----------------------------------------------------------------------------


def test_who_is_banned_where(ask) -> None:
    """By jail in the order of creation, or the jails of each address."""
    ask("set", "j1", "banip", "192.0.2.1", "192.0.2.2")
    ask("set", "j2", "banip", "192.0.2.1", "2001:DB8::1")
    assert ask("banned") == [
        {"j1": ["192.0.2.1", "192.0.2.2"]},
        {"j2": ["192.0.2.1", "2001:db8::1"]},
    ]
    assert ask("banned", "192.0.2.1", "::ffff:192.0.2.2", "192.0.2.44", "") == [
        ["j1", "j2"],
        ["j1"],
        [],
        [],
    ]


def test_unban_of_all_jails(ask) -> None:
    """The answer is the number of bans that were lifted."""
    ask("set", "j1", "banip", "192.0.2.1", "192.0.2.2", "192.0.2.3")
    ask("set", "j2", "banip", "192.0.2.1", "2001:db8::1")
    assert ask("unban", "192.0.2.1", "2001:DB8:0::1", "192.0.2.200", "") == 3
    assert ask("unban", "192.0.2.1") == 0
    assert ask("unban", "--all") == 2
    assert ask("unban").text == "Invalid command"
