"""How answers look on the terminal (server-and-client.md 5.2, 5.3). Pure.

Scripts read these texts, so each blank, tab and bar is part of the interface. Texts out of logs
that do not print are shown as escapes.
"""

from __future__ import annotations

from banward.printable import harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

__all__ = ["layout"]


def layout(words: list[str], value: Any, *, ascii_only: bool = False) -> str:
    """The text that is printed for an answer.

    Args:
        words: the command.
        value: its result.
        ascii_only: draw tables with letters that every terminal has.
    """
    if words[0] in _STATISTICS:
        return _table(value, ascii_only=ascii_only)
    if words[0] == "status":
        return _status(words, value, ascii_only=ascii_only)
    if words[0] in {"get", "set"}:
        return _option(words, value)
    if words[0] == "why":
        from banward.cli.why_text import text  # noqa: PLC0415 - most commands need it not

        return text(value)
    return _SERVER.get(words[0], _plain)(words, value)


def _plain(_: list[str], value: Any) -> str:
    return str(value)


def _stopped(words: list[str], _: Any) -> str:
    return "Jail stopped" if len(words) > 1 and words[1] != "--keep-bans" else "Shutdown successful"


_STATISTICS: Final = ("stats", "statistics")
"""Commands with a table; the reference prints ``statistic`` as it comes."""

_SERVER: Final[dict[str, Callable[[list[str], Any], str]]] = {
    "ping": lambda _, value: f"Server replied: {value}",
    "echo": lambda _, value: " ".join(map(str, value)),
    "add": lambda _, value: f"Added jail {value}",
    "start": lambda *_: "Jail started",
    "stop": _stopped,
    "flushlogs": lambda _, value: f"logs: {value}",
}


# Options of the server and of jails -----------------------------------------------------------


def _option(words: list[str], value: Any) -> str:
    if server := _SERVER_OPTIONS.get(words[1]):
        return server(value)
    if len(words) <= _JAIL_WORDS:
        return str(value)
    shown = words[2].removeprefix("add").removeprefix("del") if words[0] == "set" else words[2]
    if shown == "banip" and words[0] == "get":
        return _banned(words[3:], value)
    if words[2] in _LISTS_OF_ACTIONS:
        return _names_of_actions(words, value)
    return _JAIL_OPTIONS.get(shown, str)(value)


_JAIL_WORDS: Final = 2
"""How many words ``get JAIL`` has before the name of the option."""


def _named(label: str) -> Callable[[Any], str]:
    return lambda value: f"{label}\n`- {value}"


def _database(value: Any) -> str:
    if value is None:
        return "Database currently disabled"
    return f"Current database file is:\n`- {value}"


def _purge_age(value: Any) -> str:
    if value is None:
        return "Database currently disabled"
    return f"Current database purge age is:\n`- {value}seconds"


_SERVER_OPTIONS: Final[dict[str, Callable[[Any], str]]] = {
    "loglevel": lambda value: f"Current logging level is {value!r}",
    "logtarget": _named("Current logging target is:"),
    "syslogsocket": _named("Current syslog socket is:"),
    "dbfile": _database,
    "dbpurgeage": _purge_age,
}


def _listed(title: str, empty: str, *, numbered: bool = False) -> Callable[[Any], str]:
    """A list below a title, or the text for an empty one."""

    def show(value: Any) -> str:
        lines = [
            f"{'`' if i == len(value) - 1 else '|'}- {f'[{i}]: ' if numbered else ''}{item}"
            for i, item in enumerate(map(str, value))
        ]
        return "\n".join([title, *lines]) if lines else empty

    return show


def _matches(value: Any) -> str:
    if not value:
        return "No journal match filter set"
    return "Current match filter:\n" + " + ".join(" ".join(words) for words in value)


def _date_pattern(value: Any) -> str:
    title = "Current date pattern set to: "
    if value is None:
        return f"{title}Not set/required"
    pattern, description = value
    return f"{title}{description}" if pattern is None else f"{title}{pattern} ({description})"


_REGEXES: Final = _listed(
    "The following regular expression are defined:",
    "No regular expression is defined",
    numbered=True,
)

_JAIL_OPTIONS: Final[dict[str, Callable[[Any], str]]] = {
    "logpath": _listed("Current monitored log file(s):", "No file is currently monitored"),
    "ignoreip": _listed(
        "These IP addresses/networks are ignored:", "No IP address/network is ignored"
    ),
    "failregex": _REGEXES,
    "ignoreregex": _REGEXES,
    "logencoding": lambda value: f"Current log encoding is set to:\n{value}",
    "journalmatch": _matches,
    "datepattern": _date_pattern,
}


def _banned(args: list[str], value: list[str]) -> str:
    """``get JAIL banip``: one after the other, with what the user wants between."""
    separator = "\n" if args[:1] == ["--with-time"] else args[0] if args else " "
    return separator.join(_id(item) for item in value)


def _id(text: str) -> str:
    """An id, or one with its times: the tab between them stays."""
    return "\t".join(map(harmless, text.split("\t")))


_LISTS_OF_ACTIONS: Final = ("actions", "actionproperties", "actionmethods")


def _names_of_actions(words: list[str], value: list[str]) -> str:
    jail, kind = words[1], words[2]
    names = ", ".join(value)
    if kind == "actions":
        if not value:
            return f"No actions for jail {jail}"
        return f"The jail {jail} has the following actions:\n{names}"
    what = kind.removeprefix("action")
    return f"The jail {jail} action {words[3]} has the following {what}:\n{names}"


# Status ---------------------------------------------------------------------------------------


def _status(words: list[str], value: Any, *, ascii_only: bool) -> str:
    if isinstance(value, dict):
        return _table(value, ascii_only=ascii_only)
    if value and isinstance(value[0], str):
        return _table({words[1]: value}, ascii_only=ascii_only)
    if len(words) == 1:
        return "\n".join(["Status", *_tree(value)])
    if words[1] != "--all":
        return "\n".join([f"Status for the jail: {words[1]}", *_tree(value)])
    *server, each = value
    jails = [(f"Jail: {name}", found) for name, found in each.items()]
    below = [("Status for the jails", jails)] if jails else []
    return "\n".join(["Status", *_tree([*server, *below])])


def _tree(pairs: list[Any], indent: str = "") -> list[str]:
    """Labels and values, with branches drawn before them."""
    lines = []
    for i, (label, value) in enumerate(pairs):
        last = i == len(pairs) - 1
        branch = f"{indent}{'`' if last else '|'}- {label}"
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            # A label with branches below it: the colon is kept for the list of jails.
            lines.append(branch + (":" if label.startswith("Status") else ""))
            lines += _tree(value, f"{indent}{' ' if last else '|'}  ")
        else:
            lines.append(f"{branch}:\t{_joined(value)}")
    return lines


def _joined(value: Any) -> str:
    return " ".join(map(harmless, map(str, value))) if isinstance(value, list) else str(value)


# The table of statistics ----------------------------------------------------------------------

_DRAWN: Final = str.maketrans("║╟╫│─═╬╩", "||x|--x-")
_NAME_WIDTH: Final = 8
_COUNT_WIDTH: Final = 3


def _table(value: dict[str, Any], *, ascii_only: bool) -> str:
    """``stats``: a line for each jail, columns as wide as their longest value."""
    if not value:
        return "No jails found."
    rows = [(name, row[0], *map(str, (*row[1], *row[2]))) for name, row in value.items()]
    least = (_NAME_WIDTH,) * 2 + (_COUNT_WIDTH,) * 4
    widths = [max(n, *(len(row[i]) for row in rows)) for i, n in enumerate(least)]
    name, backend, *counts = widths
    left, right = counts[0] + counts[1] + 3, counts[2] + counts[3] + 3
    blank = f" {'':{name}} ║ {'':{backend}} ║ "
    bars = [n + 2 for n in (name, backend, left, right)]
    lines = [
        f"{blank}{'Filter':{left}} ║ {'Actions':{right}}",
        f" {'Jail':{name}} ║ {'Backend':{backend}} ╟{'─' * bars[2]}╫{'─' * bars[3]}",
        blank + _counts(("cur", "tot", "cur", "tot"), counts),
        "╬".join("═" * n for n in bars),
        *(f" {row[0]:{name}} ║ {row[1]:{backend}} ║ {_counts(row[2:], counts)}" for row in rows),
        "╩".join("═" * n for n in bars),
    ]
    text = "\n".join(lines)
    return text.translate(_DRAWN) if ascii_only else text


def _counts(row: tuple[str, ...], widths: list[int]) -> str:
    a, b, c, d = (text.rjust(width) for text, width in zip(row, widths, strict=True))
    return f"{a} │ {b} ║ {c} │ {d}"
