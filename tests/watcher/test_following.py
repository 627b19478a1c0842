"""Jails on real files, step by step: nothing waits."""

from __future__ import annotations

import msgspec
import pytest

from banward.link import SourceEventKind
from banward.records import Progress
from banward.sources.watch import INOTIFY, POLLING
from watcher.rig import NOW, Rig, append, fail, jail


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "service.log"
    path.touch()
    return path


def test_matches_come_with_their_position(rig, log):
    """What was found travels with the position behind its block."""
    rig.configure(jail("sshd", log))
    append(log, fail(1), "1700000000 nothing", fail(2))
    assert rig.run() == {"sshd": [1, 2]}
    (progress,) = rig.of(Progress)
    assert (progress.source, progress.jails) == (str(log), ("sshd",))
    assert (progress.position.offset, progress.lag) == (log.stat().st_size, 0)


def test_one_file_is_read_once_for_many_jails(rig, log):
    """Jails that share a file share its reader; each finds its own."""
    append(log, fail(1))
    jails = [jail(name, log) for name in ("a", "b", "c")]
    assert rig.configure(*jails) == {"a": [1], "b": [1], "c": [1]}
    assert len(rig.following.lanes.at(str(log))) == 1
    (progress,) = rig.of(Progress)
    assert set(progress.jails) == {"a", "b", "c"}


def test_a_jail_of_many_files(rig, tmp_path):
    """A jail finds failures in all its files."""
    logs = [tmp_path / name for name in "abc"]
    for number, path in enumerate(logs):
        append(path, fail(number))
    found = rig.configure(jail("sshd", *logs))
    assert sorted(found["sshd"]) == [0, 1, 2]
    assert rig.state().sources == tuple(map(str, logs))


def test_restart_goes_on_at_the_position(rig, log):
    """A new watcher with the stored positions reads nothing twice and misses nothing."""
    append(log, fail(1))
    rig.configure(jail("sshd", log))
    append(log, fail(2))
    later = Rig()
    assert later.configure(jail("sshd", log), positions=rig.positions()) == {"sshd": [2]}
    later.close()


def test_restart_after_a_rotation(rig, log):
    """What was written before a rotation that nobody saw is read, then the new file."""
    append(log, fail(1))
    rig.configure(jail("sshd", log))
    append(log, fail(2))
    log.rename(log.with_suffix(".1"))
    append(log, fail(3))
    later = Rig()
    assert later.configure(jail("sshd", log), positions=rig.positions()) == {"sshd": [2, 3]}
    later.close()


def test_each_jail_goes_on_at_its_own_position(rig, log):
    """Jails of one file that stopped at different places each count what is new to them."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    append(log, fail(2))
    rig.run()
    behind = Rig()
    behind.configure(jail("b", log), positions={})
    append(log, fail(3))
    both = {**rig.positions(), **behind.positions()}
    later = Rig()
    positions = {**both, ("b", str(log)): both["b", str(log)]}
    assert later.configure(jail("a", log), jail("b", log), positions=positions) == {
        "a": [3],
        "b": [3],
    }
    first = Rig()
    only_a = {("a", str(log)): both["a", str(log)]}
    found = first.configure(jail("a", log), jail("b", log), positions=only_a)
    assert found == {"a": [3], "b": [1, 2, 3]}
    for each in (behind, later, first):
        each.close()


SESSION = r"^(?P<mlfid>\[\d+\]): (?:<F-NOFAIL>hello</F-NOFAIL> from <HOST>|wrong)$"


def test_open_sessions_survive_a_restart(rig, log):
    """A session whose first line was read before the restart is known after it, counted once."""
    settings = jail("sshd", log, regex=rf"^\s*{SESSION[1:]}")
    append(log, f"{NOW:.0f} [7]: hello from 192.0.2.7", f"{NOW:.0f} [8]: hello from 192.0.2.8")
    append(log, f"{NOW:.0f} [8]: wrong")
    assert rig.configure(settings) == {"sshd": [8]}
    append(log, f"{NOW:.0f} [7]: wrong", f"{NOW:.0f} [8]: wrong")
    later = Rig()
    assert later.configure(settings, positions=rig.positions()) == {"sshd": [7, 8]}
    later.close()


def test_old_lines_are_passed_at_the_first_start(rig, log):
    """Lines older than findtime are skipped, those within are counted."""
    append(log, *(fail(1, at=-5000) for _ in range(2000)), fail(2, at=-10))
    assert rig.configure(jail("sshd", log)) == {"sshd": [2]}


def test_tail_begins_at_the_end(rig, log):
    """A path with tail gives new lines only."""
    append(log, fail(1))
    assert rig.configure(jail("sshd", log, tail=True)) == {}
    append(log, fail(2))
    assert rig.run() == {"sshd": [2]}


def test_tail_goes_on_after_a_restart(rig, log):
    """A tail whose position is known misses nothing while the server was down."""
    rig.configure(jail("sshd", log, tail=True))
    append(log, fail(1))
    rig.run()
    append(log, fail(2))
    later = Rig()
    settings = jail("sshd", log, tail=True)
    assert later.configure(settings, positions=rig.positions()) == {"sshd": [2]}
    later.close()


def test_a_missing_file_is_waited_for(rig, tmp_path):
    """A log that does not exist is no error, and is read when it comes."""
    path = tmp_path / "folder" / "log"
    assert rig.configure(jail("sshd", path)) == {}
    assert (rig.state().sources, rig.state().error) == ((str(path),), "")
    path.parent.mkdir()
    rig.run()
    append(path, fail(1))
    assert rig.run() == {"sshd": [1]}


def test_a_file_that_comes_while_it_is_looked_for(rig, tmp_path, monkeypatch):
    """A log made between the look at its path and the next wait is not overlooked."""
    from banward.sources.file import FollowedFile  # noqa: PLC0415  (only here)

    path = tmp_path / "folder" / "log"
    rig.configure(jail("sshd", path))
    look = FollowedFile.look

    def slow(self, now):
        look(self, now)
        if path.parent.exists() and not path.exists():
            append(path, fail(1))

    monkeypatch.setattr(FollowedFile, "look", slow)
    path.parent.mkdir()
    rig.run()
    assert rig.run() == {"sshd": [1]}


def test_a_pattern_takes_in_files_that_come(rig, tmp_path):
    """A new file that matches a pattern is read from its beginning, and the state tells of it."""
    append(tmp_path / "a.log", fail(1))
    assert rig.configure(jail("sshd", tmp_path / "*.log")) == {"sshd": [1]}
    append(tmp_path / "b.log", fail(2))
    append(tmp_path / "b.txt", fail(3))
    assert rig.run() == {"sshd": [2]}
    assert rig.state().sources == (f"{tmp_path}/a.log", f"{tmp_path}/b.log")


def test_a_pattern_with_tail_reads_new_files_whole(rig, tmp_path):
    """With tail old files begin at their end, but a file that comes later is all new."""
    append(tmp_path / "a.log", fail(1))
    assert rig.configure(jail("sshd", tmp_path / "*.log", tail=True)) == {}
    append(tmp_path / "b.log", fail(2))
    assert rig.run() == {"sshd": [2]}


def test_a_rotated_name_that_matches_is_not_read_again(rig, tmp_path):
    """A file that was read and now matches under its new name is not counted twice."""
    log = tmp_path / "access.log"
    append(log, fail(1))
    rig.configure(jail("sshd", tmp_path / "*"))
    log.rename(tmp_path / "access.log.1")
    append(log, fail(2))
    assert rig.run() == {"sshd": [2]}
    (tmp_path / "access.log.1").rename(tmp_path / "access.log.2")
    log.rename(tmp_path / "access.log.1")
    append(log, fail(3))
    assert rig.run() == {"sshd": [3]}


def test_a_file_that_left_its_pattern_is_let_go(rig, tmp_path):
    """Files with a date in their name do not pile up once they are deleted."""
    old = tmp_path / "2023-11-14.log"
    append(old, fail(1))
    rig.configure(jail("sshd", tmp_path / "*.log"))
    old.unlink()
    rig.run()
    rig.clock.advance(60)
    rig.run()
    append(tmp_path / "2023-11-15.log", fail(2))
    rig.run()
    assert rig.state().sources == (f"{tmp_path}/2023-11-15.log",)
    assert rig.kinds(old)[-1] == SourceEventKind.REMOVED


def test_a_jail_that_comes_later_catches_up_alone(rig, log):
    """A new jail reads the old lines without those who know them, then the readers join."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    assert rig.configure(jail("a", log), jail("b", log)) == {"b": [1]}
    assert len(rig.following.lanes.at(str(log))) == 1
    append(log, fail(2))
    assert rig.run() == {"a": [2], "b": [2]}


def test_a_jail_that_leaves_does_not_disturb_others(rig, log):
    """A jail that is no longer named stops, the others go on; a last one closes the file."""
    rig.configure(jail("a", log), jail("b", log))
    rig.configure(jail("b", log))
    append(log, fail(1))
    assert rig.run() == {"b": [1]}
    rig.configure()
    assert list(rig.following.lanes) == []
    append(log, fail(2))
    assert rig.run() == {}


def test_a_jail_that_comes_back_counts_nothing_twice(rig, log):
    """What a jail reached in this process is used, even if the order has an older position."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    stale = rig.positions()
    append(log, fail(2))
    rig.run()
    rig.configure()
    append(log, fail(3))
    assert rig.configure(jail("a", log), positions=stale) == {"a": [3]}


def test_a_changed_filter_keeps_the_place(rig, log):
    """A reload with another regex goes on where the jail was."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    changed = jail("a", log, regex="fail from <HOST>")
    assert rig.configure(changed) == {}
    append(log, fail(2))
    assert rig.run() == {"a": [2]}


def test_the_same_order_changes_nothing(rig, log):
    """An order that says the same opens and closes nothing, but is answered."""
    rig.configure(jail("a", log))
    rig.reports.clear()
    rig.configure(jail("a", log))
    assert [report.jail for report in rig.reports] == ["a"]


def test_a_changed_encoding_reads_on(rig, log):
    """Another encoding opens the file anew at the same place."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    append(log, fail(2))
    assert rig.configure(jail("a", log, logencoding="latin-1")) == {"a": [2]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le", "cp1252"])
def test_other_encodings(rig, log, encoding):
    """A log in another encoding is cut into lines and read as text, as it comes."""
    settings = jail("a", log, logencoding=encoding, regex="fail of \u0a0a\u20ac? from <HOST>$")
    text = "".join(f"{NOW:.0f} fail of \u0a0a\u20ac from 192.0.2.{n}\n" for n in range(3))
    if encoding == "cp1252":
        text = text.replace("\u0a0a", "")
        settings = jail("a", log, logencoding=encoding, regex="fail of \u20ac from <HOST>$")
    data = text.encode(encoding)
    rig.configure(settings)
    found = []
    for piece in (data[:31], data[31:80], data[80:]):
        with log.open("ab") as file:
            file.write(piece)
        found += rig.run().get("a", [])
    assert found == [0, 1, 2]


def test_a_broken_filter_harms_only_itself(rig, log):
    """A jail whose regex can't be compiled says so, the other one works."""
    append(log, fail(1))
    bad = jail("bad", log, regex="fail from <HOST>(")
    assert rig.configure(bad, jail("good", log)) == {"good": [1]}
    assert "(" in rig.state("bad").error
    assert rig.state("good").error == ""


def test_an_unknown_encoding_harms_only_itself(rig, log):
    """A jail with an unknown encoding says so, the other one works."""
    append(log, fail(1))
    assert rig.configure(jail("bad", log, logencoding="klingon"), jail("good", log)) == {
        "good": [1]
    }
    assert "klingon" in rig.state("bad").error


def test_states_tell_the_backend(rig, log):
    """The backend that works is told, by fail2ban's name."""
    rig.configure(jail("a", log), jail("b", log, backend="polling"))
    assert (rig.state("a").backend, rig.state("b").backend) == (POLLING, POLLING)
    rig.configure(jail("a", log))
    other = Rig()
    other.configure(jail("a", log, backend="pyinotify"))
    assert other.state("a").backend == INOTIFY
    other.close()


def test_a_polled_file(rig, log):
    """A jail that asks for polling is given its lines at the next look."""
    rig.configure(jail("a", log, backend="polling"))
    append(log, fail(1))
    rig.clock.advance(1)
    assert rig.run() == {"a": [1]}


def test_no_watches_left_is_told(rig, log, monkeypatch):
    """A file that has to be polled says so in the log and in the state."""

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("banward.sources.inotify.Inotify.add", refuse)
    rig.configure(jail("a", log))
    assert rig.state("a").backend == POLLING
    assert any(text.startswith(f"Could only poll {log}") for text in rig.log())


def test_the_log_tells_in_fail2bans_words(rig, log):
    """Added, rotated and removed files are told with fail2ban's texts."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    log.rename(log.with_suffix(".1"))
    append(log, fail(2))
    rig.run()
    rig.configure()
    texts = rig.log()
    mark = rig.of(Progress)[0].position.mark
    assert texts[0] == f"Added logfile: {str(log)!r} (pos = 0, hash = {mark})"
    assert any(t.startswith(f"Log rotation detected for {log}, reason: (") for t in texts)
    assert texts[-1] == f"Removed logfile: {str(log)!r}"


def test_odd_times_are_told(rig, log):
    """A line from another time zone is told with the line, once."""
    rig.configure(jail("a", log))
    append(log, fail(1, at=-7200), fail(1, at=-7200))
    rig.run()
    told = [text for text in rig.log() if text.startswith("[a]")]
    assert told == [
        "[a] Detected a log entry 2h before the current time in operation mode. This looks like a "
        "timezone problem. Treating such entries as if they just happened.",
        f"[a] Please check a jail for a timing issue. Line with odd timestamp: {fail(1, at=-7200)}",
    ]


def test_lag_is_told_block_by_block(rig, log):
    """While a long log is read, each progress tells how much is left."""
    line = fail(1) + " " * 100 + "\n"
    log.write_text(line * 20_000)
    rig.configure(jail("a", log, regex="nothing <HOST>"))
    lags = [progress.lag for progress in rig.of(Progress)]
    assert len(lags) > 1
    assert lags == sorted(lags, reverse=True)
    assert lags[-1] == 0


def test_new_lines_come_before_old_ones(rig, tmp_path):
    """While one jail reads a long old log, new lines of another log do not wait for it."""
    old, live = tmp_path / "old", tmp_path / "live"
    live.touch()
    rig.configure(jail("live", live))
    old.write_text((fail(1) + " " * 100 + "\n") * 40_000)
    from banward.link import Configure  # noqa: PLC0415  (only here)

    slow = jail("slow", old, regex="nothing <HOST>")
    rig.following.configure(Configure((jail("live", live), slow)))
    rig.following.step(NOW)
    append(live, fail(9))
    rig.following.wake(NOW)
    rig.following.step(NOW)
    assert rig.of(Progress)[-1].source == str(live)


def test_progress_never_turns_back(rig, log):
    """Through rotations and restarts the positions of a file only move on."""
    settings = jail("a", log)
    seen = []
    for turn in range(6):
        append(log, fail(turn))
        if turn % 2:
            log.rename(log.with_suffix(f".{turn}"))
            append(log, fail(100 + turn))
        found = rig.configure(settings, positions=rig.positions())
        seen += found.get("a", [])
    assert seen == [0, 1, 101, 2, 3, 103, 4, 5, 105]


def test_positions_are_plain_values(rig, log):
    """A progress survives the way through the link."""
    append(log, fail(1))
    rig.configure(jail("a", log))
    (progress,) = rig.of(Progress)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(progress), type=Progress) == progress
