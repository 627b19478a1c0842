"""Words of a command as values: numbers, truth values, times, subjects; wrong ones say why.

Values of a configuration stream are typed already and pass as they are. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from banward.settings import IgnoreCache
from banward.subject import Subject
from banward.timespan import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "boolean",
    "ignore_cache",
    "ignore_entry",
    "integer",
    "span",
    "subject",
    "subjects",
    "timezone",
]

_TRUE: Final = frozenset({"1", "on", "true", "yes"})
_ZONE: Final = re.compile(r"Z|(?:UTC|GMT)(?:[+-]\d{2}:?\d{2})?", re.IGNORECASE)
_OPTION: Final = re.compile(
    r"""[\s,]*([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s,"']*))\s*(?=,|$)"""
)


def integer(value: Any) -> int:
    """A whole number.

    Raises:
        ValueError: it is none, in Python's words.
        TypeError: it is neither a text nor a number.
    """
    return int(value)


def boolean(value: Any) -> bool:
    """``1 on true yes`` in any case are true, everything else is false (2.1)."""
    return str(value).lower() in _TRUE


def span(value: Any) -> float:
    """Seconds of a time abbreviation (2.2), whole ones as an integer.

    Raises:
        ValueError: it is no time.
    """
    return value if isinstance(value, (int, float)) else seconds(value)


def subject(value: Any) -> str:
    """The canonical text of who is meant (2.8).

    Raises:
        ValueError: it is empty, which would stand for nobody and everybody.
    """
    if not (text := str(value).strip()):
        raise ValueError("an empty id was given where an address, network or id is expected")
    return Subject.parse(text).text


def subjects(values: Sequence[Any]) -> list[str]:
    """The canonical texts of all that are meant."""
    return [subject(value) for value in values]


def ignore_entry(value: Any) -> str:
    """An entry of the ignore list in one form: canonical, and files as ``file:PATH`` (2.8)."""
    text = str(value).strip()
    if text.startswith("file:"):
        path = text.removeprefix("file:")
        return "file:" + (path.removeprefix("//") if path.startswith("///") else path)
    return Subject.parse(text).text


def timezone(value: Any) -> str:
    """A zone for log times that have none (2.1, ``logtimezone``); empty for the local one.

    Raises:
        ValueError: it is none of those that are known.
    """
    text = "" if value is None else str(value)
    if text and not _ZONE.fullmatch(text):
        raise ValueError(f"Unknown or unsupported time zone: {text!r}")
    return text


def ignore_cache(value: Any) -> IgnoreCache | None:
    """``key="TEMPLATE", max-count=N, max-time=T`` (2.8); empty for no cache.

    Raises:
        ValueError: it is written in another way.
        KeyError: there is no ``key``.
    """
    text, at, options = str(value or "").strip(), 0, {}
    while at < len(text):
        if not (found := _OPTION.match(text, at)):
            raise ValueError(f"expected option, wrong syntax at {at}: {text[at:]}")
        options[found[1]] = next(group for group in found.groups()[1:] if group is not None)
        at = found.end()
    if not options:
        return None
    return IgnoreCache(
        key=options["key"],
        max_count=integer(options.get("max-count", 100)),
        max_time=span(options.get("max-time", 300)),
    )
