"""``get`` and ``set`` of what holds for the whole server (server-and-client.md 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from banward import __version__
from banward.control import metrics, views
from banward.control.table import Args, Command, Group, InvalidCommandError, Kind, ServerCommand
from banward.control.values import integer, span
from banward.log_lines import Target

if TYPE_CHECKING:
    from banward.control.desk import Desk

__all__ = ["ROWS"]

_NONE: Final = "None"


def _database(desk: Desk) -> str | None:
    path = desk.settings.dbfile
    return None if path.lower() == _NONE.lower() else path


def _of_database(desk: Desk, value: float) -> float | None:
    """A value of the database, None if there is no database."""
    return value if _database(desk) else None


async def _set_loglevel(desk: Desk, args: Args) -> str:
    await desk.change(loglevel=str(args[0]).upper())
    return desk.settings.loglevel


async def _set_logtarget(desk: Desk, args: Args) -> str:
    await desk.change(logtarget=str(args[0]))
    return _log_target(desk)


def _log_target(desk: Desk) -> str:
    """The target without its options (1.9)."""
    return Target.parse(desk.settings.logtarget).name


async def _set_syslogsocket(desk: Desk, args: Args) -> str:
    await desk.change(syslogsocket=str(args[0]))
    return desk.settings.syslogsocket


async def _set_dbfile(desk: Desk, args: Args) -> str | None:
    path = str(args[0])
    path = _NONE if path.lower() == _NONE.lower() else path
    if path != (_database(desk) or _NONE):
        if desk.jails:
            raise RuntimeError("Cannot change database when there are jails present")
        await desk.change(dbfile=path)
    return _database(desk)


async def _set_dbmaxmatches(desk: Desk, args: Args) -> float | None:
    await desk.change(dbmaxmatches=integer(args[0]))
    return _of_database(desk, desk.settings.dbmaxmatches)


async def _set_dbpurgeage(desk: Desk, args: Args) -> float | None:
    await desk.change(dbpurgeage=int(span(args[0])))
    return _purge_age(desk)


def _purge_age(desk: Desk) -> float | None:
    return _of_database(desk, int(desk.settings.dbpurgeage))


async def _set_allowipv6(desk: Desk, args: Args) -> Any:
    await desk.change(allowipv6=str(args[0]).lower())
    return args[0]


async def _set_thread(desk: Desk, args: Args) -> Any:
    for name, value in args[0].items():
        if name != "stacksize":
            raise KeyError(f"unknown option {name!r}")
        if 0 < integer(value) < 32:  # noqa: PLR2004 - KiB, the least of the platform (1.2)
            raise ValueError(f"size not valid: {integer(value) * 1024} bytes")
        await desk.change(stacksize=integer(value))
    return _thread(desk)


def _thread(desk: Desk) -> dict[str, int]:
    return {"stacksize": desk.settings.stacksize}


async def _set_own(desk: Desk, args: Args) -> Any:
    """An option that only Banward has."""
    name, value = str(args[0]), str(args[1])
    await desk.change(extra={**desk.settings.extra, name: value})
    return value


def _own(desk: Desk, args: Args) -> Any:
    """Banward's version, or what is asked by a further word."""
    match args:
        case []:
            return __version__
        case ["health"]:
            return views.health(desk.health)
        case ["metrics"]:
            return metrics.view(desk)
    raise InvalidCommandError("Invalid command (no get action or not yet implemented)")


def _get(name: str, run: Any, text: str, group: Group) -> Command:
    return ServerCommand(f"get {name}", text, group, Kind.VIEW, run=run)


def _set(words: str, run: Any, text: str, group: Group, least: int = 1) -> Command:
    return ServerCommand(f"set {words}", text, group, Kind.SETTING, least=least, run=run)


ROWS: Final[tuple[Command, ...]] = (
    _get("banward", _own, "show Banward's own version", Group.INTERNAL),
    _set(
        "loglevel <LEVEL>",
        _set_loglevel,
        "set the level of the log: CRITICAL, ERROR, WARNING, NOTICE, INFO, MSG, DEBUG, "
        "TRACEDEBUG, HEAVYDEBUG or a number",
        Group.LOGGING,
    ),
    _get("loglevel", lambda d, _: d.settings.loglevel, "show the level of the log", Group.LOGGING),
    _set(
        "logtarget <TARGET>",
        _set_logtarget,
        "log to STDOUT, SYSOUT, STDERR, SYSLOG, SYSTEMD-JOURNAL or a file",
        Group.LOGGING,
    ),
    _get("logtarget", lambda d, _: _log_target(d), "show where the log goes", Group.LOGGING),
    _set(
        "syslogsocket auto|<SOCKET>",
        _set_syslogsocket,
        "set the socket that is used for the log target SYSLOG",
        Group.LOGGING,
    ),
    _get(
        "syslogsocket",
        lambda d, _: d.settings.syslogsocket,
        "show the socket of syslog",
        Group.LOGGING,
    ),
    _set(
        "dbfile <FILE>",
        _set_dbfile,
        "keep bans and positions in <FILE>; None for no database",
        Group.DATABASE,
    ),
    _get("dbfile", lambda d, _: _database(d), "show the file of the database", Group.DATABASE),
    _set(
        "dbmaxmatches <INT>",
        _set_dbmaxmatches,
        "set how many matched lines are stored for a ban",
        Group.DATABASE,
    ),
    _get(
        "dbmaxmatches",
        lambda d, _: _of_database(d, d.settings.dbmaxmatches),
        "show how many matched lines are stored for a ban",
        Group.DATABASE,
    ),
    _set(
        "dbpurgeage <TIME>",
        _set_dbpurgeage,
        "set how long the history of bans is kept",
        Group.DATABASE,
    ),
    _get(
        "dbpurgeage",
        lambda d, _: _purge_age(d),
        "show how many seconds the history of bans is kept",
        Group.DATABASE,
    ),
    _set("allowipv6 auto|yes|no", _set_allowipv6, "allow or forbid IPv6", Group.INTERNAL),
    _set("thread <OPTIONS>", _set_thread, "set options of threads", Group.INTERNAL),
    _get("thread", lambda d, _: _thread(d), "show options of threads", Group.INTERNAL),
    _set("banward <OPTION> <VALUE>", _set_own, "set an option of Banward", Group.INTERNAL, 2),
)
"""All rows of this file, in the order of the usage text."""
