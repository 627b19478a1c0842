from __future__ import annotations

import pytest

from banward.sources.entries import (
    ANY,
    entries_above,
    entries_of,
    entries_of_pattern,
    is_pattern,
    matches_of,
)


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "service.log"
    path.write_text("line\n")
    return path


def test_a_plain_file_is_one_entry(tmp_path, log):
    """A plain file depends on its entry in its directory."""
    assert entries_of(str(log)) == {(str(tmp_path), "service.log")}


def test_every_link_on_the_way_is_an_entry(tmp_path, log):
    """A file behind links depends on each link, and on its own entry."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "link").symlink_to("../two/./link")
    (tmp_path / "two" / "link").symlink_to(log)
    (tmp_path / "way").symlink_to("one/")
    assert entries_of(str(tmp_path / "way" / "link")) == {
        (str(tmp_path), "way"),
        (str(tmp_path / "one"), "link"),
        (str(tmp_path / "two"), "link"),
        (str(tmp_path), "service.log"),
    }


def test_a_missing_directory_is_the_entry(tmp_path):
    """Where directories are missing, the first one that is missing is waited for."""
    assert entries_of(str(tmp_path / "a" / "b" / "c.log")) == {(str(tmp_path), "a")}


def test_a_ring_of_links_ends(tmp_path):
    """Links in a ring are entries, and the walk ends."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    entries = {(str(tmp_path), "a"), (str(tmp_path), "b")}
    assert entries_of(str(tmp_path / "a")) == entries


def test_a_pattern_waits_for_any_name(tmp_path):
    """A pattern depends on every name in its directory."""
    assert entries_of_pattern(f"{tmp_path}/*.log") == {(str(tmp_path), ANY)}


def test_a_pattern_of_directories(tmp_path):
    """Wildcards in directories make every directory that matches count."""
    for name in ("web1", "web2", "mail"):
        (tmp_path / name / "log").mkdir(parents=True)
    (tmp_path / "web3").mkdir()
    assert entries_of_pattern(f"{tmp_path}/web*/log/access.log") == {
        (str(tmp_path), ANY),
        (str(tmp_path / "web1" / "log"), "access.log"),
        (str(tmp_path / "web2" / "log"), "access.log"),
        (str(tmp_path / "web3"), "log"),
    }


def test_a_pattern_whose_directory_is_missing(tmp_path):
    """A missing directory above a wildcard is waited for."""
    assert entries_of_pattern(f"{tmp_path}/logs/*.log") == {(str(tmp_path), "logs")}


def test_matches_are_sorted(tmp_path):
    """A pattern gives the paths that match it, in order."""
    for name in ("b.log", "a.log", "c.txt"):
        (tmp_path / name).touch()
    assert matches_of(f"{tmp_path}/*.log") == [f"{tmp_path}/a.log", f"{tmp_path}/b.log"]


def test_a_file_named_like_a_pattern_is_a_file(tmp_path):
    """A path with wildcards that exists by that very name is no pattern."""
    path = tmp_path / "odd[1].log"
    assert is_pattern(str(path))
    path.touch()
    assert not is_pattern(str(path))
    assert not is_pattern(str(tmp_path / "plain.log"))


def test_what_decides_which_directory_holds_an_entry():
    """Each directory on the way is an entry of the one above it."""
    assert entries_above({("/var/log/web", "access.log"), ("/var", "x")}) == {
        ("/", "var"),
        ("/var", "log"),
        ("/var/log", "web"),
    }
    assert entries_above({("/", "file")}) == set()
