"""All problems at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from banward.config import shipped_rules
from banward.config.check import check_configuration
from banward.errors import PatternError

HEAD = "[j]\nenabled = true\nfilter = f\naction = a\n"
FILES = {
    "fail2ban.conf": "[Definition]\n",
    "filter.d/f.conf": "[Definition]\nfailregex = ^bad <HOST>$\n",
    "action.d/a.conf": "[Definition]\nactionban = ban <ip> <x>\n[Init]\nx = 1\n",
    "action.d/b.conf": "[Definition]\nactionban = ban <ip>\n",
}


@pytest.fixture
def check(write):
    """The problems of a configuration with the jail j, whose further lines are given."""

    def check_files(section="", files=None, **options):
        directory = write({**FILES, "jail.conf": f"{HEAD}{section}\n", **(files or {})})
        return check_configuration(directory, **options).problems

    return check_files


def brief(problems):
    """Kind, level, key or section, and hint of each problem."""
    return [(p.kind, p.level, p.place.key or p.place.section, p.hint) for p in problems]


def test_a_sound_configuration(check):
    """It has no problems; variables of the user's own are none."""
    section = "port = 22\nmode = x\nmine = 3\nignorecommand = %(mine)s\nbantime.increment = true"

    assert check(section) == ()


@pytest.mark.parametrize(
    ("section", "key", "hint"),
    [
        ("maxretri = 3", "maxretri", "did you mean 'maxretry'?"),
        ("[DEFAULT]\nignorself = true", "ignorself", "did you mean 'ignoreself'?"),
        ("zzz = 3", "zzz", ""),
    ],
)
def test_options_that_nothing_knows(check, section, key, hint):
    """They are warned about, with the likeliest name that was meant."""
    assert brief(check(section)) == [("unknown-option", "warning", key, hint)]


def test_variables_in_default_are_no_mistake(check):
    """Whatever is no slip in [DEFAULT] is a stock of values, used or not."""
    assert check("[DEFAULT]\naction_mine = x\nbantime_long = 1w\nmine = 1") == ()


def test_slips_in_filter_and_action(check):
    """An option of a filter or action that is much like a standard one is warned about."""
    files = {
        "filter.d/f.local": "[Definition]\nignoreregexp = x\n_mine = y\n",
        "action.d/a.local": "[Definition]\nactionunbann = x\nhelper = y\n",
    }

    assert brief(check("", files)) == [
        ("unknown-option", "warning", "ignoreregexp", "did you mean 'ignoreregex'?"),
        ("unknown-option", "warning", "actionunbann", "did you mean 'actionunban'?"),
    ]


def test_parameters_that_nothing_knows(check):
    """A parameter must be an option of the filter or action, or stand in one of its tags."""
    files = {"jail.local": "[j]\nfilter = f[mode=x, w=1]\naction = a[x=2, y=3, port=1, z=<x>]\n"}

    found = check("", files)

    assert [(p.kind, p.message[-3:]) for p in found] == [
        ("unknown-parameter", "'w'"),
        ("unknown-parameter", "'y'"),
        ("unknown-parameter", "'z'"),
    ]


def test_parameters_inside_of_composed_tags(check):
    """``<re-<m>>`` uses m, and any re-..."""
    text = "[Definition]\nfailregex = <re-<m>> <HOST>\nre-a = 1\n"
    files = {"filter.d/f.conf": text, "jail.local": "[j]\nfilter = f[m=a, re-b=2]\n"}

    assert check("", files) == ()


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"jail.local": "[j]\nignoreip = ::1\n  maxretry = 3\n"}, "maxretry = 3"),
        ({"filter.d/f.local": "[Definition]\nfailregex = x\n ignoreregex =\n"}, "ignoreregex ="),
    ],
)
def test_an_indented_option(check, files, line):
    """An option that became a part of the value above it is told of."""
    (problem,) = check("", files)

    assert ("indented-option", line) == (problem.kind, problem.value)


@pytest.mark.parametrize(
    ("option", "value", "level"),
    [
        ("bantime", "abc", "error"),
        ("findtime", "10m # ten minutes", "error"),
        ("backend", "sytemd", "error"),
        ("logencoding", "utf8x", "error"),
        ("logtimezone", "Mars", "error"),
        ("bantime.multipliers", "1,2", "error"),
        ("bantime.formula", "open(ban.Time)", "error"),
        ("bantime.factor", "two", "error"),
        ("maxmatches", "-1", "error"),
        ("maxlines", "0", "error"),
        ("usedns", "maybe", "warning"),
        ("ignoreself", "ture", "warning"),
    ],
)
def test_values_that_the_server_does_not_take(check, option, value, level):
    """Each is told of with its place, what was found and what was expected."""
    (problem,) = check(f"{option} = {value}")

    assert ("bad-value", level, option) == (problem.kind, problem.level, problem.place.key)
    assert (problem.value, problem.place.line) == (value, 5)
    assert problem.expected


def test_a_quote_that_is_not_closed(check):
    """It is told of in a journalmatch."""
    assert [p.kind for p in check("journalmatch = _COMM='x\n")] == ["bad-value"]


def test_a_number_is_told_of_once(check):
    """What the reader told of is not told again."""
    assert [p.kind for p in check("maxretry = abc")] == ["wrong-type"]


def test_two_actions_of_one_name(check):
    """The server takes only one of them."""
    files = {"jail.local": "[j]\naction = b b\n"}

    (problem,) = check("", files)

    assert (problem.kind, problem.level) == ("duplicate-action", "error")
    assert "actname" in problem.hint


def test_a_time_limit_where_it_has_no_effect(check):
    """fail2ban reads ``timeout`` of an action in ``[Init]`` only."""
    limited = FILES["action.d/a.conf"].replace("[Definition]\n", "[Definition]\ntimeout = 5\n")

    found = check("", {"action.d/a.conf": limited})

    hint = "write it below [Init]"
    assert brief(found) == [("misplaced-option", "warning", "timeout", hint)]
    assert check("", {"action.d/a.conf": f"{FILES['action.d/a.conf']}timeout = 5\n"}) == ()


def test_files_that_are_missing(check, tmp_path):
    """A Python action, a log file among others that are there."""
    (tmp_path / "a.log").touch()
    files = {"jail.local": f"[j]\naction = p.py\nlogpath = {tmp_path}/a.log\n  /nonexistent\n"}

    assert [(p.kind, p.level) for p in check("", files)] == [
        ("missing-action-file", "error"),
        ("missing-log-file", "warning"),
    ]


def test_a_jail_that_can_find_nothing(check):
    """A jail without any regex is warned about."""
    found = check("", {"filter.d/f.conf": "[Definition]\n"})

    assert [(p.kind, p.level) for p in found] == [("no-failregex", "warning")]


def try_regexes(definition):
    """Compiles the regexes of a filter."""
    texts = (*definition.failregex, *definition.ignoreregex, definition.prefregex)
    texts = (*texts, *definition.failjson)
    for text in (*texts, definition.datepattern):
        try:
            re.compile(text)
        except re.error as error:
            raise PatternError(str(error)) from error


def test_patterns_that_can_not_be_compiled(check, tmp_path):
    """Each bad one is told of by itself, with the line on which it stands."""
    text = (
        "[Definition]\nfailregex = a <HOST>\n  b( <HOST>\n  c <HOST>\n  d) <HOST>\n"
        "ignoreregex = e[\ndatepattern = %%Y(\nfailjson = {}\n  f(\n"
    )

    found = check("", {"filter.d/f.conf": text}, try_filter=try_regexes)

    assert [(p.kind, p.value, p.place.line) for p in found] == [
        ("bad-pattern", "e[", 6),
        ("bad-pattern", "b( <HOST>", 3),
        ("bad-pattern", "d) <HOST>", 5),
        ("bad-pattern", "%Y(", 7),
        ("bad-pattern", "f(", 9),
    ]
    assert {p.place.file for p in found} == {f"{tmp_path}/etc/filter.d/f.conf"}


def test_the_daemons_options(check, tmp_path):
    """Their names and values are looked at as well."""
    files = {
        "fail2ban.conf": "[DEFAULT]\nmine = 1\nloglevle = INFO\n[Definition]\ndbpurgeage = x\n",
        "banward.conf": "[Definition]\nmax_ban_rates = 3\nbans_on_sigterm = keeep\n",
    }

    assert brief(check("", files)) == [
        ("unknown-option", "warning", "loglevle", "did you mean 'loglevel'?"),
        ("unknown-option", "warning", "max_ban_rates", "did you mean 'max_ban_rate'?"),
        ("bad-value", "error", "dbpurgeage", ""),
        ("bad-value", "error", "bans_on_sigterm", "did you mean 'keep'?"),
    ]


def test_everything_at_once(check):
    """A broken jail hides nothing of the others, nor what else is wrong with itself."""
    local = "[DEFAULT]\nignorself = x\n[j]\nfilter = nosuch\nbantime = x\nfoo = 1\n"
    more = "findtime = %(nothere)s\naction = nosuch\n  a[x\n  b\n"
    other = HEAD.replace("[j]", "[k]") + "bantime = y\n"

    found = check("", {"jail.local": local + more + other})

    kinds = sorted((p.kind, p.jail) for p in found)
    assert kinds == [
        ("bad-action-syntax", "j"),
        ("bad-value", "j"),
        ("bad-value", "k"),
        ("interpolation-missing-option", "j"),
        ("missing-action-file", "j"),
        ("missing-filter-file", "j"),
        ("unknown-option", "j"),
        ("unknown-option", "j"),
    ]


def test_the_shipped_jails_are_sound(write):
    """All shipped jails, switched on, have no error; no name in them is a slip."""
    local = "[DEFAULT]\nenabled = true\nbackend = systemd\n"
    directory = write({"jail.local": local})

    found = check_configuration(directory, fallback=shipped_rules()).problems

    assert [str(p) for p in found if p.kind in {"unknown-option", "indented-option"}] == []
    assert [str(p) for p in found if p.level == "error"] == []


REAL = Path(__file__).parents[3] / "shared" / "real-configs"


@pytest.mark.skipif(not REAL.exists(), reason="../shared/real-configs is not here")
def test_real_configurations_are_not_blamed(tmp_path):
    """Of the published configurations that work, few have options that nothing knows."""
    blamed = set()
    for folder in sorted(REAL.iterdir()):
        meta = folder / "expected-meta.json"
        if meta.exists() and json.loads(meta.read_text("utf-8"))["exit_code"] == 0:
            found = check_configuration(folder, fallback=shipped_rules(), root=str(tmp_path))
            kinds = {"unknown-option", "indented-option"}
            blamed |= {p.place.key for p in found.problems if p.kind in kinds}

    assert blamed <= {"logfile", "bantime.max", "ignorself"}


def test_a_word_that_switches_a_jail_off_by_mistake(check):
    """Whatever is no word for yes means no (spec 2.2), which is warned about."""
    problems = check(files={"jail.d/x.conf": "[other]\nenabled = yess\n[third]\nenabled = off\n"})
    assert brief(problems) == [("bad-value", "warning", "enabled", "")]
    assert problems[0].place.section == "other"


def test_all_that_is_wrong_with_a_jail_is_told_at_once(check):
    """Its patterns too, if something else keeps it from running already."""

    def refuse(definition):
        raise PatternError("no such pattern")

    problems = check(
        files={"jail.local": "[j]\naction = a[x=1\n"},
        try_filter=refuse,
    )
    assert [p.kind for p in problems if p.level == "error"] == [
        "all-jails-skipped",
        "bad-action-syntax",
        "bad-pattern",
    ]
