"""The filter of each jail, and the scanners that apply them to shared sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.errors import PatternError
from banward.matching.dates.detector import DateDetector
from banward.matching.scanner import Scanner
from banward.sources.newline import codec_name
from banward.watcher.guard import CarefulFilter, GuardedFilter

if TYPE_CHECKING:
    from banward.clock import Clock
    from banward.link import Configure
    from banward.settings import WatchSettings
    from banward.sources.start import TimeOf
    from banward.watcher.guard import Guard
    from banward.watcher.lane import Lane
    from banward.watcher.page import Page

__all__ = ["Filters"]


class Filters:
    """The filters that work.

    Args:
        guard: breaks off regexes that run away.
        page: is told which number stands for which jail.
    """

    def __init__(self, guard: Guard, page: Page) -> None:
        self._guard = guard
        self._page = page
        self._filters: dict[str, GuardedFilter] = {}
        self._settings: dict[str, tuple[WatchSettings, type[GuardedFilter]]] = {}
        self._scanners: dict[tuple[str, ...], Scanner] = {}
        self._raw: list[GuardedFilter] = []

    def configure(self, order: Configure) -> dict[str, str]:
        """Make a filter for each jail; one whose settings are the same stays with all it knows.

        Returns:
            What is wrong with the filters that can't be used, by jail.
        """
        errors: dict[str, str] = {}
        self._scanners.clear()
        old, self._filters = self._filters, {}
        self._page.name_jails([settings.jail for settings in order.jails])
        for number, settings in enumerate(order.jails, 1):
            jail = settings.jail
            kind = CarefulFilter if jail in order.careful else GuardedFilter
            made = _essence(settings), kind
            try:
                if self._settings.get(jail) == made and jail in old:
                    rule = old[jail]
                else:
                    rule = kind(settings, self._guard, number)
                Scanner({jail: rule})  # refuses an encoding that it does not know
            except (PatternError, LookupError) as error:
                errors[jail] = str(error)
                continue
            rule.number = number
            self._filters[jail] = rule
            self._settings[jail] = made
        for jail, pattern in order.quarantined:
            if jail in self._filters:
                self._filters[jail].quarantine_pattern(pattern)
        self._raw = list(self._filters.values())
        return errors

    @property
    def are_raw(self) -> bool:
        """Whether there is something to ``prepare``."""
        return bool(self._raw)

    def prepare(self) -> None:
        """Make ready what one more filter needs in a flood; to be called when there is time."""
        if self._raw:
            self._raw.pop().prepare()

    def __contains__(self, jail: str) -> bool:
        return jail in self._filters

    def equip(self, lane: Lane) -> None:
        """Give a lane the filters of its jails; lanes with the same jails share a scanner."""
        names = tuple(sorted(lane.jails))
        if names not in self._scanners:
            self._scanners[names] = Scanner({name: self._filters[name] for name in names})
        lane.scanner = self._scanners[names]
        lane.filters = [self._filters[name] for name in names]

    def time_of(self, jail: str, clock: Clock) -> TimeOf:
        """Tells the times of a jail's lines, without a trace in its filter."""
        settings = self._filters[jail].settings
        detector = DateDetector(settings.datepattern, timezone=settings.logtimezone)
        codec = codec_name(settings.logencoding)

        def time_of(line: bytes) -> float | None:
            date = detector.find(line.decode(codec, "replace").rstrip("\r"))
            return None if date is None or date.is_none else date.time(clock.now())

        return time_of


def _essence(settings: WatchSettings) -> WatchSettings:
    """The settings without what does not concern the filter."""
    return type(settings)(settings.jail, settings.filter, settings.findtime)
