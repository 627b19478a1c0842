"""The socket file is private from its first moment, and is made and removed with care."""

import grp
import os
import socket
import stat
from pathlib import Path

import pytest

from banward.control.listening import Listener, ListenError, Peer, inherited


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the socket is to be."""
    return tmp_path / "f2b.sock"


def opened(listener: Listener, **options: bool) -> socket.socket:
    return listener.open(**options)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_connect(path: Path, umask: int) -> None:
    """Whatever the umask is, the file never had more rights."""
    before = os.umask(umask)
    try:
        with opened(Listener(str(path))):
            assert stat.filemode(path.stat().st_mode) == "srwx------"
    finally:
        os.umask(before)


def test_a_group_may_connect_if_it_is_named(path: Path) -> None:
    """The file is the group's then."""
    group = grp.getgrgid(os.getgid())
    with opened(Listener(str(path), group.gr_name)):
        assert stat.filemode(path.stat().st_mode) == "srwxrwx---"
        assert path.stat().st_gid == group.gr_gid


def test_a_group_that_does_not_exist_is_named(path: Path) -> None:
    """Before anything is made."""
    with pytest.raises(ListenError, match="no group 'no-such-group'"):
        Listener(str(path), "no-such-group")


def test_the_last_folder_is_made(path: Path) -> None:
    """Only the last one, as the reference does (1.1)."""
    with opened(Listener(str(path.parent / "run/f2b.sock"))):
        assert (path.parent / "run/f2b.sock").is_socket()
    with pytest.raises(ListenError, match="No such file or directory"):
        opened(Listener(str(path.parent / "a/b/f2b.sock")))


def test_a_socket_file_that_is_there_is_kept_unless_forced(path: Path, caplog) -> None:
    """A server that is gone may have left it."""
    with opened(Listener(str(path))):
        pass
    with pytest.raises(ListenError, match="Fail2ban seems to be already running"):
        opened(Listener(str(path)))
    assert path.is_socket()
    with opened(Listener(str(path)), force=True):
        assert caplog.messages == [
            "Fail2ban seems to be already running",
            "Forcing execution of the server",
        ]


@pytest.mark.parametrize("force", [True, False])
def test_another_file_is_never_removed(path: Path, force: bool) -> None:
    """A wrong path in the configuration costs no data."""
    path.write_text("precious")
    with pytest.raises(ListenError, match="another kind of file"):
        opened(Listener(str(path)), force=force)
    assert path.read_text() == "precious"


def test_a_path_that_is_too_long_is_an_error(path: Path) -> None:
    """The kernel takes 107 bytes."""
    with pytest.raises(ListenError, match="too long"):
        opened(Listener(f"{path}{'x' * 200}"))


def test_the_file_is_removed_at_the_end(path: Path) -> None:
    """If it is the one that was made; another server may have put its own there."""
    first, second = Listener(str(path)), Listener(str(path))
    with opened(first):
        path.unlink()
        with opened(second):
            first.remove()
            assert path.is_socket()
            second.remove()
            assert not path.exists()
            second.remove()


def test_the_kernel_says_who_connects(path: Path) -> None:
    """The user and all groups of the process."""
    with opened(Listener(str(path))) as listening, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        connection, _ = listening.accept()
        with connection:
            peer = Peer(connection)
    assert (peer.pid, peer.uid, peer.gid) == (os.getpid(), os.getuid(), os.getgid())
    assert peer.groups >= {os.getgid(), *os.getgroups()}


@pytest.mark.parametrize(
    ("uid", "groups", "group", "may"),
    [
        (0, set(), None, True),
        (os.geteuid(), set(), None, True),
        (54321, {7}, None, False),
        (54321, {7}, 7, True),
        (54321, {7}, 8, False),
    ],
)
def test_who_may_connect(uid: int, groups: set[int], group: int | None, may: bool) -> None:
    """Root, the user of the server, and members of the group; no group is no right."""
    peer = object.__new__(Peer)
    peer.uid, peer.groups = uid, groups
    assert peer.may_connect(group) is may


def test_an_inherited_socket_is_used(path: Path, caplog) -> None:
    """It is neither made nor removed here (1.4)."""
    caplog.set_level("INFO")
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(str(path))
        given.listen()
        listener = Listener(str(path))
        assert listener.open(given=given) is given
        listener.remove()
    assert path.is_socket()
    assert caplog.messages == [f"Using socket activation, inherited socket '{path}'"]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "x", "LISTEN_FDNAMES": "fail2ban"},
    ],
)
def test_sockets_for_others_are_left_alone(environ: dict[str, str]) -> None:
    """The variables are removed in any case."""
    assert inherited(environ) is None
    assert environ == {}


@pytest.mark.parametrize(
    ("names", "index"), [("", 0), ("a:fail2ban", 1), ("a:b:fail2ban", 0), ("fail2ban", 0)]
)
def test_the_socket_is_chosen_by_name(monkeypatch, names: str, index: int) -> None:
    """The one that is called ``fail2ban``, else the first."""
    used = []
    monkeypatch.setattr(socket, "socket", lambda fileno: used.append(fileno))
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": names}
    inherited(environ)
    assert used == [3 + index]
