"""The command stream, where the captured cases say nothing: what is ours, and reports."""

from __future__ import annotations

from banward.config import stream


def test_our_own_options_are_commands_of_their_own(read):
    """They are sent only if they are set, and under a word that fail2ban does not have."""
    text = "[j]\nenabled = true\nfilter = f\naction = a\nfailjson = x\n  y\n"
    configuration = read({"jail.conf": text, "banward.conf": "[Definition]\nmax_ban_rate = 9\n"})

    ours = [command for command in stream(configuration) if "banward" in command]
    assert ours == [
        ["set", "banward", "max_ban_rate", "9"],
        ["set", "j", "banward", "failjson", "x\ny"],
    ]


def test_a_report_tells_of_what_stops_fail2ban(read, tmp_path):
    """For the server's log, each fatal problem is a config-error with file and line."""
    text = "x = 1\n[j]\nenabled = true\nfilter = f\naction = a\n"
    configuration = read({"jail.conf": text})

    told = [command for command in stream(configuration, report=True) if "config-error" in command]
    assert told == [["config-error", str(configuration.fatal)]]
    assert f"{tmp_path}/etc/jail.conf:1" in told[0][1]
    assert "config-error" not in [command[0] for command in stream(configuration)]


def test_a_report_has_the_patterns_of_log_paths(read, tmp_path):
    """So that the server finds files that come later."""
    (tmp_path / "a.log").touch()
    text = f"[j]\nenabled = true\nfilter = f\naction = a\nlogpath = {tmp_path}/*.log tail\n"
    configuration = read({"jail.conf": text})

    added = ["set", "j", "addlogpath", f"{tmp_path}/a.log", "tail"]
    pattern = ["set", "j", "banward", "logpath", f"{tmp_path}/*.log tail"]
    assert added in stream(configuration)
    assert pattern not in stream(configuration)
    assert pattern in stream(configuration, report=True)


def test_addresses_are_words(read):
    """Ignoreip is one command; blanks, commas and newlines separate."""
    text = "[j]\nenabled = true\nignoreip = 127.0.0.1/8, ::1\n  192.0.2.1 host\n"

    sent = ["set", "j", "addignoreip", "127.0.0.1/8", "::1", "192.0.2.1", "host"]
    assert sent in stream(read({"jail.conf": text}))


def test_server_options_lead(read):
    """They come in fail2ban's order before all jails; socket and pidfile are not sent."""
    text = "[Definition]\ndbmaxmatches = 5\n[Thread]\nstacksize = 64\n"

    commands = stream(read({"jail.conf": "", "fail2ban.conf": text}))

    assert [command[1] for command in commands] == [
        "thread",
        "syslogsocket",
        "loglevel",
        "logtarget",
        "allowipv6",
        "dbfile",
        "dbmaxmatches",
        "dbpurgeage",
    ]
    assert commands[0] == ["set", "thread", {"stacksize": 64}]
