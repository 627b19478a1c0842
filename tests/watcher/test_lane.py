"""What one block of a source is told as."""

import pytest

from banward.link import Configure
from banward.records import Progress
from watcher.rig import NOW, Rig, append, jail

MANY = 2500
LINES = [f"{NOW:.0f} fail from 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(MANY)]


@pytest.fixture
def rig():
    made = Rig()
    yield made
    made.close()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    append(path, *LINES)
    return path


def parts(rig):
    return rig.of(Progress)


def test_a_block_in_which_thousands_failed_is_told_in_parts(rig, log):
    """Each part has the position behind its lines, so that it can be stored by itself."""
    rig.configure(jail("a", log))
    assert [len(part.matches) for part in parts(rig)] == [1000, 1000, 500]
    ends = [part.position.offset for part in parts(rig)]
    size = len(LINES[0]) + 1
    assert ends[-1] == log.stat().st_size
    assert log.read_bytes()[: int(ends[0])].count(b"\n") == 1000
    assert parts(rig)[0].lag == log.stat().st_size - ends[0] >= 1500 * size
    assert all(part.position.replay <= part.position.offset for part in parts(rig))


@pytest.mark.parametrize("stored", [0, 1])
def test_who_goes_on_behind_a_part_finds_the_rest(rig, log, stored):
    """When all ends behind one part, the next watcher finds what comes after it, and no more."""
    rig.configure(jail("a", log))
    part = parts(rig)[stored]
    again = Rig()
    again.following.configure(Configure((jail("a", log),), {("a", str(log)): part.position}))
    again.run()
    found = [match.subject for part in parts(again) for match in part.matches]
    assert len(found) == MANY - 1000 * (stored + 1)
    assert found[0] == LINES[1000 * (stored + 1)].rpartition(" ")[2]
    again.close()


def test_lines_of_two_jails_stay_together(rig, log):
    """What two jails find in the same line is in the same part."""
    rig.configure(jail("a", log), jail("b", log))
    for part in parts(rig):
        by_jail = {name: [m.subject for m in part.matches if m.jail == name] for name in "ab"}
        assert by_jail["a"] == by_jail["b"] != []


def test_open_sessions_are_known_behind_a_part(rig, log):
    """A session that was open before the block is read again from its first line."""
    filter_ = r"^ (?:<F-MLFID>s\d+</F-MLFID> )?(?:<F-NOFAIL>open</F-NOFAIL> |fail )from <HOST>$"
    first = f"{NOW:.0f} s1 open from 192.0.2.1\n"
    log.write_text(first)
    rig.configure(jail("a", log, regex=filter_))
    append(log, *LINES)
    rig.run()
    assert [part.position.replay for part in parts(rig)] == [0] * 4
