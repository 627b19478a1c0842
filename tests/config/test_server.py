"""The daemon's options."""

from __future__ import annotations

import pytest

from banward.config import read_configuration, read_server
from banward.config.model import ProblemError


def values(server):
    """The options by name."""
    return {setting.name: setting.value for setting in server.settings}


DEFAULTS = {
    "syslogsocket": "auto",
    "loglevel": "INFO",
    "logtarget": "/var/log/fail2ban.log",
    "socket": "/var/run/fail2ban/fail2ban.sock",
    "pidfile": "/var/run/fail2ban/fail2ban.pid",
    "allowipv6": "auto",
    "dbfile": "/var/lib/fail2ban/fail2ban.sqlite3",
    "dbpurgeage": "1d",
}


def test_defaults(write):
    """An empty file gives the built-in values; dbmaxmatches and stacksize are not set."""
    assert values(read_server(write({"fail2ban.conf": "[Definition]\n"}))) == DEFAULTS


def test_values_of_all_files(write, tmp_path):
    """[Definition] goes before [DEFAULT], a later file before an earlier; places are kept."""
    server = read_server(
        write(
            {
                "fail2ban.conf": "[DEFAULT]\nlogtarget = D\nloglevel = debug\n[Definition]\n"
                "dbfile = F\n[Thread]\nstacksize = 64\n",
                "fail2ban.d/x.conf": "[Definition]\ndbmaxmatches = 7\n",
                "fail2ban.local": "[DEFAULT]\nlogtarget = L\n",
            }
        )
    )

    assert values(server) == {
        **DEFAULTS,
        "stacksize": 64,
        "logtarget": "L",
        "loglevel": "debug",
        "dbfile": "F",
        "dbmaxmatches": 7,
    }
    place = next(s.place for s in server.settings if s.name == "logtarget")
    assert (place.file, place.line) == (f"{tmp_path}/etc/fail2ban.local", 2)


def test_the_command_line_goes_first(write):
    """What is given on the command line is not read from the files, even if it is broken there."""
    directory = write({"fail2ban.conf": "[Definition]\nlogtarget = %(x)s\n"})

    server = read_server(directory, overrides={"logtarget": "STDOUT", "loglevel": "DEBUG"})

    assert (server.get("logtarget"), server.get("loglevel")) == ("STDOUT", "DEBUG")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[Definition]\nloglevel = FOO\n", "Invalid log level 'FOO'"),
        (
            "[Definition]\nsocket = %(x)s\n",
            "Bad value substitution: option 'socket' in section 'Definition' contains an "
            "interpolation key 'x' which is not a valid option name. Raw value: '%(x)s'",
        ),
        (
            "[Definition]\n[Definition]\n",
            "While reading from 'DIR/fail2ban.conf' [line  2]: section 'Definition' already exists",
        ),
    ],
)
def test_what_stops_a_client(write, text, words):
    """It is an error in fail2ban's words; a whole configuration goes on with the default."""
    directory = write({"fail2ban.conf": text, "jail.conf": ""})

    with pytest.raises(ProblemError) as error:
        read_server(directory)

    assert error.value.problem.words == words.replace("DIR", str(directory))
    assert error.value.place.file == f"{directory}/fail2ban.conf"
    configuration = read_configuration(directory)
    assert configuration.fatal == error.value.problem
    assert values(configuration.server) == DEFAULTS


def test_without_any_file(write):
    """It is an error that there is no fail2ban.conf."""
    with pytest.raises(ProblemError) as error:
        read_server(write({"jail.conf": ""}))

    assert error.value.problem.words == "Read fail2ban configuration failed."


def test_a_number_that_is_none(write):
    """It is a warning; the server keeps its default."""
    directory = write({"fail2ban.conf": "[Definition]\ndbmaxmatches = x\n", "jail.conf": ""})

    configuration = read_configuration(directory)

    assert configuration.server.get("dbmaxmatches") is None
    assert [p.kind for p in configuration.problems] == ["wrong-type"]
    assert configuration.fatal is None


def test_what_only_banward_knows(write):
    """It stands in banward.conf or in fail2ban.conf; the former goes first."""
    directory = write(
        {
            "fail2ban.conf": "[Definition]\nmax_ban_rate = 1\nsocket_group = adm\n",
            "banward.conf": "[Definition]\nmax_ban_rate = 2\n",
            "banward.local": "[DEFAULT]\nnever_ban = 192.0.2.0/24\n",
        }
    )

    extra = {setting.name: setting.value for setting in read_server(directory).extra}
    assert extra == {"max_ban_rate": "2", "never_ban": "192.0.2.0/24", "socket_group": "adm"}
