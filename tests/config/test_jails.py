"""Jails: their options, and what becomes of one that can't run."""

from __future__ import annotations

import pytest

from banward.config import stream


def said(configuration, *levels):
    """The log lines of some levels, as logger and text."""
    return [(line.logger, line.text) for line in configuration.log if line.level in levels]


def settings(jail):
    """The options of a jail by name."""
    return {setting.name: setting.value for setting in jail.settings}


def test_options_have_their_types(read_jail):
    """Numbers and switches are no texts; times stay texts; what is not set is not there."""
    jail = read_jail(
        "maxretry = 3\nbantime = 1h\nbantime.increment = YES\nignoreself = y\nother = 1\n"
    )

    assert settings(jail) == {
        "maxretry": 3,
        "bantime": "1h",
        "bantime.increment": True,
        "ignoreself": False,
    }


def test_each_option_knows_its_place(read_jail, tmp_path):
    """The place is that of the file and line that is in force."""
    jail = read_jail(
        "maxretry = 1\n", {"jail.local": "[DEFAULT]\nbantime = 1\n[j]\nmaxretry = 2\n"}
    )

    places = {s.name: (s.place.file, s.place.line, s.place.section) for s in jail.settings}
    local = f"{tmp_path}/etc/jail.local"
    assert places == {"maxretry": (local, 4, "j"), "bantime": (local, 2, "DEFAULT")}
    assert jail.place.line == 1


@pytest.mark.parametrize(
    ("section", "kind", "words"),
    [
        ("filter = nope", "missing-filter-file", "Unable to read the filter 'nope'"),
        ("action = nope", "missing-action-file", "Unable to read action 'nope'"),
        (
            "action = a[x",
            "bad-action-syntax",
            "Invalid action definition 'a[x': unexpected option syntax",
        ),
        (
            "filter = f[x",
            "bad-filter-syntax",
            "Invalid filter definition 'f[x': unexpected option syntax",
        ),
    ],
)
def test_a_bad_reference_stops_only_its_jail(read, section, kind, words):
    """The jail is skipped in fail2ban's words; the others run; the problem has a line."""
    head = "[bad]\nenabled = true\nfilter = f\naction = a\n"
    local = f"[bad]\n{section}\n[good]\nenabled = true\nfilter = f\naction = a\n"
    configuration = read({"jail.conf": head, "jail.local": local})

    (problem,) = configuration.problems
    assert (kind, "bad", 2, False) == (
        problem.kind,
        problem.jail,
        problem.place.line,
        problem.fatal,
    )
    skipped = f"Jail 'bad' skipped, because of wrong configuration: {words}"
    assert configuration.jail("bad").skipped == skipped
    assert configuration.jail("good").skipped == ""
    assert configuration.fatal is None
    assert configuration.is_broken
    assert ("jailreader", words) in said(configuration, "ERROR")
    assert said(configuration, "ERROR")[-1] == (
        "jailsreader",
        "Errors in jail 'bad'. Skipping...",
    )


def test_a_near_name_is_proposed(read):
    """A missing filter comes with the likeliest name that was meant."""
    configuration = read(
        {"jail.conf": "[j]\nenabled = 1\nfilter = sshdd\n", "filter.d/sshd.conf": ""}
    )

    assert configuration.problems[0].hint == "did you mean 'sshd'?"


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("bantime = %(nothere)s", "interpolation-missing-option"),
        ("ignorecommand = 50% x", "interpolation-syntax"),
        ("filter = loop", "circular-tag"),
        ("action = loop", "circular-tag"),
        ('action = a[x="%%Y"]\n  percent', "interpolation-missing-option"),
    ],
)
def test_what_stops_fail2ban_stops_only_the_jail(read, section, kind):
    """fail2ban refuses the whole configuration; here it is fatal, but the other jail is sound."""
    base = "enabled = true\nfilter = f\naction = a\n"
    configuration = read(
        {
            "jail.conf": f"[bad]\n{base}[good]\n{base}",
            "jail.local": f"[bad]\n{section}\n",
            "filter.d/loop.conf": "[Definition]\nfailregex = <v>\nv = <w>\nw = <v>\n",
            "action.d/loop.conf": "[Definition]\nactionban = <v>\nv = <w>\nw = <v>\n",
            "action.d/percent.conf": "[Definition]\nactionban = %(v)s\n",
        }
    )

    assert kind == configuration.fatal.kind
    assert configuration.fatal.jail == "bad"
    assert configuration.log[-1].text == f"Failed during configuration: {configuration.fatal.words}"
    assert configuration.jail("bad").skipped
    assert ["start", "good"] in stream(configuration)
    assert ["start", "bad"] not in stream(configuration)


def test_a_mistake_in_a_filter_file_is_mended_as_far_as_possible(read):
    """An option twice in a filter stops fail2ban; here the last one is used, and it is told."""
    text = "[Definition]\nfailregex = a <HOST>\nfailregex = b <HOST>\n"
    configuration = read(
        {"jail.conf": "[j]\nenabled = true\nfilter = f\naction = a\n", "filter.d/f.conf": text}
    )

    assert (
        configuration.fatal.kind,
        configuration.fatal.jail,
        configuration.fatal.place.line,
    ) == ("duplicate-option", "j", 3)
    assert configuration.jail("j").filter.failregex == ("b <HOST>",)


def test_a_switched_off_jail_is_read_no_further(read):
    """Only enabled, backend and filter of it are expanded; nothing else can fail."""
    text = "[j]\nfilter = nope\naction = %(nothere)s\n[k]\nenabled = y\n"

    configuration = read({"jail.conf": text})

    assert (configuration.jails, configuration.problems) == ((), ())


def test_without_filter_and_action(read):
    """It is allowed, with a warning each; the jail's own regexes are used."""
    configuration = read({"jail.conf": "[j]\nenabled = true\nfailregex = x <HOST>\n"})

    assert said(configuration, "WARNING") == [
        ("jailreader", "No filter set for jail j"),
        ("jailreader", "No actions were defined for j"),
    ]
    assert configuration.jail("j").filter.failregex == ("x <HOST>",)


def test_a_filter_without_definition(read):
    """It is told of; the jail starts without regexes."""
    configuration = read(
        {"jail.conf": "[j]\nenabled = true\nfilter = f\n", "filter.d/f.conf": "[Init]\nx = 1\n"}
    )

    assert ("configreader", "No section: 'Definition'") in said(configuration, "ERROR")
    assert configuration.problems[0].kind == "missing-section"
    assert configuration.jail("j").filter.failregex == ()


# Log files ---------------------------------------------------------------------------------------

NO_LOGS = "Have not found any log file for 'j' jail."


def without_logs(read, section, **options):
    """A jail whose log file is missing."""
    text = f"[j]\nenabled = true\nfilter = f\naction = a\nlogpath = /nonexistent\n{section}\n"
    return read({"jail.conf": text}, **options)


def test_a_missing_log_is_fatal_for_fail2ban(read):
    """fail2ban starts nothing; here it is told so, and the jail waits for its file."""
    configuration = without_logs(read, "")

    assert (configuration.fatal.kind, configuration.fatal.words) == ("missing-log-file", NO_LOGS)
    assert configuration.log[-1].text == f"Failed during configuration: {NO_LOGS}"
    (pattern,) = configuration.jail("j").logs
    assert (pattern.pattern, pattern.found) == ("/nonexistent", ())


def test_a_missing_log_is_a_warning_in_a_dump(read):
    """With ``-d`` the jail is shown without the file."""
    configuration = without_logs(read, "", dump=True)

    assert configuration.fatal is None
    assert not configuration.is_broken
    assert said(configuration, "WARNING") == [("jailreader", NO_LOGS)]


def test_skip_if_nologs(read):
    """The jail is skipped, and the configuration counts as good."""
    configuration = without_logs(read, "skip_if_nologs = true")

    skipped = "Jail 'j' skipped, because of missing log files."
    assert configuration.jail("j").skipped == skipped
    assert said(configuration, "WARNING") == [("jailreader", NO_LOGS), ("jailreader", skipped)]
    assert configuration.fatal is None
    assert not configuration.is_broken


@pytest.mark.parametrize("match", ["jail", "filter"])
def test_a_jail_turns_to_the_journal(read, match):
    """Without files and with a journalmatch, its own or its filter's, it reads the journal."""
    own = "journalmatch = _COMM=x" if match == "jail" else ""
    other = "journalmatch = _COMM=x\n" if match == "filter" else ""
    text = f"[j]\nenabled = true\nfilter = g\naction = a\nlogpath = /nonexistent\n{own}\n"
    configuration = read(
        {
            "jail.conf": text,
            "filter.d/g.conf": f"[Definition]\nfailregex = <logtype>\n{other}",
        }
    )

    jail = configuration.jail("j")
    assert (jail.backend, jail.logs) == ("systemd", ())
    assert jail.filter.failregex == ("journal",)
    assert said(configuration, "WARNING") == [
        ("jailreader", f"{NO_LOGS} Jail will monitor systemd journal.")
    ]
    assert configuration.problems == ()


@pytest.mark.parametrize("section", ["systemd_if_nologs = no", "backend = polling"])
def test_a_jail_that_may_not_turn_to_the_journal(read, section):
    """It is for backend auto, and can be switched off."""
    configuration = without_logs(read, f"journalmatch = _COMM=x\n{section}")

    assert configuration.fatal.kind == "missing-log-file"


def test_a_journal_needs_no_logs(read):
    """With backend systemd the logpath is not looked at."""
    configuration = without_logs(read, "backend = systemd[journalflags=1]")

    assert configuration.problems == ()
    assert configuration.jail("j").logs == ()


def test_own_options_of_a_filter_may_stand_in_the_jail(read_jail):
    """``failjson`` in a jail replaces that of its filter, as failregex does."""
    files = {"filter.d/f.conf": "[Definition]\nfailjson = no\n"}

    assert read_jail("failjson = a\n  b\n", files).filter.failjson == ("a", "b")
