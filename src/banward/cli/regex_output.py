"""One failure as ``fail2ban-regex -o FORMAT`` prints it (config-and-filters.md 4.5)."""

from __future__ import annotations

import functools
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.matching.captures import Data

__all__ = ["Failure", "formatter", "show"]

_TAG = re.compile(r"<([^ <>]+)>")


class Failure(NamedTuple):
    """A failure that is to be printed.

    Args:
        subject: who failed: text, or a tuple for a composite id.
        at: when, in seconds since the epoch; None if unknown.
        data: what was captured, unused groups as None.
        lines: the matched lines, oldest first.
        now: the present moment, for templates of failures without a time.
    """

    subject: str | tuple[str | None, ...]
    at: float | None
    data: Data
    lines: tuple[str, ...]
    now: float


def formatter(form: str) -> Callable[[Failure], Iterable[str]]:
    """How failures are printed: a function from a failure to lines.

    Args:
        form: the value of ``-o``.
    """
    known = _FORMS.get(form)
    if known is not None:
        return known
    if "<" in form:
        return functools.partial(_template, form)
    return lambda failure: [str(failure.data.get(form))]


def show(value: Any) -> str:
    """A value in Python notation; sets in order, so that the same run prints the same text."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(repr, value)))}}}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {show(item)}' for name, item in value.items())}}}"
    return repr(value)


def _row(failure: Failure) -> Iterable[str]:
    return [f"[{failure.subject!r},\t{failure.at!r},\t{show(failure.data)}],"]


def _address(failure: Failure) -> str:
    return str(failure.data.get("ip", failure.subject))


_FORMS: dict[str, Callable[[Failure], Iterable[str]]] = {
    "id": lambda failure: [str(failure.subject)],
    "fid": lambda failure: [str(failure.subject)],
    "ip": lambda failure: [_address(failure)],
    "row": _row,
    "msg": lambda failure: failure.lines,
    "matches": lambda failure: [repr(list(failure.lines))],
}


def _template(form: str, failure: Failure) -> Iterable[str]:
    """A template; once for each line if it asks for ``<msg>``."""
    lines = failure.lines if "<msg>" in form else ("",)
    return [_TAG.sub(functools.partial(_replace, failure, line), form) for line in lines]


def _replace(failure: Failure, line: str, tag: re.Match[str]) -> str:
    name = tag[1]
    if name == "msg":
        return line
    if name.startswith("F-") and name == name.upper():
        value = failure.data.get(_GROUPS.get(name[2:], name[2:].lower()))
        return "" if value is None else str(value)
    known = _TICKET_TAGS.get(name)
    return tag[0] if known is None else known(failure)


_GROUPS = {"ID": "fid", "PORT": "fport"}


def _family(failure: Failure) -> str:
    return str(Subject.parse(_address(failure)).family)


def _reversed(failure: Failure) -> str:
    network = Subject.parse(_address(failure)).network
    if network is None:
        return ""
    pointer = network.network_address.reverse_pointer
    return pointer.removesuffix("in-addr.arpa").removesuffix("ip6.arpa")


def _own_name() -> str:
    import socket  # noqa: PLC0415 - few templates ask the network

    return socket.getfqdn()


def _host(failure: Failure) -> str:
    import socket  # noqa: PLC0415 - few templates ask the network

    try:
        return socket.gethostbyaddr(_address(failure))[0]
    except (OSError, UnicodeError):
        return "None"


_TICKET_TAGS: dict[str, Callable[[Failure], str]] = {
    "ip": _address,
    "fid": lambda failure: str(failure.subject),
    "family": _family,
    "time": lambda failure: str(failure.now if failure.at is None else failure.at),
    "matches": lambda failure: "\n".join(failure.lines),
    "ip-rev": _reversed,
    "ip-host": _host,
    "failures": lambda _: "0",
    "restored": lambda _: "0",
    "bancount": lambda _: "0",
    "br": lambda _: "\n",
    "sp": lambda _: " ",
    "fq-hostname": lambda _: _own_name(),
    "sh-hostname": lambda _: os.uname().nodename.partition(".")[0],
}
