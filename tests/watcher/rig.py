"""A watcher without process and link, driven step by step."""

from __future__ import annotations

from banward.link import Configure, JailState, Notice, SourceEvent
from banward.records import Progress
from banward.settings import FilterSettings, LogPath, WatchSettings
from banward.sources.watch import Watch
from banward.testing.clock import TestClock
from banward.watcher.filters import Filters
from banward.watcher.following import Following
from banward.watcher.guard import Guard
from banward.watcher.page import Page
from banward.watcher.reporter import Reporter

NOW = 1_700_000_000.0


def jail(name="sshd", *paths, regex="fail from <HOST>$", tail=False, **options):
    """A jail whose lines are ``EPOCH fail from ADDRESS``."""
    fields = {name: options.pop(name) for name in list(options) if name in FIELDS}
    fields.setdefault("datepattern", "^EPOCH")
    rule = FilterSettings(failregex=(regex,) if isinstance(regex, str) else regex, **fields)
    logpaths = tuple(LogPath(str(path), tail=tail) for path in paths)
    return WatchSettings(name, rule, logpaths=logpaths, **options)


FIELDS = set(FilterSettings.__struct_fields__)


def fail(number, *, at=0.0):
    """A line of a failure of 192.0.2.NUMBER."""
    return f"{NOW + at:.0f} fail from 192.0.2.{number}"


def append(path, *lines):
    """Add lines to a log."""
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


class Rig:
    """The insides of a watcher, and all that it reported."""

    def __init__(self):
        self.clock = TestClock(NOW)
        self.page = Page()
        self.guard = Guard(self.page)
        self.watch = Watch()
        self.reports = []
        reporter = Reporter(self.reports.append, self.guard)
        filters = Filters(self.guard, self.page)
        self.following = Following(self.clock, filters, self.watch, self.page, reporter)

    def configure(self, *jails, positions=None, **order):
        """Follow jails, and read all that is there."""
        self.following.configure(Configure(jails, positions or {}, **order))
        return self.run()

    def run(self):
        """Read all that is there; gives the numbers of who failed, by jail."""
        self.following.wake(self.clock.now())
        before = len(self.of(Progress))
        while self.following.lanes.any_ready:
            self.following.step(self.clock.now())
        found = {}
        for progress in self.of(Progress)[before:]:
            for match in progress.matches:
                found.setdefault(match.jail, []).append(int(match.subject.rpartition(".")[2]))
        return found

    def of(self, kind):
        """The reports of one kind."""
        return [report for report in self.reports if isinstance(report, kind)]

    def positions(self):
        """The positions as the warden would store them."""
        stored = {}
        for progress in self.of(Progress):
            stored |= {(name, progress.source): progress.position for name in progress.jails}
        return stored

    def log(self):
        """The texts for the log so far."""
        return [notice.message for notice in self.of(Notice)]

    def state(self, name="sshd"):
        """The last state of a jail."""
        return next(s for s in reversed(self.of(JailState)) if s.jail == name)

    def kinds(self, path):
        """What happened to a path."""
        return [event.kind for event in self.of(SourceEvent) if event.source == str(path)]

    def close(self):
        """Let all go."""
        for lane in self.following.lanes:
            self.following.lanes.drop(lane)
        self.watch.close()
        self.page.close()
