"""``get`` and ``set`` of when a jail bans and for how long, and of whom it spares."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from banward.control import views
from banward.control.table import Args, Command, Group, InvalidCommandError, JailCommand
from banward.control.values import boolean, ignore_cache, ignore_entry, integer, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.control.desk import JailDesk
    from banward.settings import GrowthSettings

__all__ = ["ROWS"]

_log_actions = logging.getLogger("fail2ban.actions")
_log_filter = logging.getLogger("fail2ban.filter")
_log_jail = logging.getLogger("fail2ban.jail")

_IDLE: Final = {"on": True, "off": False}


def _setter(
    field: str, parse: Callable[[Any], Any], log: logging.Logger | None = None, text: str = ""
) -> Any:
    """How a field of the jail is set: the answer is its value."""

    async def set_field(jail: JailDesk, args: Args) -> Any:
        value = parse(args[0])
        await jail.change(**{field: value})
        if log:
            log.info("  %s: %s", text, value)
        return value

    return set_field


def _field(name: str) -> Any:
    """How a field of the jail is shown."""
    return lambda jail, _: getattr(jail.settings, name)


def _idle(value: Any) -> bool:
    if not isinstance(value, str) or value not in _IDLE:
        raise InvalidCommandError("Invalid idle option, must be 'on' or 'off'")
    return _IDLE[value]


# Growing ban times ----------------------------------------------------------------------------


def _multipliers(value: str) -> str:
    """Whole numbers with one blank between (2.7)."""
    for part in value.split(" "):
        integer(part)
    return value


def _duration(value: str) -> str:
    span(value)
    return value


_GROWTH: Final[dict[str, Callable[[Any], Any]]] = {
    "increment": boolean,
    "factor": str,
    "formula": str,
    "multipliers": _multipliers,
    "maxtime": _duration,
    "rndtime": _duration,
    "overalljails": boolean,
}
"""The options ``bantime.X``, and how each is read; a text is kept as it is written."""


def _grown(growth: GrowthSettings, name: str) -> Any:
    """An option as clients see it: seconds for times, None where nothing was set."""
    value = getattr(growth, name)
    if not value:
        return None
    return span(value) if name in {"maxtime", "rndtime"} else value


def _get_growth(name: str) -> Any:
    return lambda jail, _: _grown(jail.settings.growth, name)


def _set_growth(name: str) -> Any:
    parse = _GROWTH[name]

    async def set_growth(jail: JailDesk, args: Args) -> Any:
        given = args[0]
        value = parse(given if given is None or parse is boolean else str(given)) if given else ""
        value = False if parse is boolean and not value else value
        await jail.change(growth=replace(jail.settings.growth, **{name: value}))
        shown = bool(value) if name == "increment" else _grown(jail.settings.growth, name)
        _log_jail.info("Set banTime.%s = %s", name, shown)
        # A truth value given as text is shown as text (5.3), and holds as a truth value.
        return given if name == "overalljails" else shown

    return set_growth


# Whom to spare --------------------------------------------------------------------------------


def _ignored(jail: JailDesk) -> list[str]:
    return views.ignore_list(jail.settings.ignoreip)


async def _add_ignored(jail: JailDesk, args: Args) -> list[str]:
    words = args[0] if args and isinstance(args[0], list) else args
    entries = [*jail.settings.ignoreip, *(ignore_entry(word) for word in words if word)]
    await jail.change(ignoreip=tuple(dict.fromkeys(entries)))
    return _ignored(jail)


async def _remove_ignored(jail: JailDesk, args: Args) -> list[str]:
    entry = ignore_entry(args[0])
    if entry not in jail.settings.ignoreip:
        raise ValueError(f"{entry} is not on the ignore list")
    await jail.change(ignoreip=tuple(e for e in jail.settings.ignoreip if e != entry))
    return _ignored(jail)


def _cache(jail: JailDesk) -> list[Any] | None:
    cache = jail.settings.ignorecache
    return [cache.key, cache.max_count, cache.max_time] if cache else None


async def _set_cache(jail: JailDesk, args: Args) -> list[Any] | None:
    await jail.change(ignorecache=ignore_cache(args[0]))
    return _cache(jail)


async def _set_own(jail: JailDesk, args: Args) -> Any:
    """An option that only Banward has."""
    name, value = str(args[0]), str(args[1])
    if name == "failjson":
        rules = tuple(filter(None, map(str.strip, value.splitlines())))
        await jail.change(filter=replace(jail.settings.filter, failjson=rules))
    else:
        await jail.change(extra={**jail.settings.extra, name: value})
    return value


# The table ------------------------------------------------------------------------------------


_GROWTH_HELP: Final = {
    "increment": "longer bans for those who come again",
    "factor": "the factor of longer bans",
    "formula": "the formula of longer bans",
    "multipliers": "the multipliers of longer bans, instead of a formula",
    "maxtime": "the longest ban",
    "rndtime": "how many seconds are added at random",
    "overalljails": "whether earlier bans of all jails count",
}

_get, _set = JailCommand.view, JailCommand.setting

ROWS: Final[tuple[Command, ...]] = (
    _set("idle on|off", _setter("idle", _idle), "stop or resume the reading of logs"),
    _set(
        "ignoreself true|false",
        _setter("ignoreself", boolean),
        "spare the addresses of this host, or not",
    ),
    _set("addignoreip <IP>", _add_ignored, "spare <IP>, an address, network or name", least=0),
    _set("delignoreip <IP>", _remove_ignored, "no longer spare <IP>"),
    _set("ignorecommand <VALUE>", _setter("ignorecommand", str), "set the command that spares"),
    _set("ignorecache <VALUE>", _set_cache, "set how answers of that command are remembered"),
    _set(
        "findtime <TIME>",
        _setter("findtime", span, _log_filter, "findtime"),
        "set the time within which failures count",
    ),
    _set(
        "bantime <TIME>",
        _setter("bantime", lambda value: int(span(value)), _log_actions, "banTime"),
        "set how long a ban lasts, -1 for ever",
    ),
    *(
        _set(f"bantime.{name} <VALUE>", _set_growth(name), f"set {text}")
        for name, text in _GROWTH_HELP.items()
    ),
    _set(
        "maxretry <RETRY>",
        _setter("maxretry", integer, _log_filter, "maxRetry"),
        "set how many failures lead to a ban",
    ),
    _set(
        "maxmatches <INT>",
        _setter("maxmatches", integer),
        "set how many matched lines are kept for each address",
    ),
    _set("banward <OPTION> <VALUE>", _set_own, "set an option of Banward", Group.INTERNAL, 2),
    _get("ignoreself", _field("ignoreself"), "show whether the addresses of this host are spared"),
    _get("ignoreip", lambda jail, _: _ignored(jail), "show who is spared"),
    _get(
        "ignorecommand",
        lambda jail, _: jail.settings.ignorecommand or False,
        "show the command that spares",
    ),
    _get("ignorecache", lambda jail, _: _cache(jail), "show how its answers are remembered"),
    _get("findtime", _field("findtime"), "show the seconds within which failures count"),
    _get("bantime", _field("bantime"), "show how many seconds a ban lasts"),
    *(_get(f"bantime.{name}", _get_growth(name), f"show {t}") for name, t in _GROWTH_HELP.items()),
    _get("maxretry", _field("maxretry"), "show how many failures lead to a ban"),
    _get("maxmatches", _field("maxmatches"), "show how many matched lines are kept"),
)
"""All rows of this file, in the order of the usage text."""
