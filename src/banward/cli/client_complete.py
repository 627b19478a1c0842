"""The words that may follow on a command line, for shells and for the terminal of ``-i``.

Words come from the table of commands; names of jails, actions and addresses come from the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from banward.cli.client_link import Link, LinkError
from banward.cli.client_settings import SettingsError, socket_path
from banward.cli.options import LEVELS, OPTIONS, UsageError, parse
from banward.control.commands import TABLE
from banward.control.server_commands import BACKENDS
from banward.control.views import FLAVORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["ask", "complete", "following"]

_SECONDS: Final = 1.0

_FIXED: Final[dict[str, Sequence[str]]] = {
    "<LEVEL>": LEVELS,
    "<TARGET>": ("STDOUT", "SYSOUT", "STDERR", "SYSLOG", "SYSTEMD-JOURNAL"),
    "[FLAVOR]": FLAVORS,
    "[BACKEND]": ("auto", *BACKENDS),
}
"""Placeholders that stand for a few words."""

_LISTS: Final = {
    ("set", "delignoreip", "<IP>"): ("get", "{jail}", "ignoreip"),
    ("set", "dellogpath", "<FILE>"): ("get", "{jail}", "logpath"),
    ("set", "unbanip", "<IP>"): ("get", "{jail}", "banned"),
    ("get", "actionproperties", "<ACT>"): ("get", "{jail}", "actions"),
    ("get", "actionmethods", "<ACT>"): ("get", "{jail}", "actions"),
    ("get", "action", "<ACT>"): ("get", "{jail}", "actions"),
    ("set", "action", "<ACT>"): ("get", "{jail}", "actions"),
    ("set", "delaction", "<ACT>"): ("get", "{jail}", "actions"),
    ("get", "action", "<PROPERTY>"): ("get", "{jail}", "actionproperties", "{3}"),
    ("set", "action", "<PROPERTY>"): ("get", "{jail}", "actionproperties", "{3}"),
    ("set", "action", "<METHOD>"): ("get", "{jail}", "actionmethods", "{3}"),
}
"""Placeholders of jail commands that a list of the server fills."""


def complete(program: str, words: list[str]) -> list[str]:
    """What the last word may become.

    Args:
        program: ``fail2ban-client`` or ``fail2ban-server``.
        words: the command line behind the program; the last word is not finished.
    """
    *before, unfinished = words or [""]
    try:
        options = parse(program, before)
        socket = socket_path(options)
    except (UsageError, SettingsError):
        return []
    if unfinished.startswith("-") and not options.command:
        found: Iterable[str] = (n for row in OPTIONS if row[3] for n in _names(*row[:2]))
    else:
        found = following(options.command, lambda question: ask(socket, question))
    return [word for word in found if word.startswith(unfinished)]


def _names(letter: str, name: str) -> list[str]:
    return [f"-{letter}"] * bool(letter) + [f"--{name}"] * bool(name)


def ask(socket: str, question: Sequence[str]) -> Any:
    """The result of a command; None if there is none in a second."""
    try:
        with Link(socket, timeout=_SECONDS) as link:
            match link.ask(list(question)):
                case (0, value):
                    return value
    except LinkError:
        pass
    return None


def following(before: Sequence[str], asked: Callable[[Sequence[str]], Any]) -> list[str]:
    """The words that may follow a beginning of a command.

    Args:
        before: the words that are there.
        asked: gives the result of a command, or None.
    """
    found: dict[str, None] = {}
    for row in TABLE.rows:
        pattern = row.usage.split()
        if row.group and len(pattern) > len(before) and _fits(pattern, before):
            found.update(dict.fromkeys(_meant(pattern, before, asked)))
    return list(found)


def _fits(pattern: Sequence[str], before: Sequence[str]) -> bool:
    """Whether these words can be the beginning of a usage line."""
    pairs = zip(pattern, before, strict=False)
    return all(want == have or _is_place(want) for want, have in pairs)


def _is_place(word: str) -> bool:
    return word.startswith(("<", "["))


def _meant(
    pattern: Sequence[str], before: Sequence[str], asked: Callable[[Sequence[str]], Any]
) -> Sequence[str]:
    """What the next word of a usage line stands for."""
    word = pattern[len(before)]
    if word in _FIXED:
        return _FIXED[word]
    if word == "<JAIL>":
        return _jails(asked)
    if word.startswith("<"):
        return _listed(pattern, before, asked)
    return [part for part in word.strip("[]").split("|") if not part.startswith(("<", "."))]


def _jails(asked: Callable[[Sequence[str]], Any]) -> list[str]:
    match asked(["status"]):
        case [_, [_, str(names)]]:
            return [name for name in names.split(", ") if name]
    return []


def _listed(
    pattern: Sequence[str], before: Sequence[str], asked: Callable[[Sequence[str]], Any]
) -> list[str]:
    """A list that the server has, for the placeholders that are known."""
    place = pattern[len(before)]
    if pattern[0] == "unban" and place == "<IP>":
        found = asked(["banned"]) or []
        return [str(ip) for jail in found for ips in jail.values() for ip in ips]
    question = _LISTS.get((pattern[0], pattern[2] if len(pattern) > 2 else "", place))  # noqa: PLR2004 - the word after the jail
    if not question:
        return []
    words = {"{jail}": before[1], "{3}": before[3] if len(before) > 3 else ""}  # noqa: PLR2004 - the action
    return [str(item) for item in asked([words.get(word, word) for word in question]) or []]
