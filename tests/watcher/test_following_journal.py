"""Jails on real journal files, step by step."""

from __future__ import annotations

import pytest

from banward.link import Configure, Notice
from banward.records import Progress
from banward.settings import WatchSettings
from banward.sources.journal import NAME
from journals import NOW, entry, missing, write
from watcher.rig import Rig, append, fail, jail
from watcher.test_loop import Warden

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()


@pytest.fixture
def current(tmp_path):
    path = tmp_path / "journal" / "system.journal"
    path.parent.mkdir()
    write(path, entry(-20, "other"), entry(-10, "fail from 192.0.2.1"))
    return path


def journal_jail(path, name="sshd", *, matches=(), regex=r"sshd\[\d+\]: fail from <HOST>$"):
    plain = jail(name, regex=regex)
    backend = f"systemd[journalpath={path.parent}]"
    return WatchSettings(name, plain.filter, 600, backend, (), matches)


def test_entries_become_matches(rig, current):
    """A jail on the journal finds failures in entries, old and new, at their own time."""
    assert rig.configure(journal_jail(current)) == {"sshd": [1]}
    (progress,) = rig.of(Progress)
    (match,) = progress.matches
    assert (progress.source, match.at) == (NAME, NOW - 10)
    assert match.lines[0].endswith(" host sshd[4711]: fail from 192.0.2.1")
    assert (rig.state().backend, rig.state().sources) == ("systemd", ())


def test_restart_goes_on_at_the_cursor(rig, current):
    """A new watcher counts only what came behind the stored cursor."""
    rig.configure(journal_jail(current))
    write(current, entry(-5, "fail from 192.0.2.2"))
    later = Rig()
    assert later.configure(journal_jail(current), positions=rig.positions()) == {"sshd": [2]}
    later.close()


SESSION = r"sshd\[(?P<mlfid>\d+)\]: (?:<F-NOFAIL>hello</F-NOFAIL> from <HOST>|wrong)$"


def test_open_sessions_survive_a_restart(rig, current):
    """An entry of an open session is read again, but counted once."""
    settings = journal_jail(current, regex=SESSION)
    write(current, entry(-9, "hello from 192.0.2.7"), entry(-8, "wrong"))
    assert rig.configure(settings) == {"sshd": [7]}
    write(current, entry(-5, "wrong"))
    later = Rig()
    assert later.configure(settings, positions=rig.positions()) == {"sshd": [7]}
    later.close()


def test_each_jail_has_its_own_matches(rig, current):
    """Jails with different matches read the journal each for itself."""
    write(current, entry(-5, "fail from 192.0.2.2", _COMM="x"))
    jails = [
        journal_jail(current, "a", matches=(("_COMM=x",),)),
        journal_jail(current, "b", matches=(("SYSLOG_IDENTIFIER=sshd",),)),
    ]
    assert rig.configure(*jails) == {"a": [2], "b": [1, 2]}


def test_changed_matches_open_it_anew(rig, current):
    """A reload with other matches goes on at the same place with the new ones."""
    rig.configure(journal_jail(current))
    write(current, entry(-5, "fail from 192.0.2.2", _COMM="x"), entry(-4, "fail from 192.0.2.3"))
    changed = journal_jail(current, matches=(("_COMM=x",),))
    assert rig.configure(changed) == {"sshd": [2]}


def test_a_jail_may_change_to_files(rig, current, tmp_path):
    """A jail whose backend is changed leaves the journal and follows its files."""
    rig.configure(journal_jail(current))
    log = tmp_path / "log"
    append(log, fail(5))
    assert rig.configure(jail("sshd", log)) == {"sshd": [5]}
    assert rig.state().sources == (str(log),)


def test_a_bad_parameter_harms_only_itself(rig, current):
    """A jail with a wrong parameter says so, another one works."""
    bad = WatchSettings("bad", journal_jail(current).filter, backend="systemd[jurnal=1]")
    assert rig.configure(bad, journal_jail(current, "good")) == {"good": [1]}
    assert "unknown parameter 'jurnal'" in rig.state("bad").error


def test_no_journal_yet(rig, tmp_path):
    """A journal that does not exist is told, and read when it comes."""
    path = tmp_path / "later" / "system.journal"
    path.parent.mkdir()
    assert rig.configure(journal_jail(path)) == {}
    assert "no journal files found" in rig.state().error
    write(path, entry(-1, "fail from 192.0.2.1"))
    rig.clock.advance(10)
    assert rig.run() == {"sshd": [1]}


@pytest.fixture
def warden():
    warden = Warden()
    yield warden
    warden.close()


def test_the_loop_wakes_for_entries_and_through_rotation(warden, current):
    """The loop waits on the journal's descriptor, also on the one that it has after a rotation."""
    warden.send(Configure((journal_jail(current),)))
    got = warden.turns()
    assert warden.watcher._patience() is None
    write(current, entry(-5, "fail from 192.0.2.2"))
    got += warden.turns()
    current.rename(current.with_name("system@1.journal"))
    write(current, entry(-4, "fail from 192.0.2.3"))
    got += warden.turns()
    write(current, entry(-3, "fail from 192.0.2.4"))
    got += warden.turns()
    found = [m.subject[-1] for p in got if isinstance(p, Progress) for m in p.matches]
    assert found == ["1", "2", "3", "4"]
    assert not [n for n in got if isinstance(n, Notice) and n.level >= 40]
