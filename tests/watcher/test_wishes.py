from __future__ import annotations

import pytest

from banward.errors import SourceError
from banward.settings import WatchSettings
from banward.sources.journal_files import JournalPlace
from banward.watcher.wishes import (
    backend_of,
    have_moved,
    paths_of,
    patterns_of,
    place_of,
)
from watcher.rig import jail


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        ("auto", "auto"),
        ("Polling", "polling"),
        ("systemd[journalflags=1]", "systemd"),
        (" systemd [rotated=on]", "systemd"),
    ],
)
def test_backend(backend, name):
    """The name stands before the brackets, in any case."""
    assert backend_of(WatchSettings("a", jail().filter, backend=backend)) == name


@pytest.mark.parametrize(
    ("backend", "place"),
    [
        ("systemd", JournalPlace()),
        ("systemd[]", JournalPlace()),
        ("systemd[journalflags=4]", JournalPlace(flags=4)),
        ('systemd[journalpath="/x y", rotated=on]', JournalPlace(path="/x y", rotated=True)),
        ("systemd[namespace=n][rotated=on]", JournalPlace(namespace="n", rotated=True)),
        (
            "systemd[journalfiles='/a/*.journal, /b.journal']",
            JournalPlace(files=("/a/*.journal", "/b.journal")),
        ),
    ],
)
def test_parameters_of_the_journal(backend, place):
    """The parameters in brackets say which journal is meant."""
    assert place_of(WatchSettings("a", jail().filter, backend=backend)) == place


def test_unknown_parameter():
    """A parameter that does not exist is an error."""
    with pytest.raises(SourceError, match="unknown parameter 'flags'"):
        place_of(WatchSettings("a", jail().filter, backend="systemd[flags=1]"))


def test_paths_and_patterns(tmp_path):
    """Plain paths are wanted as they are, patterns as the regular files that match."""
    (tmp_path / "a.log").touch()
    (tmp_path / "b.log").mkdir()
    settings = jail("a", tmp_path / "*.log", "/missing.log", tail=True)
    assert paths_of(settings) == {f"{tmp_path}/a.log": True, "/missing.log": True}
    assert patterns_of(settings) == {f"{tmp_path}/*.log"}


def test_what_has_to_be_opened_anew():
    """Another encoding or journal does, another regex or list of paths does not."""
    old = jail("a", "/log")
    assert not have_moved(old, jail("a", "/log", "/other", regex="x <HOST>"))
    assert have_moved(old, jail("a", "/log", logencoding="latin-1"))
    assert have_moved(old, jail("a", "/log", backend="systemd"))


def test_regexes_by_number():
    """The rules of failjson have the numbers behind those of the failregexes."""
    rule = jail(regex=("a <HOST>", "b <HOST>"), failjson=("{}",), ignoreregex=("i",)).filter
    assert rule.regexes["failregex"] == ("a <HOST>", "b <HOST>", "{}")
    assert rule.regexes["ignoreregex"] == ("i",)
    assert rule.regexes["prefregex"] == ()
