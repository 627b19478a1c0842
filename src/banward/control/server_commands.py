"""Commands for the whole server: life signs, status, jails, bans across jails, reload and stop."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from banward import COMPATIBLE_VERSION
from banward.control import cymru, views, why
from banward.control.table import Args, Command, Group, InvalidCommandError, Kind, ServerCommand
from banward.control.values import subject, subjects
from banward.errors import UnknownJailError
from banward.pieces import pieces

if TYPE_CHECKING:
    from banward.control.desk import Desk, JailDesk

__all__ = ["BACKENDS", "ROWS", "jail_of"]

BACKENDS: Final = ("pyinotify", "polling", "systemd")
"""What ``add`` takes beside ``auto``, before its options in brackets."""

KEEP_BANS: Final = "--keep-bans"
"""What follows ``stop`` if the server is to start again at once."""

_log_actions = logging.getLogger("fail2ban.actions")
_log_jail = logging.getLogger("fail2ban.jail")
_log_transmitter = logging.getLogger("fail2ban.transmitter")


def jail_of(desk: Desk, name: Any) -> JailDesk:
    """The jail of this name.

    Raises:
        UnknownJailError: there is none.
    """
    if not isinstance(name, str) or name not in desk.jails:
        raise UnknownJailError(name)
    return desk.jails[name]


# Status ---------------------------------------------------------------------------------------


async def _status(desk: Desk, args: Args) -> Any:
    match args:
        case []:
            return views.overview(desk.jails)
        case ["--all", *rest] if len(rest) <= 1:
            return await _status_of_all(desk, *rest)
        case [name, *rest] if len(rest) <= 1:
            return await _status_of(jail_of(desk, name), *rest)
    raise InvalidCommandError("Invalid command (no status)")


async def _status_of_all(desk: Desk, flavor: str = "basic") -> Any:
    each = {}
    for name, jail in sorted(desk.jails.items()):
        each[name] = await _status_of(jail, flavor)
        await asyncio.sleep(0)  # others have their turn between two jails
    return each if flavor == "stats" else [*views.overview(desk.jails), each]


async def _status_of(jail: JailDesk, flavor: str = "basic") -> list[Any]:
    if flavor not in views.FLAVORS:
        _log_actions.warning(
            "Unsupported extended jail status flavor %r. Supported: %s", flavor, list(views.FLAVORS)
        )
    status = views.jail_status(jail, flavor)
    if flavor == "cymru":
        status[1][1].extend(await cymru.origins([ban.subject for ban in jail.bans()]))
    return status


def _statistics(desk: Desk, args: Args) -> Any:
    if args:
        raise InvalidCommandError("Invalid command")
    return {name: views.statistics(jail) for name, jail in sorted(desk.jails.items())}


# Jails ----------------------------------------------------------------------------------------


async def _add(desk: Desk, args: Args) -> Any:
    name, backend = args[0], args[1] if len(args) > 1 else "auto"
    if name == "--all":
        raise InvalidCommandError(f"Reserved name {name!r}")
    kind = str(backend).partition("[")[0].lower()
    if name not in desk.jails and kind not in (*BACKENDS, "auto"):
        text = f"Unknown backend {backend}. Must be among {list(BACKENDS)} or 'auto'"
        _log_jail.info("Creating new jail %r", name)
        _log_jail.error(text)
        raise ValueError(text)
    await desk.add_jail(str(name), str(backend))
    return name


async def _start(desk: Desk, args: Args) -> None:
    jail_of(desk, args[0])
    await desk.start_jail(args[0])


async def _stop(desk: Desk, args: Args) -> None:
    if not args or args[0] == KEEP_BANS:
        return await desk.shutdown(keep=bool(args))
    if args[0] == "--all":
        return await desk.stop_all()
    jail_of(desk, args[0])
    return await desk.stop_jail(args[0])


# Bans of all jails ----------------------------------------------------------------------------


async def _banned(desk: Desk, args: Args) -> Any:
    if not args:
        return [{name: await _subjects(jail)} for name, jail in list(desk.jails.items())]
    return [_jails_of(desk, word) async for part in pieces(args) for word in part]


def _jails_of(desk: Desk, word: Any) -> list[str]:
    """The names of the jails in which somebody is banned."""
    return [name for name, jail in desk.jails.items() if word and jail.is_banned(subject(word))]


async def _subjects(jail: JailDesk) -> list[str]:
    await asyncio.sleep(0)  # others have their turn between two jails
    return [ban.subject for ban in jail.bans()]


def _why(desk: Desk, args: Args) -> Any:
    return why.view(desk, subject(args[0]))


async def _unban(desk: Desk, args: Args) -> int:
    if not args:
        raise InvalidCommandError("Invalid command")
    if args[0] == "--all":
        return await desk.unban_all()
    words = [word for word in args if word]
    whom = [text async for part in pieces(words) for text in subjects(part)]
    return sum([(await jail.unban(whom))[0] for jail in list(desk.jails.values())])


# The rest -------------------------------------------------------------------------------------


async def _sleep(_: Desk, args: Args) -> None:
    await asyncio.sleep(float(args[0]))


def _config_error(_: Desk, args: Args) -> None:
    _log_transmitter.error(args[0])


def _row(  # the columns of the table below
    usage: str,
    run: Any,
    text: str,
    kind: Kind = Kind.VIEW,
    group: Group = Group.BASIC,
    least: int = 0,
) -> Command:
    return ServerCommand(usage, text, group, kind, least, run=run)


_CONTROL: Final = Group.JAIL_CONTROL
_HIDDEN: Final = Group.INTERNAL

ROWS: Final[tuple[Command, ...]] = (
    # What the client does itself; such words never reach the server without a jail.
    _row("start", None, "start the server with all enabled jails", Kind.ORDER),
    _row("restart", None, "stop the server and start it again", Kind.ORDER),
    _row(
        "stop --keep-bans",
        _stop,
        "end the server, but leave bans that the kernel holds in force",
        Kind.ORDER,
        group=_HIDDEN,
    ),
    _row(
        "restart [--unban] [--if-exists] <JAIL>",
        None,
        "the same as 'reload --restart ... <JAIL>'",
        Kind.ORDER,
    ),
    _row(
        "reload [--restart] [--unban] [--all]",
        None,
        "read the configuration again and bring the running jails up to date; with '--restart' "
        "they are stopped and started anew, with '--unban' all bans are lifted first",
        Kind.ORDER,
    ),
    _row(
        "reload [--restart] [--unban] [--if-exists] <JAIL>",
        None,
        "the same for one jail; with '--if-exists' it is no error if the jail does not run",
        Kind.ORDER,
    ),
    _row("stop", _stop, "stop all jails and end the server", Kind.ORDER),
    _row("unban --all", _unban, "lift all bans of all jails and forget them", Kind.ORDER),
    _row("unban <IP> ... <IP>", _unban, "lift the bans of <IP> in all jails", Kind.ORDER),
    _row("banned", _banned, "show who is banned, jail by jail"),
    _row("banned <IP> ... <IP>", _banned, "show the jails in which each <IP> is banned"),
    _row("why <IP>", _why, "show why <IP> is banned, or why it is not", least=1),
    _row("status", _status, "show how many jails there are, and their names"),
    _row("status --all [FLAVOR]", _status, "show the status of all jails"),
    _row("stats", _statistics, "show a table of all jails with their counters"),
    _row("statistics", _statistics, "the same", group=_HIDDEN),
    _row("statistic", _statistics, "the same", group=_HIDDEN),
    _row("ping", lambda *_: "pong", "test whether the server answers"),
    _row("echo", lambda _, args: list(args), "give the words back", group=_HIDDEN),
    _row("sleep", _sleep, "answer after <SECONDS>", least=1, group=_HIDDEN),
    _row("server-status", lambda *_: "Server ready", "tell that it answers", group=_HIDDEN),
    _row("config-error", _config_error, "log a text", Kind.ORDER, least=1, group=_HIDDEN),
    _row("help", None, "show this text"),
    _row("version", lambda *_: COMPATIBLE_VERSION, "show the version that is answered for"),
    _row(
        "flushlogs",
        lambda desk, _: desk.flush_logs(),
        "close and reopen the log file, for the rotation of logs",
        Kind.ORDER,
        group=Group.LOGGING,
    ),
    _row("add <JAIL> [BACKEND]", _add, "create <JAIL>", Kind.ORDER, least=1, group=_CONTROL),
    _row("start <JAIL>", _start, "start <JAIL>", Kind.ORDER, least=1, group=_CONTROL),
    _row("stop <JAIL>", _stop, "stop <JAIL> and remove it", Kind.ORDER, group=_CONTROL),
    _row("stop --all", _stop, "stop all jails and remove them", Kind.ORDER, group=_CONTROL),
    _row(
        "status <JAIL> [FLAVOR]",
        _status,
        f"show counters, files and bans of <JAIL>; FLAVOR is one of {', '.join(views.FLAVORS)}",
        group=_CONTROL,
    ),
)
"""All rows of this file, in the order of the usage text."""
