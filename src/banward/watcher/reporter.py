"""Tells the warden what happened to sources and filters, with the lines for its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from banward.link import JailState, Notice, Quarantine, Report, SourceEvent
from banward.watcher.notices import ERROR, WARNING, of_event, of_oddity

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.watcher.guard import Guard
    from banward.watcher.lane import Lane

__all__ = ["Reporter"]


class Reporter:
    """Turns what happened into reports.

    Args:
        send: takes a report.
        guard: knows of regexes that ran away, and of lines that failed.
    """

    def __init__(self, send: Callable[[Report], None], guard: Guard) -> None:
        self.send = send
        self._guard = guard
        self._states: dict[str, JailState] = {}

    def event(self, event: SourceEvent, jails: tuple[str, ...]) -> None:
        """Tell an event of a source, and who follows it."""
        self.send(msgspec.structs.replace(event, jails=jails))
        self.send(of_event(event))

    def events_of(self, lane: Lane) -> None:
        """Tell what happened to the source of a lane."""
        events, lane.source.events = lane.source.events, []
        for event in events:
            self.event(event, lane.jails)

    def findings_of(self, lane: Lane) -> None:
        """Tell what the filters of a lane met beside failures."""
        for rule in lane.filters:
            for oddity in rule.take_oddities():
                for notice in of_oddity(rule.watched, lane.source.name, oddity):
                    self.send(notice)
        guard = self._guard
        if guard.overruns:
            overruns, guard.overruns = guard.overruns, []
            for run in overruns:
                self.send(Quarantine(run.jail, run.number, run.pattern, run.source, run.line))
        if guard.failures:
            failures, guard.failures = guard.failures, []
            for text in failures:
                self.send(Notice(ERROR, "filter", text))

    def polling(self, trouble: str) -> None:
        """Tell that a path is polled although it should not be.

        Args:
            trouble: the path, and why.
        """
        text = f"Could only poll {trouble}; see sysctl fs.inotify"
        self.send(Notice(WARNING, "filter", text))

    def states(self, states: list[JailState], *, all_of_them: bool) -> None:
        """Tell the states of all jails, or only those that changed."""
        for state in states:
            if all_of_them or self._states.get(state.jail) != state:
                self.send(state)
        self._states = {state.jail: state for state in states}
