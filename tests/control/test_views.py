"""Views have the shapes that other programs index by position (6.4)."""

import pytest
from msgspec.structs import replace

from banward.control import views
from banward.control.desk import Counts
from banward.records import Ban
from banward.settings import LogPath
from control.desks import FakeJail


@pytest.fixture
def jail(runner) -> FakeJail:
    """A jail with two files, two bans and counters."""

    async def make() -> FakeJail:
        return FakeJail("j1")

    made = runner.run(make())
    made.settings = replace(made.settings, logpaths=(LogPath("/a"), LogPath("/b", tail=True)))
    made.counts = Counts(1, 2, 3, 4)
    made.held = [Ban("j1", "192.0.2.2", 1000, 600), Ban("j1", "192.0.2.1", 1000, 60)]
    return made


def test_positions_of_the_status(jail: FakeJail) -> None:
    """Pairs are tuples, containers are lists, numbers are integers."""
    assert views.jail_status(jail) == [
        ("Filter", [("Currently failed", 1), ("Total failed", 2), ("File list", ["/a", "/b"])]),
        (
            "Actions",
            [
                ("Currently banned", 3),
                ("Total banned", 4),
                ("Banned IP list", ["192.0.2.2", "192.0.2.1"]),
            ],
        ),
    ]
    assert views.statistics(jail) == ["polling", (1, 2), (3, 4)]


def test_the_order_of_bans_is_that_of_their_ends(jail: FakeJail) -> None:
    """Of those that end together, the first that was banned is the first."""
    jail.held.append(Ban("j1", "192.0.2.0", 1540, 60))
    assert views.by_end(jail.held) == ["192.0.2.1", "192.0.2.2", "192.0.2.0"]


def test_the_ignore_list_keeps_the_order_of_adding() -> None:
    """Within its two parts."""
    entries = ("192.0.2.2", "z.example", "file:/x", "192.0.2.1", "10.0.0.0/8", "a.example")
    assert views.ignore_list(entries) == [
        *("z.example", "file://x", "10.0.0.0/8", "a.example"),
        *("192.0.2.2", "192.0.2.1"),
    ]
