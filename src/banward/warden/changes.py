"""What differs between two settings of a jail, and whether the new ones can be used."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from banward.decisions.growth import Growth

if TYPE_CHECKING:
    from banward.settings import JailSettings
    from banward.warden.patterns import Expressions

__all__ = ["check", "differ"]


def differ(old: JailSettings, new: JailSettings, *fields: str) -> bool:
    """Whether any of these fields differ."""
    return any(getattr(old, field) != getattr(new, field) for field in fields)


def check(expressions: Expressions, old: JailSettings, new: JailSettings) -> None:
    """See that what is new can be used.

    Raises:
        PatternError: an expression, date pattern or time zone.
        ValueError: a formula of growing ban times.
        LookupError: an encoding.
    """
    if new.filter != old.filter:
        expressions.check(old.filter, new.filter)
        if new.filter.logencoding.lower() != "auto":
            codecs.lookup(new.filter.logencoding)
    if new.growth != old.growth:
        Growth(new.growth).check()
