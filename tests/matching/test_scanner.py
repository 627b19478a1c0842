"""Blocks in, matches out."""

from banward.matching.block_filter import BlockFilter
from banward.matching.linetime import OddityKind
from banward.matching.scanner import Scanner
from banward.records import Batch, Position
from banward.settings import FilterSettings

NOW = 1_700_000_000.0


def build(jail, *failregex, **settings):
    settings.setdefault("datepattern", "{NONE}")
    return BlockFilter(FilterSettings(failregex=failregex, **settings), jail=jail)


def scanner(**failregex):
    return Scanner({jail: build(jail, regex) for jail, regex in failregex.items()})


def batch(data, start=0, *, catching_up=False, stamps=None):
    return Batch("log", data, start, NOW, catching_up, Position(start + len(data)), stamps)


def subjects(matches):
    return [(match.jail, match.subject) for match in matches]


def test_matches_come_in_the_order_of_lines():
    """All jails see the block; what they find is in the order of the lines."""
    found = scanner(a="^a <ADDR>$", any="^\\w <ADDR>$").scan(
        batch(b"b 192.0.2.1\nx\na 192.0.2.2\n"), NOW, {}
    )
    assert subjects(found) == [("any", "192.0.2.1"), ("a", "192.0.2.2"), ("any", "192.0.2.2")]


def test_lines_before_the_start_of_a_jail_are_skipped():
    """A jail that joined later counts no line that was there before."""
    data = b"a 192.0.2.1\na 192.0.2.2\na 192.0.2.3\n"
    found = scanner(old="^a <ADDR>$", new="^a <ADDR>$").scan(batch(data, 100), NOW, {"new": 112})
    assert subjects(found) == [
        ("old", "192.0.2.1"),
        ("old", "192.0.2.2"),
        ("new", "192.0.2.2"),
        ("old", "192.0.2.3"),
        ("new", "192.0.2.3"),
    ]


def test_sessions_go_on_over_blocks():
    """What a block left open is known in the next one."""
    rule = build(
        "s",
        "^<F-MLFID>s\\d</F-MLFID> <F-NOFAIL>open</F-NOFAIL> <ADDR>$",
        "^<F-MLFID>s\\d</F-MLFID> bad$",
    )
    blocks = Scanner({"s": rule})
    assert blocks.scan(batch(b"s1 open 192.0.2.1\n", 50), NOW, {}) == []
    assert rule.replay_from("log", NOW) == 50
    assert subjects(blocks.scan(batch(b"s1 bad\n", 68), NOW, {})) == [("s", "192.0.2.1")]


def test_stamps_are_times_and_offsets():
    """A journal gives each line its time, which is also where it stands."""
    blocks = scanner(j="^bad <ADDR>$")
    found = blocks.scan(
        batch(b"bad 192.0.2.1\nbad 192.0.2.2\n", stamps=(NOW - 9, NOW - 5)), NOW, {"j": NOW - 5}
    )
    assert [(match.subject, match.at) for match in found] == [("192.0.2.2", NOW - 5)]


def test_old_lines_count_only_while_catching_up():
    """In the old part of a log a line without time gives no failure."""
    rule = build("a", "^a <ADDR>$", datepattern="")
    assert Scanner({"a": rule}).scan(batch(b"a 192.0.2.1\n", catching_up=True), NOW, {}) == []


def test_undecodable_line_is_told_once_and_processed():
    """A line with foreign bytes still counts; it is told once a day."""
    rule = build("a", "^a <ADDR>", logencoding="utf-8")
    found = Scanner({"a": rule}).scan(batch(b"a 192.0.2.1 \xff\na 192.0.2.1 \xff\n"), NOW, {})
    assert len(found) == 2
    assert [(odd.kind, odd.line) for odd in rule.take_oddities()] == [
        (OddityKind.UNDECODABLE, "b'a 192.0.2.1 \\xff\\n'")
    ]


def test_filters_with_different_encodings():
    """Each filter reads the bytes in its own encoding."""
    blocks = Scanner(
        {
            encoding: build(encoding, "^f\xfcr <ADDR>$", logencoding=encoding)
            for encoding in ("utf-8", "latin-1")
        }
    )
    assert subjects(blocks.scan(batch(b"f\xfcr 192.0.2.1\n"), NOW, {})) == [
        ("latin-1", "192.0.2.1")
    ]


def test_nobody_works_after_a_scan():
    """The watchdog sees no jail when nothing is searched."""
    blocks = scanner(a="^a <ADDR>$")
    blocks.scan(batch(b"a 192.0.2.1\n"), NOW, {})
    assert blocks.jail is None
