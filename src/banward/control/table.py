"""What a command is: one row of the table that feeds dispatch, help, completion and rights.

It knows no single command.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from banward.errors import BanwardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from banward.control.desk import Desk, JailDesk

__all__ = [
    "Args",
    "Command",
    "Group",
    "InvalidCommandError",
    "JailCommand",
    "Kind",
    "ServerCommand",
    "Table",
]

Args = list[Any]
"""The words after those that name the command."""


class InvalidCommandError(BanwardError):
    """Words that are no command; its text says which."""


class Kind(enum.Enum):
    """What a command does to the server."""

    VIEW = "view"
    """Looks; allowed on a read-only socket."""
    SETTING = "setting"
    """Changes what the server or a jail was told; such changes of one jail go one by one."""
    ORDER = "order"
    """Does something once."""


class Group(enum.StrEnum):
    """The headings of the usage text, in their order."""

    BASIC = "BASIC"
    LOGGING = "LOGGING"
    DATABASE = "DATABASE"
    JAIL_CONTROL = "JAIL CONTROL"
    JAIL_CONFIGURATION = "JAIL CONFIGURATION"
    COMMAND_ACTION = "COMMAND ACTION CONFIGURATION"
    ANY_ACTION = "GENERAL ACTION CONFIGURATION"
    JAIL_INFORMATION = "JAIL INFORMATION"
    COMMAND_ACTION_INFORMATION = "COMMAND ACTION INFORMATION"
    ANY_ACTION_INFORMATION = "GENERAL ACTION INFORMATION"
    INTERNAL = ""
    """Not in the usage text."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row.

    Args:
        usage: the words, with ``<NAME>`` for what the user puts in and ``[...]`` for options.
        help: what it does, one sentence.
        group: heading of the usage text.
        kind: what it does to the server.
        least: how many words have to follow those that name the command.
    """

    usage: str
    help: str
    group: Group
    kind: Kind
    least: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        """The words that name the command; ``<JAIL>`` stands for any jail."""
        words = self.usage.split()
        if words[0] not in {"get", "set"}:
            return (words[0],)
        return tuple(words[:3]) if words[1] == "<JAIL>" else tuple(words[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCommand(Command):
    """A command for the whole server; ``run`` may be plain or async.

    It is None where the client does what the words say.
    """

    run: Callable[[Desk, Args], Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JailCommand(Command):
    """A command for one jail; ``run`` may be plain or async."""

    run: Callable[[JailDesk, Args], Any]

    @classmethod
    def view(
        cls,
        words: str,
        run: Callable[[JailDesk, Args], Any],
        text: str,
        group: Group = Group.JAIL_INFORMATION,
        least: int = 0,
    ) -> JailCommand:
        """The row ``get <JAIL> …``."""
        return cls(f"get <JAIL> {words}", text, group, Kind.VIEW, least, run=run)

    @classmethod
    def setting(
        cls,
        words: str,
        run: Callable[[JailDesk, Args], Any],
        text: str,
        group: Group = Group.JAIL_CONFIGURATION,
        least: int = 1,
    ) -> JailCommand:
        """The row ``set <JAIL> …`` of a value that stays."""
        return cls(f"set <JAIL> {words}", text, group, Kind.SETTING, least, run=run)


class Table:
    """All commands, found by their words.

    Where several rows have the same words (they differ in what may follow), the first that the
    server can run is found.

    Args:
        rows: in the order of the usage text within each group.
    """

    def __init__(self, rows: Iterable[Command]) -> None:
        self.rows: Sequence[Command] = tuple(rows)
        self._by_key: dict[tuple[str, ...], Command] = {}
        for row in self.rows:
            if getattr(row, "run", None):
                self._by_key.setdefault(row.key, row)

    def server(self, *words: Any) -> ServerCommand | None:
        """The command of one word (``ping``) or two (``get loglevel``)."""
        row = self._by_key.get(words) if _are_words(words) else None
        return row if isinstance(row, ServerCommand) else None

    def jail(self, verb: str, word: Any) -> JailCommand | None:
        """The command ``get`` or ``set`` of a jail."""
        row = self._by_key.get((verb, "<JAIL>", word)) if _are_words((word,)) else None
        return row if isinstance(row, JailCommand) else None


def _are_words(values: tuple[Any, ...]) -> bool:
    """Whether these are texts: a request may hold lists where words belong."""
    return all(isinstance(value, str) for value in values)
