"""What holds for the whole server is shown and set as the reference does (5.1)."""

import pytest

from banward import __version__


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["get", "loglevel"], "INFO"),
        (["set", "loglevel", "debug"], "DEBUG"),
        (["set", "loglevel", 15], "15"),
        (["get", "logtarget"], "/var/log/fail2ban.log"),
        (["set", "logtarget", "/x.log[padding=off]"], "/x.log"),
        (["set", "logtarget", "SYSLOG"], "SYSLOG"),
        (["get", "syslogsocket"], "auto"),
        (["set", "syslogsocket", "/x"], "/x"),
        (["get", "dbfile"], "/x.sqlite3"),
        (["set", "dbfile", "/x.sqlite3"], "/x.sqlite3"),
        (["get", "dbmaxmatches"], 10),
        (["set", "dbmaxmatches", "20"], 20),
        (["set", "dbmaxmatches", -1], -1),
        (["get", "dbpurgeage"], 86400),
        (["set", "dbpurgeage", "2d"], 172800),
        (["set", "dbpurgeage", "1mo"], 2629800),
        (["set", "dbpurgeage", 60], 60),
        (["set", "allowipv6", "auto"], "auto"),
        (["set", "allowipv6", True], True),
        (["get", "thread"], {"stacksize": 0}),
        (["set", "thread", {"stacksize": 64}], {"stacksize": 64}),
        (["get", "banward"], __version__),
        (["get", "banward", "health"], {"quarantine": [], "lag": []}),
    ],
    ids=lambda v: str(v)[:50],
)
def test_values(ask, words, answer) -> None:
    """Each set answers what the get answers."""
    assert ask(*words) == answer
    if words[0] == "set" and (shown := ask("get", words[1])) != answer:
        assert words[1] == "allowipv6"
        assert shown.name == "IndexError"


def test_values_reach_the_server(ask, desk) -> None:
    """In the types of its settings."""
    ask("set", "allowipv6", "YES")
    ask("set", "banward", "country", "/x.mmdb")
    ask("set", "banward", "web", "on")
    ask("set", "dbpurgeage", "1h")
    assert desk.settings.allowipv6 == "yes"
    assert desk.settings.extra == {"country": "/x.mmdb", "web": "on"}
    assert desk.settings.dbpurgeage == 3600


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["set", "dbmaxmatches", "abc"], "invalid literal for int() with base 10: 'abc'"),
        (["set", "thread", "1"], "'str' object has no attribute 'items'"),
        (["set", "thread", {"x": 5}], "\"unknown option 'x'\""),
        (["set", "thread", {"stacksize": 5}], "size not valid: 5120 bytes"),
        (["set", "dbfile", "/y"], "Cannot change database when there are jails present"),
        (["set", "dbfile", "None"], "Cannot change database when there are jails present"),
        (["set", "dbfile", None], "Cannot change database when there are jails present"),
    ],
)
def test_wrong_values(ask, words, text) -> None:
    """The texts are those of the reference."""
    assert ask(*words).text == text


def test_without_a_database_its_values_are_none(ask, desk) -> None:
    """The name ``None`` in any case turns it off, once there are no jails."""
    desk.jails.clear()
    assert ask("set", "dbfile", "NONE") is None
    assert desk.settings.dbfile == "None"
    assert ask("get", "dbfile") is None
    assert ask("get", "dbmaxmatches") is None
    assert ask("get", "dbpurgeage") is None
    assert ask("set", "dbmaxmatches", "5") is None
    assert ask("set", "dbfile", "/y") == "/y"
