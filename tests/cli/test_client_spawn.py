"""A server in the background is told on its command line what the client knows (1.4)."""

import sys
from pathlib import Path

import pytest

from banward.cli.client_spawn import _command_line, _server, settings_of
from banward.cli.options import parse
from banward.settings import ServerSettings


@pytest.mark.parametrize(
    "settings",
    [
        ServerSettings(dbfile="None"),
        ServerSettings(
            loglevel="DEBUG",
            logtarget="SYSLOG[facility=auth, padding=on]",
            syslogsocket="/x y",
            socket="/run/s",
            pidfile="/run/p",
            dbfile="None",
            extra={"socket_group": "adm", "odd": "a=b c"},
        ),
    ],
    ids=["defaults", "everything"],
)
def test_the_server_reads_what_the_client_writes(settings: ServerSettings) -> None:
    """All that has to be known before the configuration is sent."""
    words = _command_line(parse("fail2ban-client", []), settings)
    options = parse("fail2ban-server", words[len(_server()) :])
    assert settings_of(options) == settings
    assert options.has("async")
    assert options.has("b")


def test_how_much_is_said_and_force_are_passed_on() -> None:
    """As the user wants them."""
    words = _command_line(parse("fail2ban-client", ["-vvx"]), ServerSettings())
    options = parse("fail2ban-server", words[len(_server()) :])
    assert (options.verbosity, options.has("x")) == (2, True)
    words = _command_line(parse("fail2ban-client", ["-q"]), ServerSettings())
    assert parse("fail2ban-server", words[len(_server()) :]).verbosity == 0


def test_paths_do_not_depend_on_the_directory() -> None:
    """The server leaves the one in which it was started."""
    words = _command_line(parse("fail2ban-client", []), ServerSettings(socket="s", pidfile="p"))
    assert str(Path.cwd() / "s") in words
    assert str(Path.cwd() / "p") in words


def test_the_server_beside_the_client_is_the_first(tmp_path: Path, monkeypatch) -> None:
    """Then the one in the path, then this package itself."""
    beside, path = tmp_path / "a", tmp_path / "b"
    for folder in (beside, path):
        folder.mkdir()
        (folder / "fail2ban-server").touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(beside / "fail2ban-client")])
    monkeypatch.setenv("PATH", str(path))
    assert _server() == [str(beside / "fail2ban-server")]
    (beside / "fail2ban-server").unlink()
    assert _server() == [str(path / "fail2ban-server")]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _server() == [sys.executable, "-m", "banward.cli.server"]
