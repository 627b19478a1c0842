from __future__ import annotations

import pytest

from banward.link import Notice, Quarantine
from banward.matching import noting
from banward.matching.linetime import OddityKind
from banward.matching.rows import Reading, Swept
from banward.settings import FilterSettings, WatchSettings
from banward.watcher.guard import CarefulFilter, Guard, GuardedFilter
from banward.watcher.page import JAIL, KIND, NUMBER, TURN, Page
from watcher.rig import NOW, Rig, append, fail, jail

EVIL = r"^ (a+)+ <HOST>$"
"""Takes ages on a line of many a and no blank."""
BOMB = "a" * 40 + "!"


@pytest.fixture
def rig():
    rig = Rig()
    rig.guard._allowed = 1  # a quarter of a second is enough here
    rig.guard.arm()
    yield rig
    rig.guard.disarm()
    rig.close()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.touch()
    return path


def test_a_regex_that_runs_away_is_put_in_quarantine(rig, log):
    """The regex is left out from the line on which it ran away, and the warden told of both."""
    evil = jail("evil", log, regex=(r"fail from <HOST>$", EVIL))
    rig.configure(evil, jail("good", log))
    append(log, fail(1), f"{NOW:.0f} {BOMB}", fail(2))
    assert rig.run() == {"evil": [1, 2], "good": [1, 2]}
    (told,) = rig.of(Quarantine)
    assert (told.jail, told.index, told.pattern, told.source) == ("evil", 1, EVIL, str(log))
    assert told.line == f"{NOW:.0f} {BOMB}"
    append(log, f"{NOW:.0f} {BOMB}", fail(3))
    assert rig.run() == {"evil": [3], "good": [3]}
    assert len(rig.of(Quarantine)) == 1


@pytest.mark.parametrize("kind", ["ignoreregex", "prefregex"])
def test_other_regexes_are_watched_too(rig, log, kind):
    """An ignoreregex or prefregex that runs away is broken off as well."""
    pattern = r"^ (a+)+ (?P<content>fail.*)$" if kind == "prefregex" else r"^ (a+)+ $"
    value = pattern if kind == "prefregex" else (pattern,)
    regex = ("never one <HOST>", "a+! from <HOST>$")
    rig.configure(jail("evil", log, regex=regex, **{kind: value}))
    append(log, f"{NOW:.0f} {BOMB} from 192.0.2.1")
    rig.run()
    (told,) = rig.of(Quarantine)
    assert (told.pattern, told.index) == (pattern, 0)


def test_a_date_pattern_that_runs_away(rig, log):
    """A jail whose date pattern runs away again and again is given up, the others are not."""
    evil = jail("evil", log, datepattern=r"^(a+)+%Y")
    rig.configure(evil, jail("good", log))
    append(log, *[BOMB] * 5, fail(1))
    assert rig.run() == {"good": [1]}
    (told,) = rig.of(Quarantine)
    assert (told.jail, told.pattern) == ("evil", r"^(a+)+%Y")


def test_a_line_that_fails_is_told_and_left(rig, log, monkeypatch):
    """A fault of ours on one line stops neither jail nor watcher, and does not fill the log."""
    rig.configure(jail("a", log))
    rule = rig.following.lanes.at(str(log))[0].filters[0]
    search = rule._search

    def faulty(dated, view):
        if "poison" in view.text:
            raise ZeroDivisionError("division by zero")
        return search(dated, view)

    monkeypatch.setattr(rule, "_search", faulty)
    append(log, fail(1), *[f"{NOW:.0f} poison"] * 50, fail(2))
    assert rig.run() == {"a": [1, 2]}
    told = [n.message for n in rig.of(Notice) if "Failed to process line" in n.message]
    assert told == [
        f"[a] Failed to process line: '{NOW:.0f} poison', ZeroDivisionError('division by zero')"
    ]


def test_time_that_others_took_is_not_counted(rig, log):
    """The timer counts CPU time of this process: many quick lines are no long one."""
    rig.configure(jail("a", log))
    append(log, *(fail(n % 250) for n in range(30_000)))
    found = rig.run()
    assert len(found["a"]) == 30_000
    assert rig.of(Quarantine) == []


@pytest.fixture
def page():
    with Page() as page:
        yield page


def test_the_page_tells_which_line_is_at_work(page):
    """Each line is a turn; the jail stands on the page."""
    rule = GuardedFilter(jail("a"), Guard(page), 3)
    rule.process(fail(1), NOW, in_operation=True)
    rule.process(fail(1), NOW, in_operation=True)
    assert (page.words[TURN], page.words[JAIL]) == (2, 3)


def test_a_careful_filter_notes_each_regex(page):
    """While a careful filter searches, kind and number of the regex stand on the page."""
    seen = []
    guard = Guard(page)

    class Spy(CarefulFilter):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if name == "doing" and hasattr(self, "_guard"):
                seen.append((page.words[KIND], page.words[NUMBER]))

    rule = Spy(jail("a", regex=("x <HOST>", "y <HOST>")), guard, 1)
    rule.process(f"{NOW:.0f} z", NOW, in_operation=True)
    assert seen == [(1, 0), (1, 1), (0, 0)]


def test_a_quarantined_pattern_is_not_tried(page):
    """A filter is told by the pattern what to leave out, for numbers may have changed."""
    rule = GuardedFilter(jail("a", regex=(EVIL, "fail from <HOST>$")), Guard(page), 1)
    rule.quarantine_pattern(EVIL)
    rule.quarantine_pattern("no pattern of this jail")
    assert rule.process(f"{NOW:.0f} {BOMB}", NOW, in_operation=True) == []
    assert len(rule.process(fail(1), NOW, in_operation=True)) == 1


SWEPT = FilterSettings(failregex=(r"^ bad <HOST>$",), datepattern="{^LN-BEG}", usedns="no")
LINE = "Nov 14 22:13:20 bad 192.0.2."


@pytest.fixture
def swept(page):
    """A filter, and what a sweep told it of three lines."""
    rule = GuardedFilter(WatchSettings("swept", SWEPT), Guard(page), 1)
    if rule.sweep is None:
        pytest.skip("there is no library of PCRE2")
    rule.process(f"{LINE}9", NOW, in_operation=True)  # the date is known from now on
    rows = rule.sweep.rows("".join(f"{LINE}{n}\n" for n in (1, 2, 3)).encode())
    return rule, Swept(rows, Reading(NOW, in_operation=True), 0)


def test_a_swept_line_that_fails_is_left(swept, monkeypatch):
    """What goes wrong with one line of a sweep costs this line only, and is told."""
    rule, lines = swept

    def of_address(text):
        if text == "192.0.2.2":
            raise RuntimeError("oops")
        return text

    monkeypatch.setattr(noting, "of_address", of_address)
    found = []
    assert rule.settle(lines, 0, found) == 3
    assert [match.subject for _, match in found] == ["192.0.2.1", "192.0.2.3"]
    (told,) = rule._guard.failures
    assert f"{LINE}2" in told


def test_a_sweep_that_re_does_not_agree_with_ends(swept):
    """If ``re`` captures something else, it looks at every line from then on, and that is told."""
    rule, lines = swept
    others = [(*row[:3], row[3].replace("192.0.2.", "198.51.100.")) for row in lines.rows]
    lines = lines._replace(rows=others)
    found = []
    assert rule.settle(lines, 0, found) == 0
    assert (found, rule.sweep) == ([], None)
    assert [oddity.kind for oddity in rule.take_oddities()] == [OddityKind.DISAGREEMENT]
