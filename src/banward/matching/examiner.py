"""A filter that tells all that it makes of a line, as ``fail2ban-regex`` shows it.

There are no limits of age here, and a helper outside of a session is no failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.matching import fields
from banward.matching.filter import Filter
from banward.matching.hit import Examination, Hit
from banward.matching.sessions import Origin

if TYPE_CHECKING:
    from banward.matching.search import Found

__all__ = ["Examiner"]


class Examiner(Filter):
    """A filter with a richer view of its lines."""

    def examine(
        self,
        line: str,
        now: float,
        *,
        check_all: bool = True,
        stamp: float | None = None,
        source: str = "",
        offset: float = 0,
    ) -> Examination:
        """Take the next line of a source, as ``fail2ban-regex`` does (4.4).

        Args:
            line: the line without its end.
            now: the present moment, in seconds since the epoch.
            check_all: whether to go on behind the first failregex that matches.
            stamp: the time of the line, where the source knows it.
            source: name of the source.
            offset: what marks the line in ``Examination.consumed``.
        """
        record = fields.parse(line) if self.rules.fields else None
        dated = self._date(line, record, now, stamp, source)
        view = self._view(dated, record, source, offset)
        hits: list[Hit] = []
        consumed: list[float] = []
        for found in self._search(dated, view):
            consumed.extend(found.offsets)
            if found.ignored_by is not None:
                hits.append(Hit.ignored(found.number, found.data, found.lines, found.ignored_by))
                break
            hits.append(self._judge(found, now, Origin(source, offset)).as_examined())
            if not check_all:
                break
        self.doing = None
        return Examination(dated, view.groups, view.ignored_by, tuple(hits), tuple(consumed))

    def _judge(self, found: Found, now: float, origin: Origin) -> Hit:
        """What a failregex that matched makes of its session, and who it was."""
        if found.data.get("mlfid") is not None:
            message = self._sessions.take(found.data, found.lines, now, origin)
            return Hit.of_session(found.number, message)
        return Hit.alone(found.number, found.data, found.lines, self.identify(found.data))
