"""``name[option=value, ...]``: how a jail names its filter and its actions; no files are read.

The grammar is that of spec config-and-filters.md 1.7.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banward.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["split_actions", "split_reference"]

_NAME = r"[\w\-.]+(?:\?[\w\-.]+=[\w\-.]+)?="
_QUOTED = r"""(?:"[^"]*"|'[^']*')"""
_UNQUOTED = r"[^,\]]*"

_REFERENCE = re.compile(r"([^\[]+)(?:\[(.*)\])?\s*\Z", re.DOTALL)
_OPTION = re.compile(rf"\s*({_NAME})({_QUOTED}|{_UNQUOTED})")
_SEPARATOR = re.compile(r",\s*\]\s*\[|,|\]\s*\[")
_REST = re.compile(r"[\s,]*\Z")

_WORD = re.compile(r"\S+")
_HEAD = re.compile(r"[^\s\[]+")
_EMPTY_GROUP = re.compile(r"\s*\[[\s,]*\](?!\S)")
_OPEN = re.compile(r"\s*\[")
_CLOSE = re.compile(r"[\s,]*\](?=\s|\[|\Z)")
_OPTION_NAME = re.compile(rf"\s*,?\s*{_NAME}")
_QUOTED_VALUE = re.compile(_QUOTED)
_UNQUOTED_VALUE = re.compile(_UNQUOTED)
_HIDDEN_OPTION = re.compile(rf"(?<![\w\-.]){_NAME}{_QUOTED}")


def split_reference(text: str) -> tuple[str, dict[str, str]]:
    """Split ``name[opt=value, opt2="value"]`` into the name and its parameters.

    Raises:
        ConfigError: ``kind`` is ``bad-action-syntax``; the message is fail2ban's reason, such as
            ``unexpected option syntax``.
    """
    parts = _REFERENCE.match(text)
    if parts is None:
        raise _bad("unexpected option syntax")
    name, inside = parts.groups()
    return name, _split_options(inside) if inside else {}


def split_actions(text: str) -> list[str]:
    """Split the value of ``action`` into references, at blanks outside of brackets."""
    return list(_actions(text))


def _split_options(text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    position = 0
    while not _REST.match(text, position):
        option = _OPTION.match(text, position)
        if option is None:
            raise _bad(f"expected option, wrong syntax at {position}: {text[position:]}")
        name, value = option[1][:-1], option[2]
        options[name] = _unquoted(value).strip()
        position = option.end()
        separator = _SEPARATOR.match(text, position)
        if separator is None and position < len(text):
            rest = text[position:]
            raise _bad(f"unexpected syntax at {position} after option {name!r}: {rest}")
        position = separator.end() if separator else position
    return options


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in {'"', "'"} and value[-1:] == value[:1] else value


def _bad(reason: str) -> ConfigError:
    return ConfigError(reason, kind="bad-action-syntax")


def _actions(text: str) -> Iterator[str]:
    position = 0
    while word := _WORD.search(text, position):
        head = _HEAD.match(text, word.start())
        end = _groups_end(text, head.end()) if head else -1
        is_whole = end >= 0 and not text[end : end + 1].strip()
        position = end if is_whole else word.end()
        yield text[word.start() : position]


def _groups_end(text: str, start: int) -> int:
    """Where the bracket groups that follow a name end, or -1 if none does."""
    end = -1
    at = start
    while (opening := _OPEN.match(text, at)) and (at := _group_end(text, opening.end())) >= 0:
        end = at
    empty = _EMPTY_GROUP.match(text, start)
    return empty.end() if end < 0 and empty else end


def _group_end(text: str, start: int) -> int:
    """Where one bracket group ends that begins before ``start``, or -1 if it is none.

    What it holds needs only to look like options: a comma may be missing, a quote may turn out to
    be a part of the text. ``split_reference`` tells of such mistakes better than a wrong cut
    would. Each position is tried once, so the time stays in proportion to the length.
    """
    tried: set[int] = set()
    todo = [start]
    while todo:
        at = todo.pop()
        if at in tried:
            continue
        tried.add(at)
        closing = _CLOSE.match(text, at) if at > start else None
        if closing:
            return closing.end()
        name = _OPTION_NAME.match(text, at)
        if name:
            todo.extend(_value_ends(text, name.end()))
    return -1


def _value_ends(text: str, start: int) -> Iterator[int]:
    """Where a value may end, the likeliest last: before another option, unquoted, quoted."""
    unquoted = _UNQUOTED_VALUE.match(text, start)
    if unquoted:
        for option in _HIDDEN_OPTION.finditer(text, start):
            if option.start() > unquoted.end():
                break
            yield option.start()
        yield unquoted.end()
    quoted = _QUOTED_VALUE.match(text, start)
    if quoted:
        yield quoted.end()
