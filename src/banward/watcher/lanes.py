"""All lanes, which of them have something to read, and whose turn it is. Knows no settings."""

from __future__ import annotations

from collections import defaultdict
from math import inf
from typing import TYPE_CHECKING, Final

from banward.sources.file import FollowedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.watcher.lane import Lane

__all__ = ["Lanes"]

_PAUSE: Final = 1.0  # seconds


class Lanes:
    """The lanes by the name of their source."""

    def __init__(self) -> None:
        self._by_name: defaultdict[str, list[Lane]] = defaultdict(list)
        self._ready: dict[Lane, None] = {}  # in the order of their turns
        self._due: dict[Lane, float] = {}  # when to look even if nothing happens

    def __iter__(self) -> Iterator[Lane]:
        return iter([lane for lanes in self._by_name.values() for lane in lanes])

    def at(self, name: str) -> list[Lane]:
        """The lanes of a source; more than one while a jail that came later catches up."""
        return list(self._by_name.get(name, ()))

    def find(self, jail: str, name: str) -> Lane | None:
        """The lane in which a jail follows a source."""
        return next((lane for lane in self.at(name) if jail in lane.jails), None)

    def of(self, jail: str) -> list[Lane]:
        """The lanes that a jail follows."""
        return [lane for lane in self if jail in lane.jails]

    def add(self, lane: Lane) -> None:
        """Take in a lane; nothing of it is read before ``look``."""
        self._by_name[lane.source.name].append(lane)

    def drop(self, lane: Lane) -> None:
        """End a lane."""
        lanes = self._by_name[lane.source.name]
        lanes.remove(lane)
        if not lanes:
            del self._by_name[lane.source.name]
        self._ready.pop(lane, None)
        self._due.pop(lane, None)
        lane.source.close()

    def look(self, lane: Lane, now: float) -> None:
        """See whether a lane has something to read."""
        lane.source.look(now)
        deadline = lane.source.deadline()
        if deadline < inf:
            # Never at once again: while the warden does not keep up nothing is read.
            self._due[lane] = max(deadline, now + _PAUSE)
        else:
            self._due.pop(lane, None)
        if not lane.source.is_idle:
            self._ready.setdefault(lane)

    def overdue(self, now: float) -> list[Lane]:
        """The lanes that have to be looked at although nothing happened."""
        return [lane for lane, deadline in self._due.items() if deadline <= now]

    def hurry(self) -> None:
        """Let all that wait for a moment be overdue: the clock was set back."""
        self._due = dict.fromkeys(self._due, 0.0)

    def deadline(self) -> float:
        """When the first lane will be overdue, in seconds since the epoch."""
        return min(self._due.values(), default=inf)

    @property
    def any_ready(self) -> bool:
        """Whether a lane has something to read."""
        return bool(self._ready)

    def next(self) -> Lane | None:
        """The lane whose turn it is: new lines before old ones, then one after the other."""
        live = (lane for lane in self._ready if not lane.source.catching_up)
        lane = next(live, None) or next(iter(self._ready), None)
        if lane is not None:
            del self._ready[lane]
        return lane

    def put_back(self, lane: Lane) -> None:
        """Give a lane another turn if it has more to read."""
        if not lane.source.is_idle:
            self._ready[lane] = None

    def twin(self, lane: Lane) -> Lane | None:
        """Another lane of the same file that stands at the same place, both read to the end."""
        source = lane.source
        for other in self.at(source.name):
            if (
                other is not lane
                and isinstance(source, FollowedFile)
                and isinstance(other.source, FollowedFile)
                and source.meets(other.source)
            ):
                return other
        return None
