from __future__ import annotations

import os
import sys

from banward.settings import WatchSettings
from banward.watcher.places import folders_of, is_covered
from watcher.rig import jail


def test_the_places_of_logs_and_of_python():
    """Logs and Python itself can be read, the homes and secrets of users can not."""
    folders = folders_of([])
    assert is_covered({"/var/log", "/var/log/journal", os.path.realpath(sys.prefix)}, folders)
    assert not is_covered({"/root"}, {path for path in folders if not path.startswith("/root/")})
    assert not any(path in {"/", "/etc", "/home", "/root"} for path in folders)


def test_the_directories_of_a_link_and_its_target(tmp_path):
    """Behind a link the directories of link and file are needed."""
    for name in ("links", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "logs" / "log").touch()
    (tmp_path / "links" / "log").symlink_to("../logs/log")
    folders = folders_of([jail("a", tmp_path / "links" / "log")])
    assert {str(tmp_path / "links"), str(tmp_path / "logs")} <= folders


def test_a_missing_directory_needs_the_one_above(tmp_path):
    """A log whose directory is missing needs the nearest one that exists."""
    assert str(tmp_path) in folders_of([jail("a", tmp_path / "later" / "log")])


def test_the_directories_of_patterns_and_journals(tmp_path):
    """Patterns and journals name directories too; what lies below another one is left out."""
    journal = WatchSettings("j", jail().filter, backend=f"systemd[journalpath={tmp_path}/j]")
    (tmp_path / "j").mkdir()
    assert str(tmp_path / "j") in folders_of([journal])
    both = folders_of([journal, jail("a", tmp_path / "*.log")])
    assert str(tmp_path) in both
    assert str(tmp_path / "j") not in both


def test_covered():
    """A path is covered by itself and by every directory above it, not by its namesakes."""
    assert is_covered({"/a/b", "/a"}, {"/a"})
    assert is_covered({"/a"}, {"/"})
    assert not is_covered({"/ab"}, {"/a"})
    assert not is_covered({"/"}, {"/a"})
