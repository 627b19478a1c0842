"""Names in a configuration that nothing knows: slips of the pen, and options that do nothing.

fail2ban takes any name for a variable of the user's and says nothing (spec config-and-filters.md
1.10, 1.11). A name is told of here if it is like a known one, or if nothing refers to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from banward.config.model import Problem
from banward.config.nearest import did_you_mean, nearest
from banward.config.options import (
    ACTION_OPTIONS,
    FILTER_OPTIONS,
    JAIL_OPTIONS,
    NATIVE,
    OUR_JAIL_OPTIONS,
    OUR_SERVER_OPTIONS,
    SERVER_OPTIONS,
    USER_VARIABLES,
)
from banward.config.template import DEFINITION, INIT

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from banward.config.ini import Options, Raw
    from banward.config.sections import Sections
    from banward.config.usage import Usage
    from banward.records import Place

__all__ = [
    "What",
    "unknown_in_files",
    "unknown_in_jail",
    "unknown_in_server",
    "unknown_parameters",
]

What = Literal["filter", "action"]

_OF_JAILS = {**JAIL_OPTIONS, **OUR_JAIL_OPTIONS}
_OF_SERVER = {**SERVER_OPTIONS, **OUR_SERVER_OPTIONS}
_STANDARD = {"filter": FILTER_OPTIONS, "action": ACTION_OPTIONS}
_PARAMETERS = {
    "filter": frozenset({*FILTER_OPTIONS, "logtype", "mode"}),
    "action": frozenset({*ACTION_OPTIONS, NATIVE, "name", "actname", "timeout", "bantime"})
    # What the stock action_ gives to every action, whether it needs it or not (spec 6.1).
    | {"port", "protocol", "chain"},
}
_LOOKS_LIKE_OPTION = re.compile(r"([a-z][\w.]*)\s*[=:]", re.IGNORECASE)
_ALIKE = 0.84  # how like a known name an unknown one is that must be a slip


def unknown_in_jail(jail: str, sections: Sections, usage: Usage) -> Iterator[Problem]:
    """Options of a jail's section, and of ``[DEFAULT]``, that nothing knows.

    Args:
        jail: name of the jail.
        sections: the merged jail files.
        usage: the names that these files refer to.
    """
    known = {*_OF_JAILS, *USER_VARIABLES}
    for name, raw in sections.own(jail).items():
        if name not in known and name not in usage:
            yield _unknown(name, raw.place, _OF_JAILS, jail)
    yield from _slips(sections.defaults, _OF_JAILS, usage, jail)
    for options in (sections.own(jail), sections.defaults):
        yield from _swallowed(options, known, jail)


def unknown_in_server(sections: Sections, usage: Usage) -> Iterator[Problem]:
    """Options of ``fail2ban.conf`` or ``banward.conf`` that nothing knows.

    Args:
        sections: the merged files.
        usage: the names that these files refer to.
    """
    for name, raw in sections.own(DEFINITION).items():
        if name not in _OF_SERVER and name not in usage:
            yield _unknown(name, raw.place, _OF_SERVER, "")
    yield from _slips(sections.defaults, _OF_SERVER, usage, "")
    for options in (sections.own(DEFINITION), sections.defaults):
        yield from _swallowed(options, _OF_SERVER, "")


def unknown_in_files(what: What, sections: Sections, usage: Usage, jail: str) -> Iterator[Problem]:
    """Options of a filter or action that are likely meant to be others.

    Args:
        what: which of both.
        sections: its merged files.
        usage: the names that these files refer to.
        jail: the jail that uses it.
    """
    standard = _STANDARD[what]
    for section in (DEFINITION, INIT):
        yield from _slips(sections.own(section), standard, usage, jail)
        yield from _swallowed(sections.own(section), standard, jail)
    late = sections.own(DEFINITION).get("timeout")
    if what == "action" and late and "timeout" not in sections.own(INIT):
        yield Problem(
            kind="misplaced-option",
            message="timeout has no effect here, as in fail2ban: commands may run for 60 seconds",
            place=late.place,
            jail=jail,
            hint=f"write it below [{INIT}]",
            level="warning",
        )


def unknown_parameters(
    what: What, given: Iterable[str], sections: Sections, usage: Usage, reference: Raw, jail: str
) -> Iterator[Problem]:
    """Parameters of a reference that the filter or action does not know.

    Args:
        what: which of both.
        given: names of the parameters.
        sections: the merged files of the filter or action.
        usage: the names that these files and the parameters refer to.
        reference: the reference as written.
        jail: the jail that uses it.
    """
    own = {*sections.own(INIT), *sections.own(DEFINITION), *sections.defaults}
    names = sorted({name.partition("?")[0] for name in own})
    for name in given:
        base = name.partition("?")[0]
        if base not in _PARAMETERS[what] and base not in own and base not in usage:
            yield Problem(
                kind="unknown-parameter",
                message=f"the {what} does not know the parameter {name!r}",
                place=reference.place,
                jail=jail,
                value=reference.text,
                hint=did_you_mean(name, names),
                level="warning",
            )


def _slips(options: Options, standard: Iterable[str], usage: Usage, jail: str) -> Iterator[Problem]:
    """Options that are much like a standard one, and that nothing refers to."""
    words = list(standard)
    for name, raw in options.items():
        close = nearest(name, words, cutoff=_ALIKE)
        is_family = name.startswith((f"{close}_", f"{close}.", f"{close}?"))
        if close and name != close and not is_family and name not in usage:
            yield _unknown(name, raw.place, words, jail)


def _unknown(name: str, place: Place, words: Iterable[str], jail: str) -> Problem:
    return Problem(
        kind="unknown-option",
        message=f"nothing knows the option {name!r} or refers to it",
        place=place,
        jail=jail,
        hint=did_you_mean(name, words),
        level="warning",
    )


def _swallowed(options: Options, words: Container[str], jail: str) -> Iterator[Problem]:
    """Indented options, which are taken as a part of the value above them."""
    for name, raw in options.items():
        for line in raw.text.split("\n")[1:]:
            found = _LOOKS_LIKE_OPTION.match(line)
            if found and found[1].lower() in words:
                yield Problem(
                    kind="indented-option",
                    message=f"this line is indented and so belongs to the value of {name!r}",
                    place=raw.place,
                    jail=jail,
                    value=line,
                    expected="an option at the beginning of its line",
                    hint=f"take away the blanks before {found[1]!r}",
                    level="warning",
                )
