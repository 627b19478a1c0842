"""The options that are known, with their types and order; not where they are written.

Sources: spec config-and-filters.md 1.4, 1.7, 1.8, 1.10, 2.1 and server-and-client.md 1.2, 1.8.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banward.config.model import Plain

__all__ = [
    "ACTION_OPTIONS",
    "FILTER_OPTIONS",
    "FIRST_FILTER_OPTIONS",
    "JAIL_OPTIONS",
    "JAIL_SETTINGS",
    "LOG_LEVELS",
    "NATIVE",
    "OUR_JAIL_OPTIONS",
    "OUR_SERVER_OPTIONS",
    "REGEX_TAG",
    "RUN_TIME_TAGS",
    "SERVER_DEFAULTS",
    "SERVER_OPTIONS",
    "USER_VARIABLES",
    "Kind",
    "convert",
]


class Kind(Enum):
    """The type of an option's value."""

    TEXT = "text"
    INT = "int"
    BOOL = "bool"


_TRUE = frozenset({"1", "on", "true", "yes"})


def convert(text: str, kind: Kind) -> Plain:
    """The value of a text, None for a number that is none; any word but 1, on, true, yes is no."""
    if kind is Kind.BOOL:
        return text.lower() in _TRUE
    if kind is Kind.INT:
        try:
            return int(text)
        except ValueError:
            return None
    return text


SERVER_DEFAULTS: dict[str, str | None] = {
    "syslogsocket": "auto",
    "loglevel": "INFO",
    "logtarget": "/var/log/fail2ban.log",
    "socket": "/var/run/fail2ban/fail2ban.sock",
    "pidfile": "/var/run/fail2ban/fail2ban.pid",
    "allowipv6": "auto",
    "dbfile": "/var/lib/fail2ban/fail2ban.sqlite3",
    "dbmaxmatches": None,
    "dbpurgeage": "1d",
}
"""The daemon's options in ``[Definition]``, in order of the stream; None: not sent if absent."""

SERVER_OPTIONS: dict[str, Kind] = {
    name: Kind.INT if name == "dbmaxmatches" else Kind.TEXT for name in SERVER_DEFAULTS
}

LOG_LEVELS = frozenset(
    {
        "CRITICAL",
        "ERROR",
        "WARNING",
        "NOTICE",
        "INFO",
        "MSG",
        "DEBUG",
        "TRACEDEBUG",
        "HEAVYDEBUG",
    }
)
"""The words for ``loglevel``; a number will do as well."""

FILTER_OPTIONS: dict[str, Kind] = {
    "usedns": Kind.TEXT,
    "prefregex": Kind.TEXT,
    "maxlines": Kind.INT,
    "ignoreregex": Kind.TEXT,
    "failregex": Kind.TEXT,
    "datepattern": Kind.TEXT,
    "journalmatch": Kind.TEXT,
    "failjson": Kind.TEXT,
}
"""The standard options of a filter, in order of the stream; ``failjson`` is ours."""

FIRST_FILTER_OPTIONS = ("usedns", "prefregex", "maxlines")
"""Those that are sent before all others, because others are read in their light."""

JAIL_SETTINGS: dict[str, Kind] = {
    "maxretry": Kind.INT,
    "maxmatches": Kind.INT,
    "findtime": Kind.TEXT,
    "bantime": Kind.TEXT,
    "bantime.increment": Kind.BOOL,
    "bantime.factor": Kind.TEXT,
    "bantime.formula": Kind.TEXT,
    "bantime.multipliers": Kind.TEXT,
    "bantime.maxtime": Kind.TEXT,
    "bantime.rndtime": Kind.TEXT,
    "bantime.overalljails": Kind.BOOL,
    "ignorecommand": Kind.TEXT,
    "ignoreself": Kind.BOOL,
    "ignoreip": Kind.TEXT,
    "ignorecache": Kind.TEXT,
    "logtimezone": Kind.TEXT,
    "logencoding": Kind.TEXT,
}
"""The options of a jail that the server is told one by one, in order of the stream."""

JAIL_OPTIONS: dict[str, Kind] = {
    "enabled": Kind.BOOL,
    "backend": Kind.TEXT,
    "filter": Kind.TEXT,
    "logpath": Kind.TEXT,
    "skip_if_nologs": Kind.BOOL,
    "systemd_if_nologs": Kind.BOOL,
    **JAIL_SETTINGS,
    **FILTER_OPTIONS,
    "action": Kind.TEXT,
}
"""All options of a jail that have a meaning of their own (spec 1.10)."""

ACTION_OPTIONS: dict[str, Kind] = {
    "actionstart": Kind.TEXT,
    "actionstart_on_demand": Kind.BOOL,
    "actionstop": Kind.TEXT,
    "actionflush": Kind.TEXT,
    "actionreload": Kind.TEXT,
    "actioncheck": Kind.TEXT,
    "actionrepair": Kind.TEXT,
    "actionrepair_on_unban": Kind.BOOL,
    "actionban": Kind.TEXT,
    "actionprolong": Kind.TEXT,
    "actionreban": Kind.TEXT,
    "actionunban": Kind.TEXT,
    "norestored": Kind.BOOL,
}
"""The standard options of an action."""

RUN_TIME_TAGS = frozenset({"matches", "ipmatches", "ipjailmatches", "timeout", "bantime"})
"""Tags of actions that are left alone while the configuration is read (spec 1.6)."""

REGEX_TAG = re.compile(r"(?:HOST|ADDR|IP4|IP6|DNS|CIDR|SUBNET|/?F-[A-Z0-9_\-]+/?)\Z")
"""Tags of regexes, which an option of the same name in lower case must not replace."""

NATIVE = "native"
"""The parameter of an action that names the backend of ours which does it."""

OUR_JAIL_OPTIONS: dict[str, Kind] = {}
"""Options of a jail that only Banward knows, besides those of its filter."""

OUR_SERVER_OPTIONS: dict[str, Kind] = {
    "max_ban_rate": Kind.TEXT,
    "never_ban": Kind.TEXT,
    "bans_on_sigterm": Kind.TEXT,
    "stop_timeout": Kind.TEXT,
    "look_every": Kind.TEXT,
    "socket_group": Kind.TEXT,
    "socket_readonly": Kind.TEXT,
}
"""Options of the daemon that only Banward knows, in ``fail2ban.conf`` or ``banward.conf``."""

USER_VARIABLES = frozenset(
    {
        "mode",
        "port",
        "protocol",
        "chain",
        "banaction",
        "banaction_allports",
        "destemail",
        "sender",
        "sendername",
        "mta",
        "fail2ban_agent",
    }
)
"""Variables of the stock ``jail.conf`` (spec 6.1), which jails set for use in others."""
