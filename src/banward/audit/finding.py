"""A weak spot of one pattern, with the line that proves it."""

from __future__ import annotations

import msgspec

__all__ = ["Finding"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is weak in a pattern.

    Args:
        kind: ``steerable-pattern``, ``unanchored-pattern``, ``exploding-pattern``, ``unknown-tag``.
        option: ``failregex``, ``failjson``, ``prefregex`` or ``ignoreregex``.
        pattern: the pattern, after interpolation, with its tags.
        column: where in ``pattern`` the weak part ends, from 1; 0 if that can't be said.
        why: what is weak, and what it leads to.
        repair: the likeliest repair.
        example: the text, without its date, that proves it; empty where the pattern does.
    """

    kind: str
    option: str
    pattern: str
    column: int
    why: str
    repair: str
    example: str
