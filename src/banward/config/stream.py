"""A configuration as fail2ban's command stream: what ``-d`` prints and the server is sent."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from banward.config.logs import is_glob
from banward.config.options import ACTION_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from banward.config.model import (
        ActionDefinition,
        Configuration,
        JailDefinition,
        Plain,
        ServerDefinition,
        Setting,
    )

__all__ = ["stream"]

Command = list[Any]
"""One command: words, numbers, booleans, None, lists of pairs, and for ``thread`` a dict."""

_OWN = "banward"
_ADDRESS_SEPARATOR = re.compile(r"[,\s]+")
# The order in which fail2ban sends the server's options (server-and-client.md 1.2).
_SERVER_ORDER = (
    "syslogsocket",
    "loglevel",
    "logtarget",
    "allowipv6",
    "dbfile",
    "dbmaxmatches",
    "dbpurgeage",
)


def stream(configuration: Configuration, *, report: bool = False) -> list[Command]:
    """The commands that build this configuration (spec server-and-client.md 1.8).

    Options that only Banward knows come as ``['set', JAIL, 'banward', OPTION, VALUE]`` or
    ``['set', 'banward', OPTION, VALUE]``, and only if they are set.

    Args:
        configuration: what was read.
        report: for a server of ours: also put in a ``['config-error', TEXT]`` for each problem
            that fail2ban would have stopped at, so that the server's log tells of it, and the
            log paths as they are configured, so that it finds files that come later.
    """
    commands = list(_server(configuration.server))
    if report:
        fatal = (problem for problem in configuration.problems if problem.fatal)
        commands += [["config-error", str(problem)] for problem in fatal]
    for jail in configuration.jails:
        commands += _jail(jail, with_patterns=report)
    sound = (jail for jail in configuration.jails if not jail.skipped)
    return commands + [["start", jail.name] for jail in sound]


def _server(server: ServerDefinition) -> Iterator[Command]:
    stacksize = server.get("stacksize")
    if stacksize is not None:
        yield ["set", "thread", {"stacksize": stacksize}]
    for name in _SERVER_ORDER:
        value = server.get(name)
        if value is not None:
            yield ["set", name, value]
    for setting in server.extra:
        yield ["set", _OWN, setting.name, setting.value]


def _jail(jail: JailDefinition, *, with_patterns: bool) -> Iterator[Command]:
    if jail.skipped:
        yield ["config-error", jail.skipped]
        return
    yield ["add", jail.name, jail.backend]
    for setting in jail.filter.settings if jail.filter else ():
        yield from _FILTER.get(setting.name, _plain)(jail.name, setting)
    for setting in jail.settings:
        yield from (
            _addresses(jail.name, setting)
            if setting.name == "ignoreip"
            else _plain(jail.name, setting)
        )
    yield from _logs(jail, with_patterns=with_patterns)
    for setting in jail.extra:
        yield ["set", jail.name, _OWN, setting.name, setting.value]
    for action in jail.actions:
        yield from _action(jail.name, action)


def _addresses(jail: str, setting: Setting) -> Iterator[Command]:
    addresses = [word for word in _ADDRESS_SEPARATOR.split(str(setting.value)) if word]
    if addresses:
        yield ["set", jail, "addignoreip", *addresses]


def _logs(jail: JailDefinition, *, with_patterns: bool) -> Iterator[Command]:
    lines = []
    for log in jail.logs:
        end = "tail" if log.tail else "head"
        lines.append(f"{log.pattern} {end}")
        yield from (["set", jail.name, "addlogpath", path, end] for path in log.found)
    if with_patterns and any(is_glob(log.pattern) or not log.found for log in jail.logs):
        yield ["set", jail.name, _OWN, "logpath", "\n".join(lines)]


def _action(jail: str, action: ActionDefinition) -> Iterator[Command]:
    if action.python_file:
        params = json.dumps({setting.name: setting.value for setting in action.params})
        yield ["set", jail, "addaction", action.name, action.python_file, params]
        return
    yield ["set", jail, "addaction", action.name]
    pairs = [[setting.name, _sent(setting)] for setting in action.params]
    if len(pairs) > 1:
        yield ["multi-set", jail, "action", action.name, pairs]
    elif pairs:
        yield ["set", jail, "action", action.name, *pairs[0]]


def _sent(setting: Setting) -> Plain:
    return setting.value if setting.name in ACTION_OPTIONS else str(setting.value)


def _plain(jail: str, setting: Setting) -> Iterator[Command]:
    yield ["set", jail, setting.name, setting.value]


def _lines(setting: Setting) -> list[str]:
    return [line.strip() for line in str(setting.value).split("\n") if line.strip()]


def _regexes(jail: str, setting: Setting) -> Iterator[Command]:
    lines = _lines(setting)
    command = f"add{setting.name}"
    if len(lines) > 1:
        yield ["multi-set", jail, command, lines]
    elif lines:
        yield ["set", jail, command, lines[0]]


def _matches(jail: str, setting: Setting) -> Iterator[Command]:
    for line in _lines(setting):
        yield ["set", jail, "addjournalmatch", *_shell_words(line)]


def _shell_words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is not closed: the words as they stand
        return line.split()


def _own(jail: str, setting: Setting) -> Iterator[Command]:
    if setting.value:
        yield ["set", jail, _OWN, setting.name, setting.value]


_FILTER: dict[str, Callable[[str, Setting], Iterator[Command]]] = {
    "failregex": _regexes,
    "ignoreregex": _regexes,
    "journalmatch": _matches,
    "failjson": _own,
}
