"""``get`` and ``set`` of what a jail reads: its files, journal, expressions, dates and encoding."""

from __future__ import annotations

import codecs
import errno
import locale
import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from banward.control import views
from banward.control.followed import followed
from banward.control.table import Args, Command, JailCommand
from banward.control.values import integer, timezone
from banward.settings import LogPath

if TYPE_CHECKING:
    from banward.control.desk import JailDesk

__all__ = ["ROWS"]

_log = logging.getLogger("fail2ban.filter")
_log_dates = logging.getLogger("fail2ban.datedetector")

USEDNS: Final = ("yes", "warn", "no", "raw")
_FILE_AND_END: Final = 2


async def _change_filter(jail: JailDesk, **fields: Any) -> None:
    await jail.change(filter=replace(jail.settings.filter, **fields))


# Files and journal ----------------------------------------------------------------------------


def _files(jail: JailDesk) -> list[str]:
    return [log.path for log in followed(jail.settings)]


def _check(path: str) -> None:
    """Raise the error that reading the file would raise; opening could wait for a pipe."""
    code = errno.EISDIR if stat.S_ISDIR(Path(path).stat().st_mode) else errno.EACCES
    if code == errno.EISDIR or not os.access(path, os.R_OK):
        raise OSError(code, os.strerror(code), path)


async def _add_file(jail: JailDesk, args: Args) -> list[str]:
    if len(args) > _FILE_AND_END:
        raise ValueError("Only one file can be added at a time")
    path, end = str(args[0]), args[1] if len(args) == _FILE_AND_END else "head"
    if end not in {"head", "tail"}:
        raise ValueError("File option must be 'head' or 'tail'")
    if path in _files(jail):
        _log.error("%s already exists", path)
        return _files(jail)
    _check(path)
    added = LogPath(path, tail=end == "tail")
    await jail.change(logpaths=(*jail.settings.logpaths, added))
    return _files(jail)


async def _remove_file(jail: JailDesk, args: Args) -> list[str]:
    found = followed(jail.settings)
    kept = tuple(log for log in found if log.path != args[0])
    if kept != found:  # the patterns go, or they would find it again
        extra = {name: value for name, value in jail.settings.extra.items() if name != "logpath"}
        await jail.change(logpaths=kept, extra=extra)
    return _files(jail)


def _alternatives(words: Args) -> tuple[tuple[str, ...], ...]:
    """The words of a match, split at ``+`` (3.5)."""
    groups: list[list[str]] = [[]]
    for word in (word for text in words for word in str(text).split()):
        if word == "+":
            groups.append([])
        elif word.isdecimal() or not word.partition("=")[2]:
            raise ValueError(f"{word!r} is no match for the journal, expected FIELD=value")
        else:
            groups[-1].append(word)
    return tuple(tuple(group) for group in groups if group)


async def _add_match(jail: JailDesk, args: Args) -> list[list[str]]:
    if jail.backend == views.JOURNAL:
        present = jail.settings.journalmatch
        new = tuple(match for match in _alternatives(args) if match not in present)
        await jail.change(journalmatch=present + new)
    return views.journal_matches(jail)


async def _remove_match(jail: JailDesk, args: Args) -> list[list[str]]:
    if jail.backend == views.JOURNAL:
        gone = set(_alternatives(args)) or set(jail.settings.journalmatch)
        kept = tuple(match for match in jail.settings.journalmatch if match not in gone)
        await jail.change(journalmatch=kept)
    return views.journal_matches(jail)


def _encoding(jail: JailDesk) -> str:
    """The encoding in use; that of the locale for ``auto``, UTF-8 without a locale (2.1)."""
    name = jail.settings.filter.logencoding
    if name.lower() != "auto":
        return name
    own = locale.getpreferredencoding(do_setlocale=False)
    return "UTF-8" if codecs.lookup(own).name in {"utf-8", "ascii"} else own


async def _set_encoding(jail: JailDesk, args: Args) -> str:
    name = str(args[0])
    if name.lower() != "auto":
        codecs.lookup(name)
    await _change_filter(jail, logencoding=name)
    _log.info("  encoding: %s", _encoding(jail))
    return _encoding(jail)


async def _set_timezone(jail: JailDesk, args: Args) -> str:
    zone = timezone(args[0])
    await _change_filter(jail, logtimezone=zone)
    return zone


# Expressions ----------------------------------------------------------------------------------


def _expressions(kind: str) -> tuple[Any, Any, Any]:
    """How the list ``failregex`` or ``ignoreregex`` is shown, extended and shortened."""

    def show(jail: JailDesk, _: Args) -> list[str]:
        return list(getattr(jail.patterns, kind))

    async def add(jail: JailDesk, args: Args) -> list[str]:
        new = args[0] if isinstance(args[0], list) else args[:1]
        present = getattr(jail.settings.filter, kind)
        await _change_filter(jail, **{kind: (*present, *map(str, new))})
        return show(jail, [])

    async def remove(jail: JailDesk, args: Args) -> list[str]:
        index, present = integer(args[0]), list(getattr(jail.settings.filter, kind))
        try:
            del present[index]
        except IndexError:
            _log.error("Cannot remove regular expression. Index %d is not valid", index)
        else:
            await _change_filter(jail, **{kind: tuple(present)})
        return show(jail, [])

    return show, add, remove


async def _set_prefix(jail: JailDesk, args: Args) -> str:
    await _change_filter(jail, prefregex=str(args[0]))
    return jail.patterns.prefregex


async def _set_date_pattern(jail: JailDesk, args: Args) -> Any:
    await _change_filter(jail, datepattern=str(args[0]))
    pattern = jail.patterns.datepattern
    if pattern and pattern[0]:
        _log_dates.info("  date pattern `%s`: `%s`", *pattern)
    return pattern


async def _set_lines(jail: JailDesk, args: Args) -> int:
    lines = integer(args[0])
    if lines <= 0:
        raise ValueError("maxlines must be integer greater than zero")
    await _change_filter(jail, maxlines=lines)
    _log.info("  maxLines: %d", lines)
    return lines


async def _set_dns(jail: JailDesk, args: Args) -> str:
    mode = str(args[0]).lower()
    if mode not in USEDNS:
        _log.error("Incorrect value %r specified for usedns. Using safe 'no'", mode)
        mode = "no"
    await _change_filter(jail, usedns=mode)
    return mode


# The table ------------------------------------------------------------------------------------


_show_fail, _add_fail, _remove_fail = _expressions("failregex")
_show_ignore, _add_ignore, _remove_ignore = _expressions("ignoreregex")

_get, _set = JailCommand.view, JailCommand.setting

ROWS: Final[tuple[Command, ...]] = (
    _set(
        "addlogpath <FILE> [tail]",
        _add_file,
        "follow <FILE> too, from its beginning or, with 'tail', from its end",
    ),
    _set("dellogpath <FILE>", _remove_file, "no longer follow <FILE>"),
    _set("logencoding <ENCODING>", _set_encoding, "set the encoding of the log files"),
    _set("logtimezone <ZONE>", _set_timezone, "set the zone of log times that name none"),
    _set("addjournalmatch <MATCH>", _add_match, "read entries of the journal with <MATCH> too"),
    _set("deljournalmatch <MATCH>", _remove_match, "no longer read such entries", least=0),
    _set("prefregex <REGEX>", _set_prefix, "set the expression that cuts out the content"),
    _set("addfailregex <REGEX>", _add_fail, "add an expression that matches failures"),
    _set("delfailregex <INDEX>", _remove_fail, "remove the expression of this number"),
    _set(
        "addignoreregex <REGEX>", _add_ignore, "add an expression that matches what is no failure"
    ),
    _set("delignoreregex <INDEX>", _remove_ignore, "remove the expression of this number"),
    _set("datepattern <PATTERN>", _set_date_pattern, "set how dates are written in the log"),
    _set("usedns <VALUE>", _set_dns, f"set how host names are treated: {', '.join(USEDNS)}"),
    _set("maxlines <LINES>", _set_lines, "set how many lines an expression may span"),
    _get("logpath", lambda jail, _: _files(jail), "show the files that are followed"),
    _get("logencoding", lambda jail, _: _encoding(jail), "show the encoding of the log files"),
    _get(
        "logtimezone",
        lambda jail, _: jail.settings.filter.logtimezone or None,
        "show the zone of log times that name none",
    ),
    _get("journalmatch", lambda jail, _: views.journal_matches(jail), "show the journal's matches"),
    _get(
        "prefregex",
        lambda jail, _: jail.patterns.prefregex,
        "show the expression that cuts out the content",
    ),
    _get("failregex", _show_fail, "show the expressions that match failures"),
    _get("ignoreregex", _show_ignore, "show the expressions that match what is no failure"),
    _get("datepattern", lambda jail, _: jail.patterns.datepattern, "show how dates are written"),
    _get("usedns", lambda jail, _: jail.settings.filter.usedns, "show how names are treated"),
    _get(
        "maxlines",
        lambda jail, _: jail.settings.filter.maxlines,
        "show how many lines an expression may span",
    ),
)
"""All rows of this file, in the order of the usage text."""
