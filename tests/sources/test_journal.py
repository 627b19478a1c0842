"""On real journal files, written by systemd-journal-remote."""

from __future__ import annotations

import select
from math import inf

import pytest

from banward.errors import SourceError
from banward.link import SourceEventKind
from banward.records import Position
from banward.sources import journal_library
from banward.sources.journal import NAME, JournalSource, read_journal
from banward.sources.journal_files import JournalPlace, files_of
from banward.sources.open_file import Since
from journals import NOW, entry, missing, write

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def current(folder):
    path = folder / "system.journal"
    write(path, *(entry(number) for number in range(5)))
    return path


@pytest.fixture
def follow(folder):
    sources = []

    def following(*, matches=(), findtime=1000.0, position=None):
        place = JournalPlace.of(journalpath=str(folder))
        source = JournalSource("sshd", place, matches, NOW - findtime, position)
        sources.append(source)
        return source

    yield following
    for source in sources:
        source.close()


def batches(source, now=NOW):
    source.look(now)
    found = []
    while not source.is_idle:
        batch = source.read(now)
        if batch:
            found.append(batch)
    return found


def messages(source, now=NOW):
    lines = [line for batch in batches(source, now) for line in batch.data.splitlines()]
    return [line.rpartition(b": ")[2].decode() for line in lines]


@pytest.mark.usefixtures("current")
def test_entries_come_once_with_their_times(follow):
    """All entries since findtime come in one block, each with its time, and not again."""
    source = follow()
    (batch,) = batches(source)
    assert batch.stamps == tuple(NOW + number for number in range(5))
    assert batch.data.startswith(b"host sshd[4711]: message 0\n")
    assert (batch.source, batch.position.offset) == (NAME, NOW + 4)
    assert batches(source) == []


@pytest.mark.usefixtures("current")
def test_old_entries_are_passed(follow):
    """Entries from before findtime are not read."""
    assert messages(follow(findtime=-2)) == ["message 2", "message 3", "message 4"]


def test_a_new_entry_wakes_and_is_read(current, follow):
    """The descriptor tells of an entry that was added."""
    source = follow()
    batches(source)
    source.look(NOW)
    assert select.select([source.descriptor[0]], [], [], 0)[0] == []
    write(current, entry(10))
    assert select.select([source.descriptor[0]], [], [], 0)[0] != []
    assert messages(source) == ["message 10"]
    assert source.deadline() == inf


def test_rotation_loses_nothing(current, follow):
    """Entries written just before a rotation and just after it come once and in order."""
    source = follow()
    batches(source)
    write(current, entry(10))
    current.rename(current.with_name("system@1.journal"))
    write(current, entry(11))
    assert messages(source, NOW + 1) == ["message 10", "message 11"]


def test_a_new_file_that_comes_late(current, follow):
    """The file that follows a rotated one is looked for until it is there."""
    source = follow()
    batches(source)
    current.rename(current.with_name("system@1.journal"))
    assert messages(source, NOW) == []
    assert source.deadline() == NOW + 1
    write(current, entry(11))
    assert messages(source, source.deadline()) == ["message 11"]


def test_going_on_at_a_position(current, follow):
    """A stored position is gone on from, also into a new file."""
    source = follow()
    batches(source)
    position = source.position
    write(current, entry(10))
    current.rename(current.with_name("system@1.journal"))
    write(current, entry(11))
    later = follow(position=position)
    found = [batch for batch in batches(later) if not batch_is_repeated(later, batch)]
    lines = b"".join(batch.data for batch in found)
    assert lines == b"host sshd[4711]: message 10\nhost sshd[4711]: message 11\n"


def batch_is_repeated(_source, batch):
    return batch.position.offset <= NOW + 4


@pytest.mark.usefixtures("current")
def test_open_sessions_are_read_again(follow):
    """Entries from the replay time on come again, but nobody counts them."""
    source = follow()
    batches(source)
    mark = source.position.mark
    later = follow(position=Position(NOW + 4, NOW + 2, mark))
    later.look(NOW)
    again = later.read(NOW)
    assert again.stamps == (NOW + 2, NOW + 3, NOW + 4)
    assert later.starts == {"sshd": Since(0, inf)}
    assert again.position == Position(NOW + 4, NOW + 2, mark)


def test_entries_of_one_moment(current, follow):
    """Of entries with the very same time, those behind the cursor are new."""
    write(current, entry(9, "first"))
    source = follow()
    batches(source)
    write(current, entry(9, "second"))
    later = follow(position=source.position)
    new = [b.data for b in batches(later) if b.position != source.position]
    assert new == [b"host sshd[4711]: second\n"]


def test_a_position_without_cursor(current, follow):
    """The time alone, as fail2ban's database has it, is gone on from."""
    later = follow(position=Position(NOW + 2, NOW + 2, "2023-11-14T22:13:22"))
    data = [(later.starts, batch.data) for batch in batches(later)][-1][1]
    assert data == b"host sshd[4711]: message 3\nhost sshd[4711]: message 4\n"
    assert current.exists()


@pytest.mark.parametrize(
    ("matches", "expected"),
    [
        ((), ["a", "b", "c"]),
        ((("_COMM=x",),), ["a", "b"]),
        ((("_COMM=x", "_SYSTEMD_UNIT=one"),), ["a"]),
        ((("_SYSTEMD_UNIT=one", "_SYSTEMD_UNIT=two"),), ["a", "b"]),
        ((("_SYSTEMD_UNIT=one", "+", "_COMM=y"),), ["a", "c"]),
        ((("_SYSTEMD_UNIT=one",), ("_COMM=y",)), ["a", "c"]),
    ],
)
def test_matches(folder, follow, matches, expected):
    """Words of a group hold together, + and further lines are alternatives."""
    write(
        folder / "system.journal",
        entry(1, "a", _COMM="x", _SYSTEMD_UNIT="one"),
        entry(2, "b", _COMM="x", _SYSTEMD_UNIT="two"),
        entry(3, "c", _COMM="y", _SYSTEMD_UNIT="three"),
    )
    assert messages(follow(matches=matches)) == expected


@pytest.mark.usefixtures("current")
def test_a_bad_match_is_an_error(follow):
    """A match that is no FIELD=value is told with its text."""
    source = follow(matches=(("nonsense",),))
    assert batches(source) == []
    assert source.trouble == "systemd journal: journal match 'nonsense': Invalid argument"


def test_a_journal_that_is_not_there_yet(folder, follow):
    """Where there are no journal files this is told once, and they are waited for."""
    source = follow()
    assert batches(source, NOW) == []
    assert batches(source, NOW + 5) == []
    write(folder / "system.journal", entry(1))
    assert source.deadline() == NOW + 10
    assert messages(source, NOW + 10) == ["message 1"]
    kinds = [event.kind for event in source.events]
    assert kinds == [
        SourceEventKind.UNREADABLE,
        SourceEventKind.RETURNED,
        SourceEventKind.CAUGHT_UP,
    ]


def test_a_journal_that_vanishes_comes_back(current, follow):
    """When all files are gone this is told once, and the journal read when it is back."""
    source = follow()
    batches(source)
    moved = current.rename(current.with_suffix(".away"))
    assert messages(source, NOW) == []
    moved.rename(current)
    write(current, entry(20))
    assert messages(source, NOW + 1) == ["message 20"]


@pytest.mark.usefixtures("current")
def test_catching_up_ends(follow):
    """Blocks are old until the journal's end was reached once."""
    source = follow()
    (batch,) = batches(source)
    assert batch.catching_up
    assert not source.catching_up
    assert [event.kind for event in source.events] == [SourceEventKind.CAUGHT_UP]


def test_many_entries_come_in_blocks(folder, follow):
    """A long journal comes in blocks of bounded size."""
    write(folder / "system.journal", *(entry(n, "x" * 1000) for n in range(600)))
    sizes = [len(batch.data) for batch in batches(follow())]
    assert len(sizes) == 3
    assert max(sizes) < 300_000


@pytest.mark.usefixtures("current")
def test_read_journal(folder):
    """fail2ban-regex reads a journal from its beginning, as times and texts."""
    read = list(read_journal(["SYSLOG_IDENTIFIER=sshd _PID=4711"], journalpath=str(folder)))
    assert read[0] == (NOW, "host sshd[4711]: message 0")
    assert len(read) == 5


def test_read_rotated_journals(folder):
    """Rotated files are read only when asked for, or by name."""
    write(folder / "system@1.journal", entry(1))
    write(folder / "system.journal", entry(2))
    path = str(folder)
    assert [text[-1] for _, text in read_journal(journalpath=path)] == ["2"]
    assert [text[-1] for _, text in read_journal(journalpath=path, rotated="on")] == ["1", "2"]
    by_name = read_journal(journalfiles=f"{folder}/*@*.journal")
    assert [text[-1] for _, text in by_name] == ["1"]


def test_no_library(monkeypatch):
    """Without systemd's library the error names it."""
    monkeypatch.setattr(journal_library, "_NAME", "libnothing.so.0")
    journal_library._library.cache_clear()
    try:
        with pytest.raises(SourceError, match=r"can't be read without libnothing\.so\.0"):
            list(read_journal(journalfiles=__file__))
    finally:
        journal_library._library.cache_clear()


def test_files_changed_since_are_read(folder):
    """Rotated files count if they changed after the moment that matters."""
    write(folder / "system@1.journal", entry(1))
    changed = (folder / "system@1.journal").stat().st_mtime
    place = JournalPlace.of(journalpath=str(folder))
    assert files_of(place, changed) == [str(folder / "system@1.journal")]
    assert files_of(place, changed + 100) == []
