"""Lines that hold named values: JSON objects and ``key=value`` pairs. Knows no rule.

A JSON object may stand behind a prefix, such as that of syslog, but nothing may follow it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["ABSENT", "Record", "lookup", "parse", "text_of"]

Record = dict[str, Any]
"""The values of a line by name, as JSON has them."""


class _Absent:
    """The value of a field that a line does not have."""


ABSENT = _Absent()

_TRIES = 3  # opening brackets at which an object is looked for
_PAIR = re.compile(r'(?<!\S)([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?!\S)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def parse(line: str) -> Record | None:
    """The values of a line.

    Args:
        line: the line without its end.

    Returns:
        None if it is neither JSON nor ``key=value`` pairs.
    """
    found = _parse_json(line)
    return _parse_pairs(line) if found is None else found


def lookup(record: Record, path: tuple[str, ...]) -> Any:
    """The value of a field.

    Args:
        record: what a line holds.
        path: names from the outside to the inside; in a list, the number of an entry from 0. A name
            that holds dots itself is found as well.

    Returns:
        The value, or ``ABSENT``.
    """
    return _step(record, path)


def text_of(value: Any) -> str:
    """A value as patterns see it: text as it is, all else as JSON writes it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _step(value: Any, path: tuple[str, ...]) -> Any:
    if not path:
        return value
    if isinstance(value, list):
        name = path[0]
        inside = name.isdecimal() and int(name) < len(value)
        return _step(value[int(name)], path[1:]) if inside else ABSENT
    if not isinstance(value, dict):
        return ABSENT
    for length in range(1, len(path) + 1):
        name = ".".join(path[:length])
        if name in value:
            found = _step(value[name], path[length:])
            if found is not ABSENT:
                return found
    return ABSENT


def _parse_json(line: str) -> Record | None:
    at = line.find("{")
    for _ in range(_TRIES):
        if at < 0:
            return None
        try:
            found = msgspec.json.decode(line[at:])
        except (msgspec.DecodeError, RecursionError):
            at = line.find("{", at + 1)
        else:
            return found if isinstance(found, dict) else None
    return None


def _parse_pairs(line: str) -> Record | None:
    found = {
        name: bare if quoted is None else _ESCAPE.sub(_unescape, quoted)
        for name, quoted, bare in (pair.groups() for pair in _PAIR.finditer(line))
    }
    return found or None


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPED.get(found[1], found[1])
