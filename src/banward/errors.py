"""What can go wrong: a short list of errors that carry the message a user reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banward.records import Place

__all__ = [
    "ActionError",
    "BanwardError",
    "ConfigError",
    "DamagedError",
    "DuplicateJailError",
    "LinkError",
    "NoAnswerError",
    "PatternError",
    "SourceError",
    "StorageError",
    "UnknownJailError",
    "WireError",
]


class BanwardError(Exception):
    """The root of all errors that Banward raises on purpose; its text is for the user."""


class ConfigError(BanwardError):
    """A configuration that can't be used: says where, what was found and what was expected.

    Args:
        message: what is wrong and what was expected.
        place: the file, line and key, where known.
        kind: a stable word for the class of error (``duplicate-option``, ``missing-filter-file``).
        hint: the likeliest repair, or an empty text.
    """

    def __init__(
        self, message: str, *, place: Place | None = None, kind: str = "other", hint: str = ""
    ) -> None:
        """Keep the parts, and join them to the text that is shown."""
        self.message = message
        self.place = place
        self.kind = kind
        self.hint = hint
        where = f"{place}: " if place else ""
        super().__init__(f"{where}{message}" + (f" ({hint})" if hint else ""))


class PatternError(BanwardError):
    """A regex, date pattern or tag that can't be used; the text shows it and what is wrong."""


class SourceError(BanwardError):
    """A log file, journal or socket that can't be read."""


class ActionError(BanwardError):
    """An action that did not do what it was told; the text is the reason for the log."""


class NoAnswerError(ActionError):
    """A program of the firewall that is missing or hangs: trying less of the same is no use."""


class StorageError(BanwardError):
    """The database can't be opened, read or written."""


class DamagedError(StorageError):
    """The database is damaged; it has to be set aside and rebuilt."""


class LinkError(BanwardError):
    """The link between watcher and warden broke or carried what it must not."""


class WireError(BanwardError):
    """Bytes on the control socket that are no request."""


class UnknownJailError(BanwardError):
    """A command names a jail that does not run; its only argument is the name."""


class DuplicateJailError(BanwardError):
    """A command adds a jail that runs already; its only argument is the name."""
