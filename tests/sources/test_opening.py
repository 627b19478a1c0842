from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from banward.errors import SourceError
from banward.sources.opening import open_log
from banward.testing.rights import is_root

root_only = pytest.mark.skipif(not is_root(), reason="needs root to give files away")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("line\n")
    return path


def read(path: Path) -> str:
    with os.fdopen(open_log(str(path))) as file:
        return file.read()


def test_a_regular_file_is_read(log):
    """A plain log is opened."""
    assert read(log) == "line\n"


@pytest.mark.usefixtures("log")
def test_links_of_root_are_followed(tmp_path):
    """A chain of links, absolute, relative and through a directory, leads to the file."""
    (tmp_path / "down").mkdir()
    (tmp_path / "down" / "relative").symlink_to("../service.log")
    (tmp_path / "way").symlink_to("./down/")
    (tmp_path / "absolute").symlink_to(tmp_path / "way" / "relative")
    assert read(tmp_path / "absolute") == "line\n"


@root_only
def test_a_service_can_link_its_own_file(tmp_path, log):
    """A link is followed if its owner owns the file too."""
    link = tmp_path / "link"
    link.symlink_to(log)
    os.lchown(link, 1234, 1234)
    os.chown(log, 1234, 1234)
    assert read(link) == "line\n"


@root_only
def test_a_service_can_not_link_the_file_of_another(tmp_path, log):
    """A link that a service's user made to a file of root is refused."""
    link = tmp_path / "link"
    link.symlink_to(log)
    os.lchown(link, 1234, 1234)
    with pytest.raises(SourceError, match="a link of user 1234 to a file of user 0"):
        open_log(str(link))


@root_only
@pytest.mark.usefixtures("log")
def test_a_directory_link_counts_too(tmp_path):
    """A link to the directory gives its owner no more than a link to the file."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    os.lchown(link, 1234, 1234)
    with pytest.raises(SourceError, match="a link of user 1234"):
        open_log(str(link / "service.log"))


def test_a_fifo_is_refused_at_once(tmp_path):
    """A FIFO without a writer does not block, and is not read."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(SourceError, match="no regular file"):
        open_log(str(fifo))


def test_a_socket_is_refused(tmp_path):
    """A socket is not read."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(SourceError, match="no regular file"):
            open_log(str(tmp_path / "socket"))


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/", "/proc", "/tmp/."])
def test_devices_and_directories_are_refused(path):
    """Devices and directories are not read."""
    with pytest.raises(SourceError, match="no regular file"):
        open_log(path)


def test_a_link_to_a_device_is_refused(tmp_path):
    """A link does not hide what it leads to."""
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="no regular file"):
        open_log(str(tmp_path / "link"))


@pytest.mark.parametrize("name", ["missing", "missing/deeper", "dangling"])
def test_a_missing_file(tmp_path, name):
    """The error names the path that was asked for."""
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError) as caught:
        open_log(str(tmp_path / name))
    assert caught.value.filename == str(tmp_path / name)


def test_a_ring_of_links_is_an_error(tmp_path):
    """Links in a ring end as they do in the kernel."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels") as caught:
        open_log(str(tmp_path / "a"))
    assert caught.value.errno == errno.ELOOP


def test_no_descriptor_is_left(tmp_path, log):
    """Neither success nor refusal leaves a directory open."""
    before = set(Path("/proc/self/fd").iterdir())
    os.close(open_log(str(log)))
    for path in (tmp_path / "missing" / "x", tmp_path):
        with pytest.raises((OSError, SourceError)):
            open_log(str(path))
    assert before == set(Path("/proc/self/fd").iterdir())
