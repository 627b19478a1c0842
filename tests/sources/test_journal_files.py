from __future__ import annotations

import pytest

from banward.errors import SourceError
from banward.sources import journal_files
from banward.sources.journal_files import FLAGS_VARIABLE, JournalPlace, files_of


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host with a persistent and a runtime journal, of this machine and of another one."""
    persistent, runtime = tmp_path / "var", tmp_path / "run"
    for path in (
        persistent / "me" / "system.journal",
        persistent / "me" / "user-1000.journal",
        persistent / "me" / "system@1.journal",
        persistent / "me" / "broken.journal~",
        persistent / "other" / "system.journal",
        runtime / "me" / "system.journal",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(journal_files, "_FOLDERS", (str(persistent), str(runtime)))
    monkeypatch.setattr(journal_files, "_machine", lambda: "me")
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("1", {"var/me/system", "var/me/user-1000", "run/me/system"}),
        ("0", {"var/me/system", "var/me/user-1000", "run/me/system", "var/other/system"}),
        ("5", {"var/me/system", "run/me/system"}),
        ("3", {"run/me/system"}),
    ],
)
def test_current_files_of_the_host(host, flags, expected):
    """By default the current files of this machine are read; flags make them more or fewer."""
    found = files_of(JournalPlace.of(journalflags=flags), float("inf"))
    assert found == sorted(f"{host}/{name}.journal" for name in expected)


def test_flags_from_the_environment(monkeypatch):
    """The environment gives the flags where the configuration gives none."""
    assert JournalPlace.of().flags == 1
    monkeypatch.setenv(FLAGS_VARIABLE, "4")
    assert JournalPlace.of().flags == 4
    assert JournalPlace.of(journalflags="0").flags == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"journalflags": "x"}, "journalflags must be a number, found 'x'"),
        ({"journalpath": "/a", "namespace": "b"}, "journalpath and namespace exclude each other"),
        ({"jurnalpath": "/a"}, "unknown parameter 'jurnalpath'"),
    ],
)
def test_wrong_parameters(options, message):
    """A parameter that can't be used is an error that names it."""
    with pytest.raises(SourceError, match=message):
        JournalPlace.of(**options)
