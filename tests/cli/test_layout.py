"""Answers look as the reference prints them: each blank, tab and bar (5.2, 5.3).

More cases are in the transcripts; these are the shapes that they leave out.
"""

import pytest

from banward.cli.layout import layout

STATUS = [
    ("Filter", [("Currently failed", 0), ("Total failed", 3), ("File list", ["/a.log", "/b.log"])]),
    (
        "Actions",
        [
            ("Currently banned", 1),
            ("Total banned", 1),
            ("Banned IP list", ["192.0.2.1", "2001:db8::1"]),
        ],
    ),
]
SHORT = [STATUS[0], ("Actions", [("Currently banned", 0), ("Total banned", 0)])]


@pytest.mark.parametrize(
    ("words", "value", "text"),
    [
        ("ping", "pong", "Server replied: pong"),
        ("version", "1.1.2.dev1", "1.1.2.dev1"),
        ("echo a b", ["a", 5], "a 5"),
        ("server-status", "Server ready", "Server ready"),
        ("sleep 1", None, "None"),
        ("unban --all", 2, "2"),
        ("banned", [{"j1": []}], "[{'j1': []}]"),
        ("add j1", "j1", "Added jail j1"),
        ("start j1", None, "Jail started"),
        ("stop j1", None, "Jail stopped"),
        ("stop --all", None, "Jail stopped"),
        ("stop", None, "Shutdown successful"),
        ("flushlogs", "rolled over", "logs: rolled over"),
        ("reload", "OK", "OK"),
        ("get loglevel", "INFO", "Current logging level is 'INFO'"),
        ("set loglevel debug", "DEBUG", "Current logging level is 'DEBUG'"),
        ("get logtarget", "SYSLOG", "Current logging target is:\n`- SYSLOG"),
        ("get syslogsocket", "auto", "Current syslog socket is:\n`- auto"),
        ("get dbfile", "/x", "Current database file is:\n`- /x"),
        ("get dbfile", None, "Database currently disabled"),
        ("get dbpurgeage", None, "Database currently disabled"),
        ("get dbpurgeage", 86400, "Current database purge age is:\n`- 86400seconds"),
        ("get dbmaxmatches", 10, "10"),
        ("set allowipv6 no", "no", "no"),
        ("get thread", {"stacksize": 0}, "{'stacksize': 0}"),
        ("get j1 logpath", [], "No file is currently monitored"),
        ("get j1 logpath", ["/a", "/b"], "Current monitored log file(s):\n|- /a\n`- /b"),
        ("set j1 addlogpath /a", ["/a"], "Current monitored log file(s):\n`- /a"),
        ("get j1 logencoding", "UTF-8", "Current log encoding is set to:\nUTF-8"),
        ("get j1 journalmatch", [], "No journal match filter set"),
        (
            "get j1 journalmatch",
            [["_A=1", "_B=2"], ["_C=3"]],
            "Current match filter:\n_A=1 _B=2 + _C=3",
        ),
        ("get j1 datepattern", None, "Current date pattern set to: Not set/required"),
        (
            "get j1 datepattern",
            (None, "Default Detectors"),
            "Current date pattern set to: Default Detectors",
        ),
        ("set j1 datepattern %Y", ("%Y", "Year"), "Current date pattern set to: %Y (Year)"),
        ("set j1 delignoreip x", [], "No IP address/network is ignored"),
        (
            "get j1 failregex",
            ["a", "b"],
            "The following regular expression are defined:\n|- [0]: a\n`- [1]: b",
        ),
        ("set j1 delignoreregex 0", [], "No regular expression is defined"),
        ("get j1 banip", [], ""),
        ("get j1 banip", ["a", "b"], "a b"),
        ("get j1 banip ,", ["a", "b"], "a,b"),
        ("get j1 banip --with-time", ["a \tx", "b \ty"], "a \tx\nb \ty"),
        ("set j1 banip a b", 2, "2"),
        ("get j1 banned", ["a"], "['a']"),
        ("get j1 actions", [], "No actions for jail j1"),
        ("get j1 actions", ["a", "b"], "The jail j1 has the following actions:\na, b"),
        (
            "get j1 actionproperties act",
            ["a", "b"],
            "The jail j1 action act has the following properties:\na, b",
        ),
        (
            "get j1 actionmethods act",
            ["a", "b"],
            "The jail j1 action act has the following methods:\na, b",
        ),
        ("set j1 addaction act", "act", "act"),
        ("set j1 action act banip x", "x", "x"),
        ("get j1 bantime", 600, "600"),
        ("set j1 findtime 1mo", 2629800.0, "2629800.0"),
        (
            "status",
            [("Number of jail", 0), ("Jail list", "")],
            "Status\n|- Number of jail:\t0\n`- Jail list:\t",
        ),
        (
            "status --all",
            [("Number of jail", 0), ("Jail list", ""), {}],
            "Status\n|- Number of jail:\t0\n`- Jail list:\t",
        ),
    ],
    ids=lambda v: v if isinstance(v, str) and len(v) < 40 else "",
)
def test_answers(words: str, value: object, text: str) -> None:
    """One answer, one text."""
    assert layout(words.split(" "), value) == text


def test_the_status_of_a_jail() -> None:
    """A tree of two branches."""
    assert layout(["status", "j1"], STATUS).split("\n") == [
        "Status for the jail: j1",
        "|- Filter",
        "|  |- Currently failed:\t0",
        "|  |- Total failed:\t3",
        "|  `- File list:\t/a.log /b.log",
        "`- Actions",
        "   |- Currently banned:\t1",
        "   |- Total banned:\t1",
        "   `- Banned IP list:\t192.0.2.1 2001:db8::1",
    ]


def test_the_status_of_all_jails() -> None:
    """The same trees, deeper."""
    value = [("Number of jail", 2), ("Jail list", "j1, j2"), {"j1": STATUS, "j2": SHORT}]
    assert layout(["status", "--all"], value).split("\n") == [
        "Status",
        "|- Number of jail:\t2",
        "|- Jail list:\tj1, j2",
        "`- Status for the jails:",
        "   |- Jail: j1",
        "   |  |- Filter",
        "   |  |  |- Currently failed:\t0",
        "   |  |  |- Total failed:\t3",
        "   |  |  `- File list:\t/a.log /b.log",
        "   |  `- Actions",
        "   |     |- Currently banned:\t1",
        "   |     |- Total banned:\t1",
        "   |     `- Banned IP list:\t192.0.2.1 2001:db8::1",
        "   `- Jail: j2",
        "      |- Filter",
        "      |  |- Currently failed:\t0",
        "      |  |- Total failed:\t3",
        "      |  `- File list:\t/a.log /b.log",
        "      `- Actions",
        "         |- Currently banned:\t0",
        "         `- Total banned:\t0",
    ]


TABLE = {"j1": ["polling", (0, 3), (1, 1)], "a-long-name": ["pyinotify", (1, 2), (12345, 99999)]}


def test_statistics_grow_with_their_values() -> None:
    """Each column is as wide as its longest value."""
    assert layout(["stats"], TABLE).split("\n") == [
        "             ║           ║ Filter    ║ Actions      ",
        " Jail        ║ Backend   ╟───────────╫───────────────",
        "             ║           ║ cur │ tot ║   cur │   tot",
        "═════════════╬═══════════╬═══════════╬═══════════════",
        " j1          ║ polling   ║   0 │   3 ║     1 │     1",
        " a-long-name ║ pyinotify ║   1 │   2 ║ 12345 │ 99999",
        "═════════════╩═══════════╩═══════════╩═══════════════",
    ]


def test_statistics_for_plain_terminals() -> None:
    """Drawn with letters."""
    text = layout(["statistics"], TABLE, ascii_only=True)
    assert text.isascii()
    assert text.split("\n")[1] == " Jail        | Backend   |-----------x---------------"


def test_no_jails_no_table() -> None:
    """A sentence instead."""
    assert layout(["stats"], {}) == "No jails found."
    assert layout(["status", "--all", "stats"], {}) == "No jails found."


def test_the_flavor_stats_is_a_table_too() -> None:
    """Where the reference fails (8, row 1)."""
    one = layout(["status", "j1", "stats"], TABLE["j1"])
    assert one == layout(["stats"], {"j1": TABLE["j1"]})
    assert layout(["status", "--all", "stats"], TABLE) == layout(["stats"], TABLE)


def test_ids_that_do_not_print_are_shown_as_escapes() -> None:
    """An id out of a log can't tell the terminal anything, nor fake a line."""
    hostile = "x\x1b[2J\n   `- Banned IP list:\t"
    value = [("Actions", [("Banned IP list", [hostile])])]
    assert layout(["status", "j1"], value).count("\n") == 2
    assert "\x1b" not in layout(["get", "j1", "banip"], [hostile])
    assert "\n" not in layout(["get", "j1", "banip"], [hostile])
