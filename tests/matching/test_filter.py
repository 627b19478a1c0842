"""The engine of one filter: the daemon's view of lines."""

import json
from pathlib import Path

import pytest

from banward.errors import PatternError
from banward.matching.examiner import Examiner
from banward.matching.filter import Filter
from banward.matching.hit import Verdict
from banward.matching.linetime import OddityKind
from banward.settings import FilterSettings

CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "filter-engine-cases.json").read_text(encoding="utf-8")
)
NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC

pytestmark = pytest.mark.usefixtures("utc")


def build(*failregex, findtime=600, **settings):
    settings.setdefault("datepattern", "{NONE}")
    return Examiner(FilterSettings(failregex=failregex, **settings), jail="j", findtime=findtime)


def feed(rule, *lines, now=NOW, in_operation=True):
    """All matches of these lines."""
    return [
        match
        for offset, line in enumerate(lines)
        for match in rule.process(line, now, in_operation=in_operation, offset=offset)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case):
    """The daemon's view of a line is that of the specification (8.4)."""
    rule = Filter(
        FilterSettings(
            failregex=tuple(case["failregex"]),
            ignoreregex=tuple(case.get("ignoreregex", ())),
            prefregex=case.get("prefregex", ""),
            datepattern=case.get("datepattern", ""),
            usedns=case.get("usedns", "warn"),
            logtimezone=case.get("logtimezone", ""),
        ),
        jail="j",
        findtime=case["findtime"],
    )
    now, found = case["now"], []
    for step in case["steps"]:
        if isinstance(step, str):
            found += rule.process(step, now, in_operation=case["in_operation"])
        else:
            now = step

    expected = case["expect"]
    subjects = [who["id"] for who in expected["failures"]]
    counts = dict.fromkeys(subjects, 0)
    for who in expected["failures"] + expected["bans"]:
        counts[who["id"]] = counts.get(who["id"], 0) + who["failures"]
    assert counts == {s: sum(m.subject == s for m in found) for s in {m.subject for m in found}}
    for who in expected["failures"]:
        theirs = [match for match in found if match.subject == who["id"]]
        lines = [line for match in theirs for line in match.lines]
        assert who["time"] == theirs[-1].at
        assert who["matches"] == lines[-len(who["matches"]) :]


def test_match_record():
    """A match holds jail, subject, time, lines and what was captured, without unused groups."""
    rule = build("^bad <F-USER>\\w+</F-USER> <ADDR>$")
    (match,) = feed(rule, "bad bob 192.0.2.1")
    assert (
        match.jail,
        match.subject,
        match.at,
        match.lines,
        match.name,
    ) == ("j", "192.0.2.1", NOW, ("bad bob 192.0.2.1",), "")
    assert match.fields == {"user": "bob", "ip4": "192.0.2.1"}


def test_name_is_left_to_the_caller():
    """A host name is not looked up: the match names it and has no subject."""
    (match,) = feed(build("^bad <HOST>$"), "bad host.example")
    assert (match.subject, match.name) == ("", "host.example")


def test_raw_name_is_the_subject():
    """With usedns raw the name itself failed."""
    (match,) = feed(build("^bad <HOST>$", usedns="raw"), "bad host.example")
    assert (match.subject, match.name) == ("host.example", "")


def test_empty_id_is_no_failure():
    """An id that captured nothing can't be banned, so it gives no match."""
    assert feed(build("^bad<F-ID>x*</F-ID>$"), "bad") == []


def test_composite_id_is_text():
    """A composite id is counted under its text in Python notation."""
    rule = build("^<F-ID>\\w+</F-ID> <F-TUPLE_ID><ADDR></F-TUPLE_ID>$")
    (match,) = feed(rule, "bob 192.0.2.1")
    assert match.subject == "('bob', '192.0.2.1')"
    assert match.fields["fid"] == ["bob", "192.0.2.1"]


def test_session_users_are_a_sorted_list():
    """The users of a session are in the fields as a sorted list."""
    rule = build("^<F-MLFID>s\\d</F-MLFID> <F-USER>\\w+</F-USER> <ADDR>$")
    match = feed(rule, "s1 eve 192.0.2.1", "s1 bob 192.0.2.1")[-1]
    assert match.fields["users"] == ["bob", "eve"]


def test_stamped_line_needs_no_date():
    """A source that knows the time gives it; the stored line begins with it, nothing is cut."""
    rule = build("^2023-11-14 22:13:00 bad <ADDR>$", datepattern="")
    (match,) = rule.process(
        "2023-11-14 22:13:00 bad 192.0.2.1", NOW, in_operation=True, stamp=NOW - 5.5
    )
    assert match.at == NOW - 5.5
    assert match.lines == ("2023-11-14T22:13:14.500000 2023-11-14 22:13:00 bad 192.0.2.1",)


def test_last_date_is_kept_for_each_source():
    """The date of a line holds for dateless lines of the same source alone."""
    rule = build("bad <ADDR>$", datepattern="")
    rule.process("2023-11-14 22:13:00 x", NOW, in_operation=False, source="a")
    assert rule.process("bad 192.0.2.1", NOW, in_operation=False, source="b") == []
    (match,) = rule.process("bad 192.0.2.1", NOW, in_operation=False, source="a")
    assert match.at == NOW - 20
    assert match.lines == ("2023-11-14 22:13:00bad 192.0.2.1",)


@pytest.mark.parametrize(
    ("line", "in_operation", "kinds"),
    [
        ("2023-11-14 22:10:00 x bad 192.0.2.1", True, [OddityKind.LATENCY]),
        ("2023-11-14 21:10:00 x bad 192.0.2.1", True, [OddityKind.TIMEZONE]),
        ("2023-11-14 23:13:20 x bad 192.0.2.1", True, [OddityKind.TIMEZONE]),
        ("2023-11-14 21:10:00 x bad 192.0.2.1", False, [OddityKind.OLD]),
        ("x bad 192.0.2.1", False, [OddityKind.UNDATED]),
        ("2023-11-14 22:13:00 x bad 192.0.2.1", True, []),
        ("x good", True, []),
    ],
)
def test_odd_times_are_told_once_a_day(line, in_operation, kinds):
    """A line with an odd time is told once; the second within a day is not."""
    rule = build("bad <ADDR>$", datepattern="")
    rule.process(line, NOW, in_operation=in_operation)
    assert kinds == [oddity.kind for oddity in rule.take_oddities()]
    rule.process(line, NOW + 1, in_operation=in_operation)
    assert rule.take_oddities() == []


def test_early_ignore_sees_the_whole_line():
    """With more than two failregexes to an ignoreregex the ignore test comes first (2.7)."""
    rule = build(
        "^bad <ADDR>$",
        "^b",
        "^c",
        "^d",
        prefregex="^app<F-MLFID>x?</F-MLFID>: <F-CONTENT>.+$</F-CONTENT>",
        ignoreregex=("^app",),
    )
    assert feed(rule, "app: bad 192.0.2.1") == []


@pytest.mark.parametrize("kind", ["failregex", "ignoreregex", "prefregex"])
def test_quarantine(kind):
    """A regex in quarantine is searched no longer; without its prefregex a filter finds nothing."""
    rule = build(
        "^bad <ADDR>$",
        "^worse <ADDR>$",
        prefregex="^a: <F-CONTENT>.+</F-CONTENT>$",
        ignoreregex=("trusted|192.0.2.9",),
    )
    rule.quarantine(0, kind)
    found = feed(rule, "a: bad 192.0.2.1", "a: worse 192.0.2.2", "a: worse 192.0.2.9")
    assert {
        "failregex": ["192.0.2.2"],
        "ignoreregex": ["192.0.2.1", "192.0.2.2", "192.0.2.9"],
        "prefregex": [],
    }[kind] == [match.subject for match in found]


class _InterruptError(Exception):
    """What a watchdog raises out of a search."""


class _Endless:
    """A regex whose search is broken off."""

    def search(self, text):
        raise _InterruptError(text)


@pytest.mark.parametrize("maxlines", [1, 3])
def test_broken_off_search_leaves_the_filter_usable(maxlines):
    """A filter says which regex it was searching when it was interrupted, and goes on."""
    rule = build("^worse <ADDR>$", "^bad <ADDR>$", maxlines=maxlines)
    sound = rule.rules.fails
    rule.rules.fails = [
        sound[0],
        sound[1]._replace(regex=_Endless()),
    ]
    with pytest.raises(_InterruptError):
        rule.process("bad 192.0.2.1", NOW, in_operation=True)
    assert rule.doing == ("failregex", 1)
    rule.quarantine(1)
    (match,) = rule.process("worse 192.0.2.2", NOW, in_operation=True)
    assert match.subject == "192.0.2.2"
    assert rule.doing is None


def test_replay_from_the_oldest_open_session():
    """Reading has to begin again where the oldest session that is still open began."""
    rule = build(
        "^<F-MLFID>s\\d</F-MLFID> <F-NOFAIL>open</F-NOFAIL> <ADDR>$",
        "^<F-MLFID>s\\d</F-MLFID> <F-MLFFORGET>close</F-MLFFORGET>$",
    )
    assert rule.replay_from("log", NOW) is None
    for offset, line in [(100, "s1 open 192.0.2.1"), (200, "s2 open 192.0.2.1")]:
        rule.process(line, NOW, in_operation=True, source="log", offset=offset)
    assert rule.replay_from("log", NOW) == 100
    assert rule.replay_from("other", NOW) is None
    rule.process("s1 close", NOW, in_operation=True, source="log", offset=300)
    assert rule.replay_from("log", NOW) == 200
    assert rule.replay_from("log", NOW + 301) is None


def test_replay_from_the_oldest_line_of_the_window():
    """A filter over several lines needs those that its window holds."""
    rule = build("^a\\n^b <ADDR>$", maxlines=2)
    for offset, line in [(0, "x"), (2, "y"), (4, "a")]:
        rule.process(line, NOW, in_operation=True, source="log", offset=offset)
    assert rule.replay_from("log", NOW) == 2


def test_replay_gives_the_same_matches():
    """After a crash the lines from the replay position on bring back what was known."""
    failregex = (
        "^<F-MLFID>s\\d</F-MLFID> <F-NOFAIL>open</F-NOFAIL> <ADDR>$",
        "^<F-MLFID>s\\d</F-MLFID> bad$",
    )
    lines = ["s1 open 192.0.2.1", "s2 open 192.0.2.2", "s1 bad", "s2 bad", "s1 bad"]
    whole = feed(build(*failregex), *lines)
    first = build(*failregex)
    feed(first, *lines[:2])
    begin = first.replay_from("", NOW)
    again = feed(build(*failregex), *lines[int(begin) :])
    assert whole == again


def test_windows_are_kept_apart():
    """Lines of different sources do not meet in one window."""
    rule = build("^a\\n^b <ADDR>$", maxlines=2)
    rule.process("a", NOW, in_operation=True, source="one")
    assert rule.process("b 192.0.2.1", NOW, in_operation=True, source="two") == []
    assert len(rule.process("b 192.0.2.1", NOW, in_operation=True, source="one")) == 1


def test_examine_tells_every_failregex():
    """The richer view tells every failregex that matched, in order."""
    rule = build("^bad <ADDR>", "nothing <ADDR>", "bad <IP4>$")
    hits = rule.examine("bad 192.0.2.1", NOW).hits
    assert [(h.number, h.verdict) for h in hits] == [(0, Verdict.FAILURE), (2, Verdict.FAILURE)]
    assert len(rule.examine("bad 192.0.2.1", NOW, check_all=False).hits) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"maxlines": 0}, "maxlines must be integer greater than zero"),
        ({"failregex": ("bad",)}, "No failure-id group in 'bad'"),
        ({"failregex": (" ",)}, "Cannot add empty regex"),
        ({"ignoreregex": ("(",)}, "Unable to compile regular expression '('"),
        ({"datepattern": "%Q"}, "Failed to set datepattern"),
        ({"logtimezone": "Europe/Paris"}, "Unknown or unsupported time zone"),
    ],
)
def test_unusable_settings(settings, words):
    """A filter that can't work is refused with the reason."""
    with pytest.raises(PatternError) as caught:
        Filter(FilterSettings(**settings))
    assert words in str(caught.value)


def test_hits_stay_as_they_were():
    """What was told of a session does not change with later lines."""
    rule = build("^<F-MLFID>s\\d</F-MLFID> <F-USER>\\w+</F-USER> <ADDR>$")
    (first,) = rule.examine("s1 bob 192.0.2.1", NOW).hits
    (match,) = feed(rule, "s1 bob 192.0.2.1")
    feed(rule, "s1 eve 192.0.2.2")
    assert (first.data["user"], first.data["users"]) == ("bob", {"bob"})
    assert (match.fields["user"], match.fields["users"]) == ("bob", ["bob"])
