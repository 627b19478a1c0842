"""Who failed, for each hit of the engine: host names become addresses. Prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.cli.regex_output import Failure
from banward.matching.hit import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from banward.matching.examiner import Examiner
    from banward.matching.hit import Examination, Hit

__all__ = ["Results"]

_Subject = str | tuple[str | None, ...]
_NOBODY_YET = ("None",)


class Results:
    """Reads the results out of hits.

    Args:
        rule: the filter that the hits come from.
        addresses: looks a host name up.
    """

    def __init__(self, rule: Examiner, addresses: Callable[[str], tuple[str, ...]]) -> None:
        self._rule = rule
        self._addresses = addresses

    def who(self, hit: Hit) -> tuple[_Subject, ...]:
        """Who failed by a hit.

        Returns:
            One or more for a failure; the word None for a helper or a failure that waits and is
            nobody's yet; nobody where there is no result: an ignored match, or a name without an
            address.
        """
        if hit.verdict in (Verdict.IGNORED, Verdict.NOBODY):
            return ()
        identity = hit.identity or self._rule.identify(hit.data)
        if identity is None:
            return _NOBODY_YET
        if identity.name:
            return self._addresses(identity.name)
        return () if identity.subject is None else (identity.subject,)

    def failures(self, examination: Examination, now: float) -> Iterator[Failure]:
        """The failures of a line: of the first failregex that matched.

        Args:
            examination: what the engine says of the line.
            now: the present moment, in seconds since the epoch.
        """
        for hit in examination.hits[:1]:
            if hit.verdict is Verdict.FAILURE:
                for subject in self.who(hit):
                    yield Failure(subject, examination.dated.at, hit.data, hit.lines, now)
