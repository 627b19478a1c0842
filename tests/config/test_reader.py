"""Whole configurations: what is read, what is said, and what goes on after a mistake."""

from __future__ import annotations

import pytest

from banward.config import read_configuration, stream

TWO = (
    "[one]\nenabled = true\nfilter = f\naction = a\n[two]\nenabled = true\nfilter = f\naction = a\n"
)


def names(configuration):
    """The jails that can run."""
    return [jail.name for jail in configuration.jails if not jail.skipped]


LOW = {"INFO", "DEBUG", "TRACE"}


def said(configuration):
    """What is said without being asked for more."""
    return [line.text for line in configuration.log if line.level not in LOW]


def test_jails_come_in_the_order_of_their_sections(read):
    """The order is that of first mention in any file; [INCLUDES] is no jail."""
    configuration = read(
        {"jail.conf": f"[INCLUDES]\nenabled = true\n{TWO}", "jail.local": "[two]\n[one]\n"}
    )

    assert names(configuration) == ["one", "two"]


def test_one_jail(read):
    """For ``reload JAIL`` only this jail is read, whatever is wrong with others."""
    configuration = read({"jail.conf": TWO, "jail.local": "[two]\nfilter = nope\n"}, jail="one")

    assert names(configuration) == ["one"]
    assert configuration.problems == ()


def test_a_jail_that_is_not_there(read):
    """It is fatal, in fail2ban's words."""
    configuration = read({"jail.conf": TWO}, jail="nosuch")

    assert configuration.fatal.words == "No section: 'nosuch'"
    assert configuration.log[-1].text == "Failed during configuration: No section: 'nosuch'"


def test_variables_that_are_always_there(read, tmp_path):
    """``fail2ban_version`` and ``fail2ban_confpath`` can be used in any jail."""
    text = "[j]\nenabled = true\nignorecommand = %(fail2ban_confpath)s %(fail2ban_version)s\n"

    (jail,) = read({"jail.conf": text}).jails

    assert jail.settings[0].value == f"{tmp_path}/etc 1.1.2.dev1"


def test_without_jail_files(write):
    """It is fatal that there is no jail file at all; the daemon's options are still read."""
    directory = write({"fail2ban.conf": "[Definition]\nlogtarget = L\n"})

    configuration = read_configuration(directory)

    assert configuration.fatal.words == "Read jails configuration failed."
    assert said(configuration) == [
        f"Found no accessible config files for 'jail' under {directory}",
        "Failed during configuration: Read jails configuration failed.",
    ]
    assert configuration.server.get("logtarget") == "L"


@pytest.mark.parametrize(
    ("local", "kind", "line"),
    [
        ("[one]\nmaxretry = 1\nmaxretry = 2\n", "duplicate-option", 3),
        ("[one]\n[two]\n[one]\nmaxretry = 2\n", "duplicate-section", 3),
        ("bantime = 1h\n[one]\nmaxretry = 2\n", "missing-section-header", 1),
        ("[one]\nmaxretry\nmaxretry = 2\n", "bad-line", 2),
        (b"[one]\n# \xff\nmaxretry = 2\n", "unreadable-file", 2),
    ],
)
def test_a_mistake_in_the_jail_files_stops_no_jail(read, tmp_path, local, kind, line):
    """fail2ban refuses such files; here the mistake is fatal for it, and all jails are read."""
    configuration = read({"jail.conf": TWO, "jail.local": local})

    fatal = configuration.fatal
    assert (kind, f"{tmp_path}/etc/jail.local", line) == (
        fatal.kind,
        fatal.place.file,
        fatal.place.line,
    )
    assert names(configuration) == ["one", "two"]
    assert ["set", "one", "maxretry", 2] in stream(configuration)


def test_the_log_ends_where_fail2ban_ends(read):
    """After the fatal problem nothing more is said, but everything is found."""
    configuration = read({"jail.conf": TWO, "jail.local": "x = 1\n[one]\nfilter = nope\n"})

    assert len(said(configuration)) == 1
    assert [p.kind for p in configuration.problems] == [
        "missing-section-header",
        "missing-filter-file",
    ]


def test_no_jail_left(read):
    """If no enabled jail can be read, fail2ban refuses, and says only why for each jail."""
    configuration = read(
        {"jail.conf": TWO, "jail.local": "[DEFAULT]\n[one]\nfilter = x\n[two]\nfilter = y\n"}
    )

    assert configuration.fatal.kind == "all-jails-skipped"
    assert said(configuration)[-1] == "Errors in jail 'two'. Skipping..."
    assert [c[0] for c in stream(configuration)[-2:]] == ["config-error", "config-error"]


def test_no_jail_is_switched_on(read):
    """That is fine."""
    configuration = read({"jail.conf": "[j]\n"})

    assert (configuration.jails, configuration.problems, said(configuration)) == ((), (), [])


def test_a_test_does_not_speak_of_skipping(read):
    """With ``-t`` the line about a broken jail is shorter."""
    configuration = read({"jail.conf": TWO, "jail.local": "[one]\nfilter = x\n"}, test=True)

    assert said(configuration)[-1] == "Errors in jail 'one'."
    assert configuration.is_broken


def test_a_problem_of_a_shared_file_is_told_once(read):
    """Two jails with the same broken filter give one problem."""
    text = "[Definition]\nfailregex = a <HOST>\nfailregex = b <HOST>\n"

    configuration = read({"jail.conf": TWO, "filter.d/f.conf": text})

    assert [p.kind for p in configuration.problems] == ["duplicate-option"]


def test_it_is_plain_data(read):
    """A configuration can be written as JSON, with the place of each value."""
    plain = read({"jail.conf": TWO, "jail.local": "[one]\nmaxretry = 2\n"}).as_plain()

    assert plain["jails"][0]["settings"][0]["value"] == 2
    assert plain["jails"][0]["settings"][0]["place"][1:] == [2, "one", "maxretry"]


def test_a_problem_reads_as_one_line(read, tmp_path):
    """It names file, line, section, key, what was found and what was expected."""
    configuration = read({"jail.conf": "[j]\nenabled = true\nmaxretry = abc\n"})

    assert str(configuration.problems[0]) == (
        f"{tmp_path}/etc/jail.conf:3: [j] maxretry: the default of maxretry is used, "
        "found 'abc', expected a whole number"
    )
