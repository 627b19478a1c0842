"""When a line was written, and whether that can be: the daemon's use of dates. Knows no regex.

The rules are those of config-and-filters.md 2.5 and 3.6, and server-and-client.md 2.3.
"""

from __future__ import annotations

import datetime
import enum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from banward.matching.minutes import Minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.matching.dates.detector import DateDetector, DateMatch
    from banward.matching.quickdate import Glance

__all__ = [
    "DAY",
    "RECENT",
    "SKEW",
    "Dated",
    "LineDates",
    "Oddity",
    "OddityKind",
    "Quick",
    "TimeRule",
]

RECENT = 60.0
"""How many seconds the date of an earlier line holds for lines without one."""

SKEW = 60
"""By how many whole seconds new lines may differ from now before their date is not believed."""

DAY = 86400.0
"""For so many seconds an oddity is not told again."""

_MOST_SEEN = 1000  # dates that are remembered for one present moment
_EARLIEST, _LATEST = 1e8, 1e10  # seconds since the epoch: 1973 and 2286
_LATENCY = 3300  # seconds; a greater difference is rather a wrong time zone

Quick = tuple[float, int, int]
"""The time of a date, in seconds since the epoch, and the indices between which it stands."""


class Dated(msgspec.Struct, frozen=True, gc=False):
    """A line with its date cut out.

    Args:
        at: when it was written, in seconds since the epoch; None if unknown.
        text: what regexes see, with a newline at its end.
        stored: what is shown as the matched line.
        date: the date that was found in it, even if it can't be used.
        is_own: whether ``at`` comes from this date.
    """

    at: float | None
    text: str
    stored: str
    date: DateMatch | None = None
    is_own: bool = False


class LineDates:
    """Cuts the date out of lines, and remembers the last date of each source.

    Args:
        detector: finds dates.
        glance: looks for dates of the most frequent formats (``quickdate.py``).
        is_inside: whether the glance looks behind the first bracket of a line.

    Attributes:
        skipped: the lines before the next one that were left out, if there are any.
    """

    def __init__(
        self,
        detector: DateDetector,
        glance: Callable[[str], Glance | None] | None = None,
        *,
        is_inside: bool = False,
    ) -> None:
        self.is_inside = is_inside
        self.skipped: Iterable[str] | None = None
        self._detector = detector
        self._glance = glance
        self._seen: dict[tuple[str | None, ...], float] = {}
        self._seen_at = 0.0
        self._minutes = Minutes()
        self._head = ""
        self._of_head: Quick | None = None
        self._stands = (0.0, "")
        self._quick: str | None = None
        self._last: dict[str, tuple[float, str]] = {}

    def date(self, line: str, now: float, source: str = "") -> Dated:
        """Date a line of a log.

        Args:
            line: the line without its end.
            now: the present moment, in seconds since the epoch.
            source: the log that it stands in.
        """
        if self._quick is not None:
            # Formats stick to that of the line before, also if that was read at a glance.
            quick, self._quick = self._quick, None
            self._detector.find(quick)
        date = self._detector.find(line)
        if date is None or date.is_none:
            return self._by_last(line, now, source, date) or Dated(
                None if date is None else now, f"{line}\n", line, date
            )
        at = date.time(now)
        cut = f"{line[: date.start]}{line[date.end :]}\n"
        if at is None:
            return self._by_last(line, now, source, date) or Dated(None, cut, line, date)
        self._last[source] = (at, date.text)
        return Dated(at, cut, line, date, is_own=True)

    def date_quickly(self, line: str, now: float, source: str = "") -> Dated:
        """The same as ``date``, but a date that was read before is not read again.

        Patterns of the detector are not told of such a line, so their hits mean nothing then.

        Args:
            line: the line without its end.
            now: the present moment, in seconds since the epoch.
            source: the log that it stands in.
        """
        quick = self.glance(line, now, source)
        if quick is not None:
            at, start, end = quick
            return Dated(at, f"{line[:start]}{line[end:]}\n", line, is_own=True)
        seen = self._glance(line) if self._glance else None
        dated = self.date(line, now, source)
        date = dated.date
        if seen is not None and date is not None and dated.is_own:
            key, start, end, _ = seen
            if (date.start, date.end) == (start, end):
                self._seen[key] = dated.at or 0.0
                self._minutes.learn(key, date, now)
        return dated

    def glance(self, line: str, now: float, source: str = "") -> Quick | None:
        """The date of a line if the same date was read before; then the line counts as dated.

        Args:
            line: the line without its end.
            now: the present moment, in seconds since the epoch.
            source: the log that it stands in.
        """
        if self._glance is None:
            return None
        if now != self._seen_at or len(self._seen) > _MOST_SEEN:
            self._seen.clear()
            self._seen_at = now
            self._minutes.forget()
            self._of_head = None
        quick = self._of_head
        if quick is None or not line.startswith(self._head):
            seen = self._glance(line)
            if seen is None:
                return None
            key, start, end, behind = seen
            at = self._seen.get(key)
            if at is None and (at := self._minutes.time(key)) is None:
                return None
            quick = at, start, end
            # A shorter line may go on otherwise.
            self._head, self._of_head = line[:behind], quick if len(line) >= behind else None
            self._stands = at, line[start:end]
        self._quick = line
        self._last[source] = self._stands
        return quick

    @property
    def head(self) -> str:
        """What lines begin with that have the date of the last one; empty if that is not known.

        Of a line that has its date behind the first bracket it is what follows this bracket.
        """
        if self._of_head is None:
            return ""
        return self._head[self._head.find("[") + 1 :] if self.is_inside else self._head

    def of_field(self, line: str, value: object, now: float, source: str = "") -> Dated:
        """Date a line by one of its named values; nothing is cut (docs/failjson.md).

        Args:
            line: the line without its end.
            value: text with a date, or a number since the epoch: seconds, milliseconds,
                microseconds or nanoseconds, told apart by its size.
            now: the present moment, in seconds since the epoch.
            source: the log that it stands in.
        """
        text = f"{line}\n"
        if isinstance(value, int | float) and not isinstance(value, bool):
            at: float | None = _scaled(value)
            shown = str(value)
            date = None
        else:
            shown = value if isinstance(value, str) else ""
            date = self._detector.find(shown)
            at = None if date is None or date.is_none else date.time(now)
        if at is None:
            return self._by_last(line, now, source, date) or Dated(None, text, line, date)
        self._last[source] = (at, shown)
        return Dated(at, text, line, date)

    @staticmethod
    def stamped(line: str, stamp: float) -> Dated:
        """A line whose source knows its time, such as a journal (config-and-filters.md 2.11).

        Args:
            line: the line without its end.
            stamp: its time, in seconds since the epoch.
        """
        written = datetime.datetime.fromtimestamp(stamp).astimezone().replace(tzinfo=None)
        return Dated(stamp, f"{line}\n", f"{written.isoformat()} {line}")

    def _by_last(self, line: str, now: float, source: str, date: DateMatch | None) -> Dated | None:
        """Take the date of the line before, if it is recent; then nothing is cut."""
        if self.skipped is not None:
            skipped, self.skipped = self.skipped, None
            for earlier in skipped:
                self.date(earlier, now, source)
        last = self._last.get(source)
        if last is None or now - last[0] >= RECENT:
            return None
        return Dated(last[0], f"{line}\n", f"{last[1]}{line}", date)


def _scaled(number: float) -> float | None:
    """A number since the epoch in seconds; None for one that is none of the last centuries."""
    for unit in (1, 1e3, 1e6, 1e9):
        if _EARLIEST <= number / unit < _LATEST:
            return number / unit
    return None


class OddityKind(enum.StrEnum):
    """What is odd about a line; the text is for the log."""

    OLD = "older than findtime"
    LATENCY = "latency problem"
    TIMEZONE = "timezone problem"
    UNDATED = "no valid date/time found"
    UNDECODABLE = "no text in its encoding"
    DISAGREEMENT = "PCRE2 finds something else in it than re"


class Oddity(NamedTuple):
    """An odd line, told at most once a day and kind.

    Args:
        kind: what is odd.
        seconds: how long before now it says it was written, negative for after now; else 0.
        line: the line; its bytes in Python notation if they are no text.
    """

    kind: OddityKind
    seconds: float
    line: str


class TimeRule:
    """Decides at what time a line counts (the table of config-and-filters.md 3.6).

    Args:
        findtime: seconds; older lines of the old part of a log are skipped.
    """

    def __init__(self, findtime: float) -> None:
        self._findtime = findtime
        self._told: dict[OddityKind, float] = {}
        self.oddities: list[Oddity] = []

    def is_old(self, at: float | None, line: str, now: float) -> bool:
        """Whether a line of the old part of a log is older than findtime, and thus skipped.

        Args:
            at: when it was written, None if that is not known.
            line: the line as it is shown.
            now: the present moment, in seconds since the epoch.
        """
        if at is None or at >= now - self._findtime:
            return False
        self._tell(OddityKind.OLD, now - at, line, now)
        return True

    def time(self, at: float | None, line: str, now: float, *, in_operation: bool) -> float | None:
        """The time at which a match in this line counts; None if it gives no failure.

        Args:
            at: when it was written, None if that is not known; the line is not one that ``is_old``.
            line: the line as it is shown.
            now: the present moment, in seconds since the epoch.
            in_operation: false while the old part of a log is read.
        """
        if at is None:
            self._tell(OddityKind.UNDATED, 0, line, now)
            return now if in_operation else None
        behind = now - at
        if in_operation and abs(int(behind)) > SKEW:
            kind = OddityKind.LATENCY if 0 < behind <= _LATENCY else OddityKind.TIMEZONE
            self._tell(kind, behind, line, now)
            return now
        return min(at, now)

    def _tell(self, kind: OddityKind, seconds: float, line: str, now: float) -> None:
        """Note an oddity; latency and time zone share their day, as one warning stands for both."""
        shared = OddityKind.LATENCY if kind is OddityKind.TIMEZONE else kind
        if now - self._told.get(shared, -DAY) >= DAY:
            self._told[shared] = now
            self.oddities.append(Oddity(kind, seconds, line))
