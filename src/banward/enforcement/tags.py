"""Fills the tags ``<name>`` of action commands, so that no value of a ticket can be a command.

Two steps (spec config-and-filters.md 1.9, server-and-client.md 4.6 and 4.7): first the action's
own parameters, which the administrator wrote and which are text to be read again; then the values
of one ban, which are foreign: they are inserted once, and what a shell could take for more than a
word goes there as an argument. This file knows neither shells nor bans, only text.
"""

from __future__ import annotations

import functools
import re
import socket
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from banward.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Command", "expand_dynamic", "expand_static", "has_families", "tags_in"]

_TAG = re.compile(r"<([^\s<>]+)>")
_UNSAFE = re.compile(r"[\\#&;`|*?~<>^()\[\]{}$'\"\n\r]")
_NOT_WORD = re.compile(r"\W", re.ASCII)

_ESCAPED = frozenset({"matches", "ipmatches", "ipjailmatches"})
_MOST_PASSES = 25

# The kernel takes at most 128 KiB for one argument (MAX_ARG_STRLEN, execve(2)), and the command
# text is one of them: a long value goes as an argument of its own, and is cut where it must be.
_LONG = 16_384
_LONGEST = 98_304


class Command(NamedTuple):
    """A text for the shell.

    Args:
        text: the text; tags of secret values stand in it as they are written.
        args: the values of its positional arguments from ``$0`` on.
        script: the text with its secret values, if it has any.
        secrets: the secret values.
    """

    text: str
    args: tuple[str, ...] = ()
    script: str = ""
    secrets: tuple[str, ...] = ()


def has_families(props: Mapping[str, object]) -> bool:
    """Tell whether any parameter has a value of its own for an address family."""
    return any("?family=" in name for name in props)


def tags_in(text: str) -> frozenset[str]:
    """The names of all tags in a text, known or not."""
    return frozenset(_TAG.findall(text))


def expand_static(text: str, props: Mapping[str, str], family: str = "") -> str:
    """Fill the tags that the action's parameters know; others stay as they are.

    Args:
        text: the text with tags.
        props: the parameters; ``name?family=inet6`` goes before ``name`` for that family.
        family: ``inet4``, ``inet6``, or empty.

    Raises:
        ActionError: a parameter refers to itself.
    """
    return _expand(text, props, family, ())


def _expand(text: str, props: Mapping[str, str], family: str, within: tuple[str, ...]) -> str:
    """Fill a text until nothing changes; ``within`` are the tags whose value it is part of."""
    passes: Counter[str] = Counter()
    while True:
        filled, used = _fill_once(text, props, family, within)
        passes.update(used)
        if filled == text:
            return text
        if passes and max(passes.values()) > _MOST_PASSES:
            raise _self_reference(passes.most_common(1)[0][0])
        text = filled


def _fill_once(
    text: str, props: Mapping[str, str], family: str, within: tuple[str, ...]
) -> tuple[str, set[str]]:
    used: set[str] = set()

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        value = _static_value(name, props, family)
        if value is None:
            return found[0]
        if name in _ESCAPED:
            return _escape(value)
        if name in within:
            raise _self_reference(name)
        used.add(name)
        return _expand(value, props, family, (*within, name)) if "<" in value else value

    return _TAG.sub(fill, text), used


def _self_reference(name: str) -> ActionError:
    return ActionError(f"properties contain self referencing definitions: <{name}>")


def _static_value(name: str, props: Mapping[str, str], family: str) -> str | None:
    value = props.get(f"{name}?family={family}") if family else None
    if value is None:
        value = props.get(name)
    return _builtin(name) if value is None else value


@functools.cache
def _builtin(name: str) -> str | None:
    match name:
        case "br":
            return "\n"
        case "sp":
            return " "
        case "fq-hostname":
            return socket.getfqdn()
        case "sh-hostname":
            return socket.gethostname()
        case _:
            return None


def _escape(value: str) -> str:
    return _UNSAFE.sub(lambda found: "\\n" if found[0] == "\n" else f"\\{found[0]}", value)


def expand_dynamic(text: str, value_of: Callable[[str], tuple[str, str] | None]) -> Command:
    """Fill the tags of a ticket, each once; what is inserted is not read again.

    A value with a character that means something to a shell is not inserted: the text gets a
    variable, which a first line of assignments sets from a positional argument.

    Args:
        text: the text, static tags filled.
        value_of: gives the name and the value for a tag, None if there is no such tag.
    """
    variables: dict[str, str] = {}  # name of the variable to its value

    def fill(found: re.Match[str]) -> str:
        pair = value_of(found[1])
        if pair is None:
            return found[0]
        name, value = pair[0], _passable(pair[1])
        if len(value) <= _LONG and not _UNSAFE.search(value):
            return value
        variable = "f2bV_" + _NOT_WORD.sub("_", name)
        while variables.setdefault(variable, value) != value:  # two tags, one name: tell apart
            variable += "_"
        return f"${variable}"

    filled = _TAG.sub(fill, text)
    if not variables:
        return Command(filled)
    assignments = (f"{name}={_position(at)}" for at, name in enumerate(variables))
    return Command(f"{' '.join(assignments)} \n{filled}", tuple(variables.values()))


def _position(number: int) -> str:
    # A shell reads "$10" as "$1" and a zero.
    return f"${number}" if number < 10 else f"${{{number}}}"  # noqa: PLR2004


def _passable(value: str) -> str:
    """The value as an argument of a process can hold it: no NUL, not too long, encodable."""
    data = value.replace("\0", "\ufffd").encode("utf-8", "surrogatepass")[:_LONGEST]
    return data.decode("utf-8", "replace")
