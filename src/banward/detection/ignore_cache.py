"""Remembers the answers of the ignore checks for a while (``ignorecache``). Reads no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banward.settings import IgnoreCache

__all__ = ["IgnoreAnswers"]


class IgnoreAnswers:
    """Answers by key, the oldest out first.

    Args:
        settings: how many are kept, and for how long.
    """

    def __init__(self, settings: IgnoreCache) -> None:
        self._settings = settings
        self._answers: dict[str, tuple[bool, float]] = {}

    def get(self, key: str, now: float) -> bool | None:
        """Whether the key is ignored, None if that is not known."""
        ignored, until = self._answers.get(key, (False, 0.0))
        return ignored if until > now else None

    def put(self, key: str, now: float, *, ignored: bool) -> None:
        """Remember an answer."""
        self._answers.pop(key, None)
        while len(self._answers) >= max(1, self._settings.max_count):
            del self._answers[next(iter(self._answers))]
        self._answers[key] = (ignored, now + self._settings.max_time)
