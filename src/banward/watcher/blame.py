"""What a watcher that hung or died was doing, and what the next one leaves out. Starts nothing.

First the regex, where the page shows it. Where it does not, the jail is watched carefully, so that
it will be shown the next time. A block that stops a third watcher is skipped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from banward.link import Configure, Notice, Quarantine, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from banward.records import Position
    from banward.settings import WatchSettings
    from banward.watcher.page import Doing

__all__ = ["Blame"]

_ERROR: Final = 40
_PATIENCE: Final = 3  # watchers that one block may stop


class Blame:
    """What stopped watchers.

    Attributes:
        quarantined: regexes that are not to be tried, as (jail, pattern).
        careful: jails that are to be watched carefully.
    """

    def __init__(self) -> None:
        self.quarantined: set[tuple[str, str]] = set()
        self.careful: set[str] = set()
        self._strikes: Counter[tuple[str, float]] = Counter()

    def prune(self, jails: Sequence[WatchSettings]) -> None:
        """Forget what concerns regexes and jails that are no more.

        Args:
            jails: all jails that are followed.
        """
        written = {
            (settings.jail, pattern)
            for settings in jails
            for pattern in settings.filter.all_regexes
        }
        self.quarantined &= written
        self.careful &= {settings.jail for settings in jails}

    def judge(
        self,
        doing: Doing,
        order: Configure,
        positions: dict[tuple[str, str], Position],
        *,
        hung: bool,
    ) -> list[Report]:
        """Decide what the next watcher leaves out.

        Args:
            doing: what the one that was stopped was doing.
            order: what it was told.
            positions: how far jails read; a block that is skipped is entered here.
            hung: whether it hung; who dies may have been killed by somebody, and gets two tries.

        Returns:
            What the warden is to know.
        """
        place = (doing.source, doing.start)
        self._strikes[place] += 1
        if not hung and self._strikes[place] < _PATIENCE - 1:
            return []
        pattern = _pattern(doing, order)
        if pattern and (doing.jail, pattern) not in self.quarantined:
            self.quarantined.add((doing.jail, pattern))
            return [Quarantine(doing.jail, doing.number, pattern, doing.source, doing.line)]
        if doing.jail and doing.jail not in self.careful:
            self.careful.add(doing.jail)
            return []
        if self._strikes[place] < _PATIENCE:
            return []
        return self._skip(doing, positions)

    @staticmethod
    def _skip(doing: Doing, positions: dict[tuple[str, str], Position]) -> list[Report]:
        for (jail, source), position in positions.items():
            if source == doing.source and position.offset <= doing.start:
                moved = msgspec.structs.replace(position, offset=doing.end, replay=doing.end)
                positions[jail, source] = moved
        text = f"Lines of {doing.source} stop the watcher, skipped from {doing.start:.0f} to "
        return [Notice(_ERROR, "watcher", f"{text}{doing.end:.0f}")]


def _pattern(doing: Doing, order: Configure) -> str:
    """The regex that was searched, as configured; empty if that is not known."""
    settings = next((each.filter for each in order.jails if each.jail == doing.jail), None)
    if settings is None or not doing.kind:
        return ""
    regexes = settings.regexes[doing.kind]
    return regexes[doing.number] if doing.number < len(regexes) else ""
