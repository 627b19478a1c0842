"""What the watcher says in the log, in fail2ban's words (server-and-client.md 1.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.link import Notice, SourceEvent, SourceEventKind
from banward.matching.linetime import OddityKind
from banward.timespan import human

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.matching.linetime import Oddity
    from banward.settings import WatchSettings

__all__ = ["ERROR", "INFO", "WARNING", "of_event", "of_oddity"]

_MSG: Final = 18
_DEBUG: Final = 10
INFO: Final = 20
WARNING: Final = 30
ERROR: Final = 40

_EVENTS: Final[dict[SourceEventKind, tuple[int, str, str]]] = {
    SourceEventKind.ADDED: (INFO, "filter", "Added logfile: {source!r} {detail}"),
    SourceEventKind.REMOVED: (INFO, "filter", "Removed logfile: {source!r}"),
    SourceEventKind.ROTATED: (
        _MSG,
        "filter",
        "Log rotation detected for {source}, reason: {detail}",
    ),
    SourceEventKind.MISSING: (
        _MSG,
        "filterpyinotify",
        "Log absence detected (possibly rotation) for {source}, reason: {detail} of {source}",
    ),
    SourceEventKind.RETURNED: (
        _MSG,
        "filterpyinotify",
        "Log presence detected for file {source}",
    ),
    SourceEventKind.UNREADABLE: (ERROR, "filter", "Unable to open {source}: {detail}"),
    SourceEventKind.CAUGHT_UP: (_DEBUG, "filter", "Read {source} up to its end"),
    SourceEventKind.CUT: (
        WARNING,
        "filter",
        "A line of {source} is too long, its end was left out ({detail})",
    ),
}


def of_event(event: SourceEvent) -> Notice:
    """What the log says of an event."""
    level, logger, text = _EVENTS[event.kind]
    return Notice(level, logger, text.format(source=event.source, detail=event.detail))


def of_oddity(settings: WatchSettings, source: str, oddity: Oddity) -> list[Notice]:
    """What the log says of an odd line.

    Args:
        settings: the jail whose filter met it.
        source: where the line stands.
        oddity: the line and what is odd.
    """
    if oddity.kind is OddityKind.UNDECODABLE:
        text = (
            f"Error decoding line from {source!r} with {settings.filter.logencoding!r}. "
            f"Consider setting logencoding to the encoding of this log: {oddity.line}"
        )
        return [Notice(WARNING, "filter", text)]
    if oddity.kind is OddityKind.DISAGREEMENT:
        text = (
            f"[{settings.jail}] PCRE2 and re disagree about a line, so re looks at every line. "
            f"Please report this as an error of Banward: {oddity.line}"
        )
        return [Notice(WARNING, "filter", text)]
    text = _TIMES[oddity.kind](oddity.seconds, settings.findtime)
    line = f"Please check a jail for a timing issue. Line with odd timestamp: {oddity.line}"
    return [Notice(WARNING, "filter", f"[{settings.jail}] {each}") for each in (text, line)]


def _odd_time(seconds: float, _findtime: float, problem: str) -> str:
    side = "before" if seconds > 0 else "after"
    return (
        f"Detected a log entry {human(abs(int(seconds)))} {side} the current time in operation "
        f"mode. This looks like a {problem} problem. Treating such entries as if they just "
        "happened."
    )


_TIMES: Final[dict[OddityKind, Callable[[float, float], str]]] = {
    OddityKind.LATENCY: lambda seconds, findtime: _odd_time(seconds, findtime, "latency"),
    OddityKind.TIMEZONE: lambda seconds, findtime: _odd_time(seconds, findtime, "timezone"),
    OddityKind.OLD: lambda _, findtime: (
        f"Ignoring all log entries older than {int(findtime)}s; these are probably messages "
        "generated while fail2ban was not running."
    ),
    OddityKind.UNDATED: lambda _seconds, _findtime: "Found a match but no valid date/time in it.",
}
