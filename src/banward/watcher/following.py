"""Which jails follow which sources: opens, joins and ends lanes as jails and files come and go.

A file is one lane for all its jails. A jail that comes later reads what is old in a lane of its
own, which is joined with the other once both are at the same place. A path that does not exist is
waited for; a pattern takes in every file that matches it later.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from banward.errors import SourceError
from banward.link import JailState, SourceEvent, SourceEventKind
from banward.sources.file import FollowedFile
from banward.sources.journal import NAME as JOURNAL
from banward.sources.journal import JournalSource
from banward.sources.newline import codec_name
from banward.sources.open_file import identity_at
from banward.sources.start import JailStart, begin
from banward.sources.watch import INOTIFY, POLLING
from banward.watcher.lane import Lane
from banward.watcher.lanes import Lanes
from banward.watcher.wishes import (
    SYSTEMD,
    backend_of,
    have_moved,
    paths_of,
    patterns_of,
    place_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from banward.clock import Clock
    from banward.link import Configure
    from banward.records import Position
    from banward.settings import WatchSettings
    from banward.sources.base import Source
    from banward.sources.open_file import OpenFile
    from banward.sources.watch import Watch
    from banward.watcher.filters import Filters
    from banward.watcher.page import Page
    from banward.watcher.reporter import Reporter

__all__ = ["Following"]


class _Group(NamedTuple):
    """Jails of the same group begin in one lane."""

    path: str
    codec: str
    tail: bool


class Following:
    """The lanes of all jails.

    Args:
        clock: tells the time.
        filters: the filters of the jails.
        watch: says which files have to be looked at.
        page: where the warden can see what is done.
        reporter: tells the warden.

    Attributes:
        lanes: the lanes.
    """

    def __init__(
        self, clock: Clock, filters: Filters, watch: Watch, page: Page, reporter: Reporter
    ) -> None:
        self.lanes = Lanes()
        self._clock = clock
        self._filters = filters
        self._watch = watch
        self._page = page
        self._reporter = reporter
        self._jails: dict[str, WatchSettings] = {}
        self._errors: dict[str, str] = {}
        self._stored: dict[tuple[str, str], Position] = {}
        self._reached: dict[tuple[str, str], Position] = {}
        self._patterns: set[str] = set()
        self._known: set[tuple[int, str]] = set()  # inode and mark of files that gave lines
        self._polled: set[str] = set()

    # What the warden orders.

    def configure(self, order: Configure) -> None:
        """Follow what these jails want to be followed, and nothing else."""
        self._stored = order.positions
        self._errors = self._filters.configure(order)
        old = self._jails
        self._jails = {
            settings.jail: settings for settings in order.jails if settings.jail in self._filters
        }
        for jail, settings in old.items():
            if jail not in self._jails or have_moved(settings, self._jails[jail]):
                self._leave(jail, {lane.source.name for lane in self.lanes.of(jail)})
        self._watch_patterns()
        self._sync(self._jails.values(), late=False)
        for lane in self.lanes:
            self._filters.equip(lane)
        states = [self._state(settings) for settings in order.jails]
        self._reporter.states(states, all_of_them=True)

    def leave_all(self) -> None:
        """Follow nothing more."""
        for jail in list(self._jails):
            self._leave(jail, {lane.source.name for lane in self.lanes.of(jail)})
        self._jails.clear()

    # What happens to sources.

    def wake(self, now: float) -> None:
        """Look at all sources that may have changed.

        Args:
            now: the present moment, in seconds since the epoch.
        """
        changed = self._watch.changed(now)
        self._match_again(changed & self._patterns)
        for path in changed - self._patterns:
            for lane in self.lanes.at(path):
                self.look(lane, now)
        for lane in self.lanes.overdue(now):
            self.look(lane, now)
        for trouble in self._watch.troubles:
            self._reporter.polling(trouble)
        self._watch.troubles.clear()

    def descriptors(self) -> dict[tuple[int, int], Lane]:
        """The descriptors of journals, each with a number that tells a new one from an old one."""
        return {
            lane.source.descriptor: lane
            for lane in self.lanes.at(JOURNAL)
            if isinstance(lane.source, JournalSource) and lane.source.descriptor
        }

    def look(self, lane: Lane, now: float) -> None:
        """Look at one source.

        Args:
            lane: its lane.
            now: the present moment, in seconds since the epoch.
        """
        source = lane.source
        # Watched first, then looked at: what happens in between is seen by one or the other.
        self._renew(source, keep=True)
        self.lanes.look(lane, now)
        self._reporter.events_of(lane)
        if isinstance(source, FollowedFile) and source.is_settled:
            self._renew(source, keep=False)

    def step(self, now: float) -> int:
        """Read and scan one block of the lane whose turn it is.

        Args:
            now: the present moment, in seconds since the epoch.

        Returns:
            How many times ``Progress`` was reported.
        """
        lane = self.lanes.next()
        if lane is None:
            return 0
        told = lane.step(now)
        for progress in told:
            self._reporter.send(progress)
            position = progress.position
            self._reached |= {(jail, progress.source): position for jail in progress.jails}
            if self._patterns:
                self._known.add((position.inode, position.mark))
        self._reporter.findings_of(lane)
        self._reporter.events_of(lane)
        self.lanes.put_back(lane)
        self._join(lane)
        return len(told)

    # Which jails want what.

    def _sync(self, jails: Iterable[WatchSettings], *, late: bool) -> None:
        """Open lanes for what jails want and do not follow; leave what they want no more."""
        groups: defaultdict[_Group, list[WatchSettings]] = defaultdict(list)
        for settings in jails:
            jail = settings.jail
            followed = {lane.source.name for lane in self.lanes.of(jail)}
            if backend_of(settings) == SYSTEMD:
                self._leave(jail, followed - {JOURNAL})
                if JOURNAL not in followed:
                    self._open_journal(settings)
                continue
            wanted = paths_of(settings)
            gone = followed - wanted.keys()
            self._leave(jail, {path for path in gone if not late or self._has_ended(path)})
            codec = codec_name(settings.filter.logencoding)
            for path in sorted(wanted.keys() - followed):
                if late and identity_at(path, codec) in self._known:
                    continue  # a file that was read under its former name
                tail = wanted[path] and not late and not self._position(jail, path)
                groups[_Group(path, codec, tail)].append(settings)
        for group, members in groups.items():
            self._open(group, members)

    def _open(self, group: _Group, members: list[WatchSettings]) -> None:
        """Open a lane for a file and the jails that begin together."""
        jails = tuple(settings.jail for settings in members)

        def start(file: OpenFile) -> list[OpenFile]:
            starts = [self._start(settings, group) for settings in members]
            return begin(group.path, starts, file, group.codec)

        source = FollowedFile(
            group.path, encoding=group.codec, catching_up=not group.tail, begin=start
        )
        lane = Lane(source, jails, self._page)
        self._filters.equip(lane)
        self.lanes.add(lane)
        for settings in members:
            backend = self._watch.add(group.path, backend=backend_of(settings))
            self._note_backend(group.path, backend)
        self.lanes.look(lane, self._clock.now())
        for jail in jails:
            added = SourceEvent(SourceEventKind.ADDED, group.path, detail=_place(source, jail))
            self._reporter.event(added, (jail,))
        self._reporter.events_of(lane)

    def _start(self, settings: WatchSettings, group: _Group) -> JailStart:
        jail = settings.jail
        horizon = self._clock.now() - settings.findtime
        time_of = self._filters.time_of(jail, self._clock)
        return JailStart(jail, horizon, time_of, self._position(jail, group.path), group.tail)

    def _open_journal(self, settings: WatchSettings) -> None:
        jail = settings.jail
        now = self._clock.now()
        try:
            source = JournalSource(
                jail,
                place_of(settings),
                settings.journalmatch,
                now - settings.findtime,
                self._position(jail, JOURNAL),
            )
        except SourceError as error:
            self._errors[jail] = str(error)
            return
        lane = Lane(source, (jail,), self._page)
        self._filters.equip(lane)
        self.lanes.add(lane)
        self.look(lane, now)
        self._errors[jail] = source.trouble

    def _leave(self, jail: str, names: set[str]) -> None:
        """A jail follows these sources no more."""
        for lane in self.lanes.of(jail):
            name = lane.source.name
            if name not in names:
                continue
            lane.jails = tuple(each for each in lane.jails if each != jail)
            if name != JOURNAL:
                self._reporter.event(SourceEvent(SourceEventKind.REMOVED, name), (jail,))
            if not lane.jails:
                self.lanes.drop(lane)
            if not self.lanes.at(name):
                self._watch.remove(name)
                self._polled.discard(name)

    def _join(self, lane: Lane) -> None:
        """Join a lane with another one of the same file that is at the same place."""
        twin = self.lanes.twin(lane)
        if twin:
            twin.jails += lane.jails
            self._filters.equip(twin)
            self.lanes.drop(lane)

    def _position(self, jail: str, name: str) -> Position | None:
        """Where a jail was; what this process reached is never older than what is stored."""
        return self._reached.get((jail, name)) or self._stored.get((jail, name))

    # Patterns.

    def _watch_patterns(self) -> None:
        wanted: set[str] = set()
        for settings in self._jails.values():
            patterns = patterns_of(settings)
            wanted |= patterns
            for pattern in patterns:
                self._watch.add(pattern, backend=backend_of(settings))
        for pattern in self._patterns - wanted:
            self._watch.remove(pattern)
        self._patterns = wanted

    def _match_again(self, patterns: set[str]) -> None:
        """Take in files that match these patterns by now."""
        if not patterns:
            return
        for pattern in patterns:
            self._watch.renew(pattern, keep=False)
        concerned = [each for each in self._jails.values() if patterns & patterns_of(each)]
        self._sync(concerned, late=True)
        self._reporter.states(list(map(self._state, self._jails.values())), all_of_them=False)

    def _has_ended(self, path: str) -> bool:
        """Whether nothing more can come from a file whose path matches no pattern any more."""
        return all(
            lane.source.current is None
            for lane in self.lanes.at(path)
            if isinstance(lane.source, FollowedFile)
        )

    # What the warden is told.

    def _renew(self, source: Source, *, keep: bool) -> None:
        if isinstance(source, FollowedFile):
            self._note_backend(source.name, self._watch.renew(source.name, keep=keep))

    def _note_backend(self, path: str, backend: str) -> None:
        if backend == POLLING:
            self._polled.add(path)

    def _state(self, settings: WatchSettings) -> JailState:
        jail = settings.jail
        error = self._errors.get(jail, "")
        backend = backend_of(settings)
        names = sorted(lane.source.name for lane in self.lanes.of(jail))
        if backend == SYSTEMD:
            return JailState(jail, SYSTEMD, (), error)
        polled = backend == POLLING or any(name in self._polled for name in names)
        return JailState(jail, POLLING if polled else INOTIFY, tuple(names), error)


def _place(source: FollowedFile, jail: str) -> str:
    """Where a jail begins in a file, as the log tells it."""
    file = source.current
    if file is None:
        return "(pos = 0, hash = )"
    since = file.starts.get(jail)
    return f"(pos = {int(since.counts) if since else 0}, hash = {file.first.mark})"
