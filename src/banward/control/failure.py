"""A failed command as it travels: the name of an exception class and its arguments, never a class.

The reference sends exceptions as pickled references to Python classes (server-and-client.md 6.4).
We write the same names, so that its clients find them, and read any name without importing it.
It knows nothing of the bytes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

__all__ = ["Failure"]

_ERRNO_AND_TEXT: Final = 2

_OURS: Final = {
    "UnknownJailError": "fail2ban.exceptions.UnknownJailException",
    "DuplicateJailError": "fail2ban.exceptions.DuplicateJailException",
    "PatternError": "fail2ban.server.failregex.RegexException",
}
"""Errors of our own that the reference has a class for, by our name."""

_PLAIN: Final = (
    *("IndexError", "KeyError", "ValueError", "TypeError", "AttributeError", "LookupError"),
    *("RuntimeError", "SyntaxError", "NameError", "FileNotFoundError", "PermissionError"),
    *("IsADirectoryError", "OSError"),
)
"""Built-in classes that are sent as they are; all others become ``Exception``."""

_TEXTS: Final = {
    "UnknownJailException": "Sorry but the jail {0!r} does not exist",
    "DuplicateJailException": "The jail {0!r} already exists",
    "IndexError": "Sorry but the command is invalid",
    "KeyError": "{0!r}",
    "SyntaxError": "{0}",
}
"""What is shown instead of the bare argument (5.4), by the name of the class."""


class Failure:
    """An exception by name.

    Args:
        kind: full name of the class, with its module (``builtins.ValueError``).
        args: its arguments, plain values.
    """

    __slots__ = ("args", "kind")

    def __init__(self, kind: str, args: tuple[Any, ...]) -> None:
        self.kind = kind
        self.args = args

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Name an exception as the reference would, or by the nearest class that clients know."""
        args: tuple[Any, ...] = tuple(map(_plain, error.args))
        if isinstance(error, OSError) and error.errno is not None:
            args = (error.errno, error.strerror)
            args += () if error.filename is None else (_plain(error.filename),)
        for known in type(error).__mro__:
            if known.__name__ in _OURS:
                return cls(_OURS[known.__name__], args)
            if known.__name__ in _PLAIN:
                return cls(f"builtins.{known.__name__}", args)
        return cls("builtins.Exception", args)

    @property
    def name(self) -> str:
        """The class name without its module."""
        return self.kind.rpartition(".")[2]

    @property
    def shown_args(self) -> tuple[Any, ...]:
        """The arguments as an instance shows them: those of an ``OSError`` lose the file name."""
        is_os_error = len(self.args) > _ERRNO_AND_TEXT and isinstance(self.args[0], int)
        return self.args[:_ERRNO_AND_TEXT] if is_os_error else self.args

    @property
    def text(self) -> str:
        """What a user reads (5.4)."""
        if not self.args:
            return _TEXTS.get(self.name, "")
        if self.name in _TEXTS:
            return _TEXTS[self.name].format(*self.args)
        if len(self.args) >= _ERRNO_AND_TEXT and isinstance(self.args[0], int):
            file = f": {self.args[2]!r}" if len(self.args) > _ERRNO_AND_TEXT else ""
            return f"[Errno {self.args[0]}] {self.args[1]}{file}"
        return str(self.args[0]) if len(self.args) == 1 else str(self.args)

    def __repr__(self) -> str:
        inner = ", ".join(map(repr, self.shown_args))
        return f"{self.name}({inner})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Failure):
            return NotImplemented
        return (self.kind, self.args) == (other.kind, other.args)

    def __hash__(self) -> int:
        return hash((self.kind, self.args))


def _plain(value: Any) -> Any:
    """A value that the wire can carry."""
    return value if isinstance(value, (str, int, float, type(None))) else str(value)
