"""Rules on named values."""

import json

import pytest

from banward.errors import PatternError
from banward.matching.examiner import Examiner
from banward.matching.fieldrule import FieldRule
from banward.matching.hit import Verdict
from banward.settings import FilterSettings

NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def rule(written, *, names=True):
    return FieldRule(written if isinstance(written, str) else json.dumps(written), names=names)


@pytest.mark.parametrize(
    ("conditions", "record", "matches"),
    [
        ({}, {}, True),
        ({"status": "401|403"}, {"status": 403}, True),
        ({"status": "401|403"}, {"status": 4031}, False),
        ({"status": 401}, {"status": 401}, True),
        ({"status": 401}, {"status": "401"}, True),
        ({"rate": 0.5}, {"rate": 0.5}, True),
        ({"rate": 0.5}, {"rate": "0x5"}, False),
        ({"ok": False}, {"ok": False}, True),
        ({"ok": False}, {"ok": True}, False),
        ({"ok": False}, {}, False),
        ({"user": None}, {}, True),
        ({"user": None}, {"user": None}, True),
        ({"user": None}, {"user": "x"}, False),
        ({"user?": "b.*"}, {}, True),
        ({"user?": "b.*"}, {"user": None}, True),
        ({"user?": "b.*"}, {"user": "bob"}, True),
        ({"user?": "b.*"}, {"user": "eve"}, False),
        ({"user": ""}, {"user": ""}, True),
        ({"tags": "bad"}, {"tags": ["good", "bad"]}, True),
        ({"tags": "bad"}, {"tags": []}, False),
        ({"a.b": "x"}, {"a": {"b": "x"}}, True),
    ],
)
def test_conditions(conditions, record, matches):
    """A rule matches if the whole of every value matches."""
    made = rule({"ip": "<ADDR>", **conditions})
    assert (made.match({"ip": "192.0.2.1", **record}) is not None) is matches


def test_captures():
    """A rule captures as a failregex does; what took no part is None."""
    made = rule({"ip": "<IP4>(?::\\d+)?", "user": "<F-USER>.*</F-USER>", "x?": "(?P<x>.)"})
    assert made.match({"ip": "192.0.2.1:22", "user": ""}) == {
        "ip4": "192.0.2.1",
        "user": "",
        "x": None,
    }


def test_names():
    """With usedns no a host takes addresses alone."""
    assert rule({"ip": "<HOST>"}, names=False).match({"ip": "host.example"}) is None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('{"ip": "<ADDR>"', "is no JSON: "),
        ("[1]", "expected a JSON object of field to pattern"),
        ("{}", "expected a JSON object of field to pattern"),
        ('{"ip": ["<ADDR>"]}', "the pattern of 'ip' has to be text"),
        ('{"ip": "(<ADDR>"}', "field 'ip': Unable to compile regular expression '(<ADDR>'"),
        ('{"a": "<ADDR>", "b": "<IP4>"}', "redefinition of group name 'ip4'"),
        ('{"a": "<F-USER>x</F-USER>"}', "No failure-id group in failjson"),
        ('{"a": "<DATE>"}', "No failure-id group in failjson"),
    ],
)
def test_rules_that_can_not_be_used(written, words):
    """A rule that can't be used is refused with the reason."""
    with pytest.raises(PatternError) as caught:
        rule(written)
    assert words in str(caught.value)


CADDY = '{"request.remote_ip": "<ADDR>", "status": "401|403", "ts": "<DATE>"}'


def build(*failjson, **settings):
    return Examiner(FilterSettings(failjson=failjson, **settings), jail="j")


def line(status=401, ts=NOW - 20.5, ip="192.0.2.1"):
    return json.dumps({"ts": ts, "request": {"remote_ip": ip, "uri": "/"}, "status": status})


def test_a_filter_of_rules_alone():
    """A JSON line gives a match with the date of its field; the stored line is whole."""
    engine = build(CADDY)
    (match,) = engine.process(line(), NOW, in_operation=True)
    assert (match.subject, match.at, match.lines) == ("192.0.2.1", NOW - 20.5, (line(),))
    assert engine.process(line(status=200), NOW, in_operation=True) == []
    assert engine.process("no json", NOW, in_operation=True) == []


@pytest.mark.parametrize(
    ("ts", "at"),
    [
        (NOW - 5, NOW - 5),
        ((NOW - 5) * 1e3, NOW - 5),
        (int(NOW - 5) * 10**6, NOW - 5),
        (int(NOW - 5) * 10**9, NOW - 5),
        ("2023-11-14T22:13:15Z", NOW - 5),
        ("2023-11-14T23:13:15.123+01:00", NOW - 5),
        ("1699999995", NOW - 5),
        (5, None),
        (True, None),
        ("never", None),
        (["x"], None),
    ],
)
def test_dates_of_fields(ts, at):
    """A date field is text in any known format, or a number whose size tells its unit."""
    found = build(CADDY).process(line(ts=ts), NOW, in_operation=False)
    assert [match.at for match in found] == ([] if at is None else [at])


def test_old_date_of_a_field():
    """In the old part of a log a line is skipped by the date of its field, whatever else it holds."""
    engine = build(CADDY)
    old = line(ts=NOW - 1000).replace('"/"', '"/2023-11-14 22:13:15"')
    assert engine.process(old, NOW, in_operation=False) == []
    new = line(ts=NOW - 10).replace('"/"', '"/2020-11-14 22:13:15"')
    assert len(engine.process(new, NOW, in_operation=False)) == 1


def test_last_date_holds_for_lines_without():
    """The date of a field holds for the following lines without date."""
    engine = build(CADDY)
    engine.process(line(status=200, ts=NOW - 30), NOW, in_operation=False)
    (match,) = engine.process(
        '{"request": {"remote_ip": "192.0.2.1"}, "status": 401}', NOW, in_operation=False
    )
    assert match.at == NOW - 30


def test_beside_failregex():
    """Rules and failregexes of a filter are numbered through; failregexes come first."""
    engine = build(CADDY, failregex=("bad <ADDR>$", '"remote_ip": "<IP4>"'), prefregex="^[{b]")
    assert [hit.number for hit in engine.examine("bad 192.0.2.1", NOW).hits] == [0]
    assert [hit.number for hit in engine.examine(line(), NOW).hits] == [1, 2]
    assert engine.rules.written[2] == CADDY


def test_prefregex_is_for_failregexes_alone():
    """A line that the prefregex does not match can still match a rule."""
    engine = build(CADDY, failregex=("bad <ADDR>$",), prefregex="^never")
    assert len(engine.process(line(), NOW, in_operation=True)) == 1


def test_ignoreregex_sees_the_whole_line():
    """An ignoreregex takes a match of a rule back."""
    engine = build(CADDY, ignoreregex=('"uri": "/"',))
    assert engine.process(line(), NOW, in_operation=True) == []
    assert [hit.verdict for hit in engine.examine(line(), NOW).hits] == [Verdict.IGNORED]


def test_sessions_over_rules():
    """A session joins lines of rules, as of failregexes."""
    engine = build(
        '{"id": "<F-MLFID>.+</F-MLFID>", "event": "<F-NOFAIL>open</F-NOFAIL>", "ip": "<ADDR>"}',
        '{"id": "<F-MLFID>.+</F-MLFID>", "event": "denied"}',
        datepattern="{NONE}",
    )
    assert engine.process("id=7 event=open ip=192.0.2.1", NOW, in_operation=True) == []
    (match,) = engine.process('{"id": 7, "event": "denied"}', NOW, in_operation=True)
    assert match.subject == "192.0.2.1"
    assert match.lines == ("id=7 event=open ip=192.0.2.1", '{"id": 7, "event": "denied"}')


def test_quarantine():
    """A rule is put in quarantine by its number behind the failregexes."""
    engine = build(CADDY, failregex=("bad <ADDR>$",))
    engine.quarantine(1)
    assert engine.process(line(), NOW, in_operation=True) == []
    assert len(engine.process("bad 192.0.2.1", NOW, in_operation=True)) == 1
