"""The server is found by the quickest reading that gives the same as the full one."""

from pathlib import Path

import pytest

from banward.cli import client_settings
from banward.cli.client_settings import SettingsError, early, socket_path
from banward.cli.options import parse


def settings(folder: Path, *words: str):
    return parse("fail2ban-client", ["-c", str(folder), *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a simple configuration."""
    (tmp_path / "fail2ban.conf").write_text(
        "# comment\n[DEFAULT]\nsocket = /default.sock\nloglevel = notice\n[Definition]\n"
    )
    return tmp_path


def test_the_command_line_goes_first(folder: Path) -> None:
    """Nothing is read then."""
    (folder / "fail2ban.conf").write_bytes(b"\xff")
    assert socket_path(settings(folder, "-s", "/given.sock")) == "/given.sock"


@pytest.mark.parametrize(
    ("files", "socket"),
    [
        ({}, "/default.sock"),
        ({"fail2ban.conf": "[Definition]\nsocket: /x\nsocket=/y\n"}, None),
        ({"fail2ban.conf": "[Definition]\nsocket=/y\n"}, "/y"),
        ({"fail2ban.conf": "[Definition]\n"}, "/var/run/fail2ban/fail2ban.sock"),
        ({"fail2ban.local": "[DEFAULT]\nsocket = /local\n"}, "/local"),
        ({"fail2ban.local": "[Definition]\nsocket = /local\n"}, "/local"),
        ({"fail2ban.d/a.conf": "[Definition]\nsocket = /a\n"}, "/a"),
        (
            {
                "fail2ban.d/b.conf": "[Definition]\nsocket = /b\n",
                "fail2ban.d/a.local": "[Definition]\nsocket = /a\n",
            },
            "/a",
        ),
        ({"fail2ban.local": "[DEFAULT]\nrun = /r\n[Definition]\nsocket = %(run)s/x\n"}, None),
        ({"fail2ban.local": "[INCLUDES]\nafter = x.conf\n"}, None),
        ({"fail2ban.local": "[Definition]\nlogtarget = a\n   b\n"}, None),
        ({"fail2ban.local": "socket = /x\n"}, None),
        ({"fail2ban.local": "[Definition]\njust words\n"}, None),
    ],
    ids=lambda v: str(v)[:60],
)
def test_a_simple_configuration_is_read_line_by_line(
    folder: Path, files: dict[str, str], socket: str | None
) -> None:
    """Later files win; what is not simple is left to the full reading (None)."""
    (folder / "fail2ban.d").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    simple = client_settings._read_simple(str(folder))
    if socket is None:
        assert simple is None
    else:
        assert simple is not None
        assert socket_path(settings(folder)) == socket
        assert early(settings(folder))["socket"] == socket


def test_the_full_reading_does_what_the_quick_one_can_not(folder: Path) -> None:
    """Interpolation, and values over several files."""
    (folder / "fail2ban.local").write_text(
        "[DEFAULT]\nrun = /r\n[Definition]\nsocket = %(run)s/x\n"
    )
    assert socket_path(settings(folder)) == "/r/x"


def test_what_a_start_has_to_know(folder: Path) -> None:
    """All five options; the level in upper case, the command line first."""
    assert early(settings(folder, "-p", "/p", "--logtarget=STDOUT")) == {
        "socket": "/default.sock",
        "pidfile": "/p",
        "loglevel": "NOTICE",
        "logtarget": "STDOUT",
        "syslogsocket": "auto",
    }


@pytest.mark.parametrize("level", ["foo", "-1", ""])
def test_a_wrong_level_is_an_error(folder: Path, level: str) -> None:
    """Before anything is read."""
    with pytest.raises(SettingsError, match=f"Invalid log level '{level.upper()}'"):
        early(settings(folder, f"--loglevel={level}"))


def test_a_wrong_level_of_the_file_is_an_error(folder: Path) -> None:
    """The text is the same, and the place is told too."""
    (folder / "fail2ban.local").write_text("[Definition]\nloglevel = foo\n")
    with pytest.raises(SettingsError, match=r"(?i)Invalid log level 'FOO'") as error:
        early(settings(folder))
    assert "fail2ban.local:2" in error.value.detail


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """If it was named."""
    with pytest.raises(SettingsError, match=r"Base configuration directory .*/x does not exist "):
        socket_path(settings(tmp_path / "x"))


def test_without_files_the_shipped_ones_hold(tmp_path: Path, monkeypatch) -> None:
    """They are as simple, unless they are switched off."""
    assert client_settings._read_simple(str(tmp_path)) is not None
    monkeypatch.setenv("BANWARD_RULES", "")
    assert client_settings._read_simple(str(tmp_path)) is None
