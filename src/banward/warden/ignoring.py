"""Whom one jail spares: asks the ignore list, the host, files, names and the user's command.

What can be answered at once is; what has to wait for a name or a command is told apart, so that
nobody else waits for it. The order is that of server-and-client.md 2.8.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from banward.detection.ignore import IgnoreList, file_path, read_entries
from banward.detection.ignore_cache import IgnoreAnswers
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container

    from banward.records import Match
    from banward.settings import IgnoreCache, JailSettings
    from banward.warden.shared import Shared

__all__ = ["Ignoring"]

_log = logging.getLogger("fail2ban.ipdns")

_LOOK_EVERY: Final = 1.0
_LOOK_AGAIN: Final = 60.0
_SELF: Final = "ignoreself rule"
_QUICK: Final = (_SELF, "ip")
"""Sources that are asked anew each time, as that takes no longer than to remember the answer."""

_MOST_FREE: Final = 50_000


@dataclass(slots=True)
class _FileState:
    """What was seen of a list in a file, and when it is looked at again."""

    stamp: tuple[float, int, int] = (0.0, 0, 0)
    look: float = 0.0


class Ignoring:
    """The ignore checks of one jail.

    Args:
        settings: the jail's.
        shared: the clock and the resolver.
        command: runs the jail's ``ignorecommand`` for a match: true if it says to ignore.
        key: fills the template of the jail's ``ignorecache`` for a match.
    """

    def __init__(
        self,
        settings: JailSettings,
        shared: Shared,
        command: Callable[[str, Match], Awaitable[bool]],
        key: Callable[[str, Match], str],
    ) -> None:
        self._shared = shared
        self._command = command
        self._key = key
        self._files: dict[str, _FileState] = {}
        self._due: dict[str, float] = {}
        self.configure(settings)

    def configure(self, settings: JailSettings) -> None:
        """Take up changed settings; answers that were remembered are forgotten."""
        self._settings = settings
        self._list = IgnoreList(settings.ignoreip)
        cache: IgnoreCache | None = settings.ignorecache
        self._answers = IgnoreAnswers(cache) if cache else None
        self._files = {entry: _FileState() for entry in self._list.files}
        self._due = {}
        self._learn_names()

    def free(self, now: float) -> Container[str]:
        """Subjects of whom is known at this moment that nothing spares them."""
        return self._free if now < self._free_until else ()

    def at_once(self, match: Match, now: float) -> str | None:
        """Why a match is ignored; empty if it is not, None if that has to be waited for."""
        if match.subject in self.free(now):
            return ""
        known = self._remembered(match, now)
        if known is not None:
            return "cache" if known else ""
        if self._files:
            self._read_files(now)
        source = self.known(match.subject)
        if source:
            return source if source in _QUICK else self._remember(match, now, source)
        if self._settings.ignorecommand or (self._host_names and self._names_due(now)):
            return None
        if self._answers is None:
            self._note_free(match.subject, now)
        return self._remember(match, now, "")

    def known(self, subject: str) -> str:
        """By what a subject is ignored, as far as that is known without asking a command.

        Args:
            subject: canonical text.
        """
        if self._settings.ignoreself and subject in self._shared.protection.own_addresses():
            return _SELF
        return "" if self._list.is_empty else self._list.source(Subject.parse(subject))

    async def patiently(self, match: Match) -> str:
        """As ``at_once``, and waits where it must."""
        await self.refresh()
        source = self.at_once(match, self._shared.clock.now())
        if source is not None:
            return source
        if await self._command(self._settings.ignorecommand, match):
            return self._remember(match, self._shared.clock.now(), "command")
        return self._remember(match, self._shared.clock.now(), "")

    async def refresh(self) -> None:
        """Look up the names that are due."""
        for name in self._names_due(self._shared.clock.now()):
            answer = await self._shared.resolver.addresses(name)
            self._list.set_name(name, answer.addresses)
            self._due[name] = answer.until
            self._free_until = 0.0

    def next_refresh(self) -> float | None:
        """When the next name is due, None if there is none."""
        return min((self._due.get(name, 0.0) for name in self._host_names), default=None)

    def _learn_names(self) -> None:
        self._host_names = [name for name in self._list.names if not name.isdigit()]
        self._free: set[str] = set()
        self._free_until = 0.0

    def _note_free(self, subject: str, now: float) -> None:
        """Remember for a second at most whom nothing spares, until something may have changed."""
        if now >= self._free_until or len(self._free) >= _MOST_FREE:
            self._free.clear()
            self._free_until = min(now + _LOOK_EVERY, self.next_refresh() or now + _LOOK_EVERY)
        self._free.add(subject)

    def _names_due(self, now: float) -> list[str]:
        return [name for name in self._host_names if self._due.get(name, 0.0) <= now]

    def _remembered(self, match: Match, now: float) -> bool | None:
        if self._answers is None or self._settings.ignorecache is None:
            return None
        return self._answers.get(self._key(self._settings.ignorecache.key, match), now)

    def _remember(self, match: Match, now: float, source: str) -> str:
        if self._answers is not None and self._settings.ignorecache is not None:
            key = self._key(self._settings.ignorecache.key, match)
            self._answers.put(key, now, ignored=bool(source))
        return source

    def _read_files(self, now: float) -> None:
        for entry, state in self._files.items():
            if now >= state.look:
                self._read_file(entry, state, now)

    def _read_file(self, entry: str, state: _FileState, now: float) -> None:
        path = Path(file_path(entry))
        try:
            found = path.stat()
            stamp = (found.st_mtime, found.st_ino, found.st_size)
            if stamp != state.stamp:
                text = path.read_text(encoding="utf-8", errors="replace")
                self._list.set_file(entry, read_entries(text))
                self._learn_names()
        except OSError as error:
            _log.warning("Retrieving IPs set from %r failed: %s", str(path), error)
            state.look = now + _LOOK_AGAIN
            return
        state.stamp, state.look = stamp, now + _LOOK_EVERY
