"""The likeliest word that somebody meant who wrote another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(word: str, words: Iterable[str], *, cutoff: float = 0.7) -> str:
    """The word that is most like another, or empty if none is.

    Args:
        word: what was written.
        words: what could be meant.
        cutoff: how like they must be, 0 for not at all, 1 for the same.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - a sound configuration needs it not

    close = get_close_matches(word.lower(), words, n=1, cutoff=cutoff)
    return close[0] if close else ""


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The same as a question, for a hint."""
    found = nearest(word, words)
    return f"did you mean {found!r}?" if found else ""
