"""The engine of one jail's filter: a line in, matches out. Reads no clock and looks up no name.

    line ─▶ date cut ─▶ (window) ─▶ early ignore ─▶ prefregex ─▶ failregexes ─▶ late ignore
      └─▶ named values (failjson) ────────────────────────────────▶┘   └▶ captures ─▶ session ─▶ who

The order is that of config-and-filters.md 2.7. This is the daemon's view; the richer one of
``fail2ban-regex`` is in ``examiner.py``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import msgspec

from banward.errors import PatternError
from banward.matching import fields
from banward.matching.dates.detector import DateDetector
from banward.matching.datestate import DateState
from banward.matching.failure import to_match
from banward.matching.identity import USEDNS, Identity, identify
from banward.matching.linetime import Dated, LineDates, Oddity, TimeRule
from banward.matching.loosen import loosen
from banward.matching.quickdate import glance_of, stands_inside
from banward.matching.rules import EVERY, Rules
from banward.matching.search import Searcher
from banward.matching.sessions import Origin, Sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Reversible, Sequence

    from banward.matching.captures import Data
    from banward.matching.fields import Record
    from banward.matching.literals import Needs
    from banward.matching.pattern import Pattern
    from banward.matching.rows import Reading
    from banward.records import Match
    from banward.settings import FilterSettings

__all__ = ["Filter", "Hint"]


class Hint(msgspec.Struct, frozen=True, gc=False):
    """What a prefilter knows of a line.

    Args:
        only: bits of the failregexes that may match; all others are known not to.
        skipped: the lines before it that were left out because they can't match; they are looked
            at only if they could make a difference.
    """

    only: int = EVERY
    skipped: Iterable[str] | None = None


_NO_HINT: Final = Hint()
_NOTHING: Final = ()


class Filter(Searcher):
    """The filter of one jail, with all that it remembers from line to line.

    Args:
        settings: regexes, date pattern, window, use of names.
        jail: name of the jail, for its matches.
        findtime: seconds; older lines of the old part of a log are skipped.

    Raises:
        PatternError: a regex, date pattern, time zone or ``maxlines`` can't be used.
    """

    def __init__(
        self, settings: FilterSettings, *, jail: str = "", findtime: float = 600.0
    ) -> None:
        if settings.maxlines < 1:
            raise PatternError(
                f"maxlines must be integer greater than zero, found {settings.maxlines}"
            )
        self.settings = settings
        self.jail = jail
        self._usedns = settings.usedns if settings.usedns in USEDNS else "no"
        super().__init__(Rules(settings, names=self._usedns != "no"), settings.maxlines)
        self.detector = DateDetector(settings.datepattern, timezone=settings.logtimezone)
        self._date_fields = self.rules.dates
        pattern = settings.datepattern
        self._dates = LineDates(self.detector, glance_of(pattern), is_inside=stands_inside(pattern))
        self._state = DateState(self.detector, settings.datepattern)
        self._times = TimeRule(findtime)
        self._sessions = Sessions(self.identify)

    # What others ask of a filter.

    @property
    def prefregex(self) -> Pattern | None:
        """The prefregex, if there is one."""
        return self.rules.prefregex

    def process(
        self,
        line: str,
        now: float,
        *,
        in_operation: bool,
        stamp: float | None = None,
        source: str = "",
        offset: float = 0,
        hint: Hint = _NO_HINT,
    ) -> list[Match]:
        """Take the next line of a source, as the daemon does.

        Args:
            line: the line without its end.
            now: the present moment, in seconds since the epoch.
            in_operation: false while the old part of the source is read (3.6).
            stamp: the time of the line, where the source knows it.
            source: name of the source.
            offset: where the line begins within the source, in bytes.
            hint: what the prefilter knows of the line.

        Returns:
            The failure that became certain with this line, if any.
        """
        self._dates.skipped = None
        if hint.skipped is not None:
            self._look_back(line, hint.skipped, now, source)
        record = fields.parse(line) if self.rules.fields else None
        if stamp is None and record is None:
            dated = self._dates.date_quickly(line, now, source)
        else:
            dated = self._date(line, record, now, stamp, source)
        if not in_operation and self._times.is_old(dated.at, dated.stored, now):
            return []
        view = self._view(dated, record, source, offset, hint.only)
        found = next(self._search(dated, view), None)
        self.doing = None
        if found is None or found.ignored_by is not None:
            return []
        at = self._times.time(dated.at, dated.stored, now, in_operation=in_operation)
        if at is None:
            return []
        match = self._conclude(found.data, found.lines, at, now, Origin(source, offset))
        return [] if match is None else [match]

    def glance(
        self, line: str, reading: Reading, offset: float, only: int
    ) -> Sequence[Match] | None:
        """The same as ``process`` in fewer steps, for a line whose date was read before.

        Lines before it may be left out: such a date is the same whatever they were.

        Args:
            line: the line without its end.
            reading: what holds for all lines of its block.
            offset: where the line begins within the source, in bytes.
            only: bits of the failregexes that may match.

        Returns:
            The failure that became certain with this line, if any; None if ``process`` has to be
            asked, then nothing was done.
        """
        now, in_operation, source = reading
        quick = self._dates.glance(line, now, source) if self.is_plain else None
        if quick is None:
            return None
        at, start, end = quick
        if not in_operation and self._times.is_old(at, line, now):
            return _NOTHING
        data = self.first(f"{line[:start]}{line[end:]}\n", only)
        self.doing = None
        match = None if data is None else self._count(data, line, at, reading, offset)
        return _NOTHING if match is None else (match,)

    def _count(
        self, data: Data, line: str, at: float, reading: Reading, offset: float
    ) -> Match | None:
        """A match of one line, whose date is known, as far as it counts."""
        now, in_operation, source = reading
        counts = self._times.time(at, line, now, in_operation=in_operation)
        if counts is None:
            return None
        return self._conclude(data, (line,), counts, now, Origin(source, offset))

    def pass_over(self, lines: Reversible[str], now: float, source: str = "") -> None:
        """Leave lines out that can't match; what they tell of dates is kept for those to come.

        Args:
            lines: the lines without their ends.
            now: the present moment, in seconds since the epoch.
            source: name of the source.
        """
        self._dates.skipped = None
        if self._state.is_sticky:
            for line in lines:
                self._dates.date(line, now, source)
            return
        for line in reversed(lines):
            if self._dates.date(line, now, source).is_own:
                return

    @functools.cached_property
    def needs(self) -> dict[int, Needs] | None:
        """What a line has to hold for each failregex; None if every line may be of interest."""
        if self.settings.maxlines > 1:
            return None
        self.rules.sharpen()
        return self.rules.needs(self._state.pieces)

    @functools.cached_property
    def loosened(self) -> list[str] | None:
        """Regexes for Hyperscan that match in every raw line that each failregex may match in.

        None if that can't be had of all of them, or every line may be of interest.
        """
        gap = self._state.gap
        if gap is None or self.settings.maxlines > 1 or self.rules.failjson:
            return None
        texts = [loosen(pattern.regex, gap) for pattern in self.rules.failregex]
        known = [text for text in texts if text is not None]
        return known if len(known) == len(texts) else None

    def identify(self, data: Data) -> Identity | None:
        """Who failed, by what was captured; None if nobody can be made responsible."""
        return identify(data, self._usedns)

    def take_oddities(self) -> list[Oddity]:
        """The odd lines met since the last call, each kind at most once a day."""
        told, self._times.oddities = self._times.oddities, []
        return told

    def note(self, oddity: Oddity) -> None:
        """Add an oddity that somebody else met on the way to this filter."""
        self._times.oddities.append(oddity)

    def replay_from(self, source: str, now: float) -> float | None:
        """Where reading has to begin again for the filter to know what it knows.

        Args:
            source: name of the source.
            now: the present moment, in seconds since the epoch.

        Returns:
            The offset of the oldest line in an open session or in the window; None if no line
            read so far matters for those to come.
        """
        window = self._windows.get(source)
        offsets = [self._sessions.oldest(source, now), window.oldest if window else None]
        return min((offset for offset in offsets if offset is not None), default=None)

    def quarantine(self, index: int, kind: str = "failregex") -> None:
        """Search one regex no longer, for it takes too long on lines that come.

        Without its prefregex a filter would mean something else: then none of its failregexes is
        searched.

        Args:
            index: number of the regex among those of its kind, from 0; ``failjson`` rules follow
                the failregexes.
            kind: ``failregex``, ``ignoreregex`` or ``prefregex``.
        """
        self.rules.quarantine(kind, index)
        self.is_plain = self._looks_at_lines_alone()

    # One line, step by step.

    def _look_back(self, line: str, skipped: Iterable[str], now: float, source: str) -> None:
        """Date lines that were left out, now if this line hangs on them, else if need be."""
        if self._state.is_clear(line):
            self._dates.skipped = skipped
            return
        for earlier in skipped:
            self._dates.date(earlier, now, source)

    def _date(
        self, line: str, record: Record | None, now: float, stamp: float | None, source: str
    ) -> Dated:
        """Date a line by what its source knows, by its named values, or by its text."""
        if stamp is not None:
            return self._dates.stamped(line, stamp)
        if record is not None:
            for path in self._date_fields:
                value = fields.lookup(record, path)
                if value is not fields.ABSENT:
                    return self._dates.of_field(line, value, now, source)
        return self._dates.date(line, now, source)

    def _conclude(
        self, data: Data, lines: tuple[str, ...], at: float, now: float, origin: Origin
    ) -> Match | None:
        """The daemon's view of a failregex that matched: sessions first, then who it was."""
        if data.get("mlfid") is None:
            identity = self.identify(data)
        else:
            message = self._sessions.take(data, lines, now, origin)
            data, lines, identity = message.data, message.lines, message.identity
        return None if identity is None else to_match(self.jail, at, data, lines, identity)
